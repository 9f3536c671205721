//! `core`: every way to write an input: inline, by reference, as an array, an object, one of several types,
//! bytes, a bounding box.
//!
//! OGC 18-062r2, 7.11.2.3 and 7.11.2.4. A process accepts an input in the requested form if its execution
//! succeeds.

use serde_json::{Map, Value, json};

use crate::execute::{document_of, succeeds};
use crate::findings::{Check, Findings, Step, broken, not_applicable};
use crate::listener::Listener;
use crate::process::{Process, example, is_repeated, is_required};
use crate::schema;
use crate::server::Server;

pub(crate) const TESTS: &[(&str, Check)] = &[
    ("core/process-execute-inputs", inputs),
    ("core/process-execute-input-inline", inline),
    ("core/process-execute-input-ref", by_reference),
    ("core/process-execute-input-array", array),
    ("core/process-execute-input-inline-object", object),
    ("core/process-execute-input-inline-mixed", mixed),
    ("core/process-execute-input-inline-binary", binary),
    ("core/process-execute-input-inline-bbox", bbox),
    ("core/process-execute-input-validation", validation),
];

fn inputs(server: &Server, findings: &mut Findings) -> Step {
    inline(server, findings)?;
    by_reference(server, findings)
}

fn inline(server: &Server, findings: &mut Findings) -> Step {
    for process in server.processes()? {
        succeeds(server, findings, &process, &document_of(&server.inputs(&process)?))?;
    }
    Ok(())
}

/// One input of each process, served by this machine.
fn by_reference(server: &Server, findings: &mut Findings) -> Step {
    let Some(address) = server.listen.as_deref() else {
        return not_applicable("CONFORMANCE_LISTEN has to name an address that the server can reach");
    };
    for process in server.processes()? {
        let mut inputs = server.inputs(&process)?;
        // A structured input before a literal one: that is what references are for. Not one with several
        // values.
        let mut candidates: Vec<&str> = process
            .inputs()
            .filter(|(name, input)| !is_repeated(input) && inputs.contains_key(*name))
            .map(|(name, _)| name)
            .collect();
        candidates.sort_by_key(|name| !inputs[*name].is_object());
        let Some(name) = candidates.first() else { continue };
        let value = inputs[*name].get("value").unwrap_or(&inputs[*name]);
        let listener = match Listener::start(address, value) {
            Ok(listener) => listener,
            Err(error) => return broken(address, format!("cannot listen there: {error}")),
        };
        inputs.insert((*name).to_owned(), json!({"href": listener.url("/input"), "type": "application/json"}));
        succeeds(server, findings, &process, &document_of(&inputs))?;
    }
    Ok(())
}

/// Each process, with those of its inputs that `of` chooses written as `value` says.
fn with(
    server: &Server,
    findings: &mut Findings,
    what: &str,
    chosen: impl Fn(&Value) -> bool,
    values: impl Fn(&Value, Option<&Value>) -> Vec<Value>,
) -> Step {
    let processes = server.processes_that(what, |process| process.inputs().any(|(_, input)| chosen(input)))?;
    for process in processes {
        let inputs = server.inputs(&process)?;
        for (name, input) in process.inputs().filter(|(_, input)| chosen(input)) {
            for value in values(input, inputs.get(name)) {
                let mut inputs = inputs.clone();
                // A process may need so many values of it, whatever its description can say.
                let fits =
                    server.needed(&process, name).is_none_or(|needed| value.as_array().is_none_or(|all| all.len() == needed));
                if fits {
                    inputs.insert(name.to_owned(), value);
                }
                succeeds(server, findings, &process, &document_of(&inputs))?;
            }
        }
    }
    Ok(())
}

/// Also a single value is an array.
fn array(server: &Server, findings: &mut Findings) -> Step {
    with(server, findings, "has an input that may occur more than once", is_repeated, |input, known| {
        let one = match known {
            Some(Value::Array(values)) => values.first().cloned(),
            Some(value) => Some(value.clone()),
            None => example(input).and_then(|value| value.get(0).cloned()),
        };
        let Some(one) = one else { return Vec::new() };
        match input["maxOccurs"].as_u64() {
            Some(most) if most < 2 => vec![json!([one])],
            _ => vec![json!([one]), json!([one, one])],
        }
    })
}

/// Objects go into the member `value`, so that they cannot be taken for a link or a qualified value.
fn object(server: &Server, findings: &mut Findings) -> Step {
    let is_object = |input: &Value| {
        let schema = &input["schema"];
        let objects = |schema: &Value| schema["type"] == "object" && !schema::is_bbox(schema);
        objects(schema) || schema::alternatives(schema).iter().any(objects)
    };
    with(server, findings, "has an input that is an object", is_object, |input, _| {
        let schema = &input["schema"];
        let objects = std::iter::once(schema).chain(schema::alternatives(schema)).filter(|schema| schema["type"] == "object");
        let value = objects.filter_map(schema::example).next();
        value.map(|value| json!({"value": value})).into_iter().collect()
    })
}

/// Each alternative of `oneOf`, as a qualified value that names its media type.
fn mixed(server: &Server, findings: &mut Findings) -> Step {
    let is_mixed = |input: &Value| !schema::alternatives(&input["schema"]).is_empty();
    with(server, findings, "has an input of mixed type", is_mixed, |input, _| {
        let of = |schema: &Value| {
            let value = schema::example(schema)?;
            let kind =
                schema["contentMediaType"].as_str().unwrap_or(if value.is_object() { "application/json" } else { "text/plain" });
            Some(json!({"value": value, "mediaType": kind}))
        };
        schema::alternatives(&input["schema"]).iter().filter_map(of).collect()
    })
}

/// Bytes are written as base64.
fn binary(server: &Server, findings: &mut Findings) -> Step {
    let is_binary = |input: &Value| {
        let schema = &input["schema"];
        schema::is_binary(schema) || schema::alternatives(schema).iter().any(schema::is_binary)
    };
    with(server, findings, "has a binary input", is_binary, |_, _| vec![json!({"value": "aGVsbG8=", "encoding": "base64"})])
}

fn bbox(server: &Server, findings: &mut Findings) -> Step {
    let is_bbox = |input: &Value| schema::is_bbox(&input["schema"]);
    let crs = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
    with(server, findings, "has a bounding box as input", is_bbox, |_, _| {
        vec![json!({"bbox": [-121.4, 39.8, -120.7, 40.5]}), json!({"bbox": [-121.4, 39.8, -120.7, 40.5], "crs": crs})]
    })
}

/// A valid input is accepted. An invalid or missing one is refused, and the refusal names the input.
fn validation(server: &Server, findings: &mut Findings) -> Step {
    for process in server.processes()? {
        let inputs = server.inputs(&process)?;
        succeeds(server, findings, &process, &document_of(&inputs))?;
        for (name, input) in process.inputs() {
            if let Some(wrong) = schema::counterexample(&input["schema"]) {
                let mut inputs = inputs.clone();
                inputs.insert(name.to_owned(), if is_repeated(input) { json!([wrong]) } else { json!({"value": wrong}) });
                refused(server, findings, &process, &inputs, name, "of a wrong type")?;
            }
            if is_required(input) {
                let mut inputs = inputs.clone();
                inputs.remove(name);
                refused(server, findings, &process, &inputs, name, "left out")?;
            }
        }
    }
    Ok(())
}

fn refused(
    server: &Server,
    findings: &mut Findings,
    process: &Process,
    inputs: &Map<String, Value>,
    name: &str,
    how: &str,
) -> Step {
    let prefer = (!process.can_sync()).then_some(crate::server::ASYNC);
    let reply = server.execute(process, &document_of(inputs), prefer)?;
    let refused = findings.expect((400..500).contains(&reply.status), &reply.to, || {
        format!("status {} with an input {how}, the standard has an exception", reply.status)
    });
    if refused {
        let text = String::from_utf8_lossy(&reply.body);
        findings.expect(text.contains(name), &reply.to, || format!("the exception does not name the input {name} {how}: {text}"));
    }
    Ok(())
}
