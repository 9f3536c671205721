//! `ogc-process-description`: the descriptions of processes, of their inputs and of their outputs.
//!
//! OGC 18-062r2, clause 8 and A.4.

use serde_json::Value;

use crate::documents::{self, INPUT, Kind, OUTPUT, PROCESS, SCHEMA};
use crate::findings::{Check, Findings, Step, not_applicable};
use crate::schema;
use crate::server::Server;

pub(crate) const TESTS: &[(&str, Check)] = &[
    ("ogc-process-description/json-encoding", json_encoding),
    ("ogc-process-description/inputs-def", |server, findings| members(server, findings, "inputs", &INPUT)),
    ("ogc-process-description/input-def", |server, findings| schemas(server, findings, "inputs")),
    ("ogc-process-description/input-mixed-type", |server, findings| mixed(server, findings, "inputs")),
    ("ogc-process-description/outputs-def", |server, findings| members(server, findings, "outputs", &OUTPUT)),
    ("ogc-process-description/output-def", |server, findings| schemas(server, findings, "outputs")),
    ("ogc-process-description/output-mixed-type", |server, findings| mixed(server, findings, "outputs")),
];

fn json_encoding(server: &Server, findings: &mut Findings) -> Step {
    for process in server.processes()? {
        let reply = server.get(&format!("/processes/{}", process.id))?;
        findings.media_type(&reply, "application/json");
        findings.extend(&reply.to, documents::problems(&PROCESS, &process.description));
    }
    Ok(())
}

/// Every input, or output, of every process: where it is, and its description.
fn every(server: &Server, which: &str) -> Step<Vec<(String, Value)>> {
    let mut all = Vec::new();
    for process in server.processes()? {
        let of = process.description[which].as_object().into_iter().flatten();
        all.extend(of.map(|(name, value)| (format!("{which}.{name} of {}", process.id), value.clone())));
    }
    if all.is_empty() { not_applicable(format!("no process has {which}")) } else { Ok(all) }
}

fn members(server: &Server, findings: &mut Findings, which: &str, kind: &Kind) -> Step {
    for process in server.processes()? {
        let described = process.description.get(which).is_none_or(Value::is_object);
        findings.expect(described, &process.id, || format!("{which} is no object"));
    }
    for (at, member) in every(server, which)? {
        findings.extend(&at, documents::problems(kind, &member));
    }
    Ok(())
}

fn schemas(server: &Server, findings: &mut Findings, which: &str) -> Step {
    for (at, member) in every(server, which)? {
        findings.extend(&at, documents::problems(&SCHEMA, &member["schema"]));
    }
    Ok(())
}

fn mixed(server: &Server, findings: &mut Findings, which: &str) -> Step {
    let all = every(server, which)?;
    let mixed: Vec<_> = all.iter().filter(|(_, member)| !schema::alternatives(&member["schema"]).is_empty()).collect();
    if mixed.is_empty() {
        return not_applicable(format!("none of the {which} is of mixed type"));
    }
    for (at, member) in mixed {
        for alternative in schema::alternatives(&member["schema"]) {
            findings.extend(at, documents::problems(&SCHEMA, alternative));
        }
    }
    Ok(())
}
