//! Results that are returned at once: as a document, raw, or by reference.
//!
//! [`answer`] imitates what the server really sends. In most cells of the standard's table (OGC 18-062r2,
//! table 11) that differs from the standard. Raw results of several outputs are a multipart message that
//! strict readers reject. A single raw output has two `Content-Type`s. A raw output is never a reference.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::answer::{Answer, JSON};
use super::exception::Exception;
use crate::scenario::{Fixtures, Process, SetUp};
use crate::service::{Execution, File, Files, Output, Outputs, nth_id};

/// How the results are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Response {
    Document,
    Raw,
}

/// The wanted ones of these outputs.
pub(super) fn answer(
    fixtures: &Fixtures,
    process: &Process,
    execution: &Execution,
    all: Outputs,
    response: Response,
    files: &mut Files,
) -> Result<Answer, Exception> {
    let mut outputs = all;
    // Who asks for no output by name gets the first one, unless in a document.
    let first = outputs.keys().next().cloned();
    let is_empty = execution.outputs.as_ref().is_some_and(Map::is_empty);
    outputs.retain(|name, _| execution.wants(name) || (is_empty && response == Response::Raw && first.as_ref() == Some(name)));
    // Counted down, because the ids of jobs count up.
    let run = nth_id(&process.job, u32::MAX - u32::try_from(files.len()).unwrap_or(u32::MAX));
    if response == Response::Document {
        return Ok(Answer::json(200, &document(fixtures, process, execution, outputs, &run, files)));
    }
    match outputs.values().next() {
        None => Ok(Answer::json(200, &json!({}))),
        Some(only) if outputs.len() == 1 => {
            let file = file(&Output::of(only));
            let answer = Answer::new(200, &file.media_type, file.body);
            // The kernel writes two, and Apache keeps the last.
            Ok(match fixtures.server.set_up {
                SetUp::Bare => answer.and_content_type(JSON),
                SetUp::Apache | SetUp::Database => answer.typed(JSON),
            })
        }
        Some(first) => {
            // Apache writes the type in small letters.
            let kind = if fixtures.server.set_up == SetUp::Bare { "Multipart/Related" } else { "multipart/related" };
            let content_type = format!(
                "{kind}; boundary=\"--{run}\"; type={}; start={}",
                file(&Output::of(first)).media_type,
                outputs.keys().next().map_or("", String::as_str)
            );
            Ok(Answer::new(200, &content_type, multipart(&outputs, &run)))
        }
    }
}

fn document(
    fixtures: &Fixtures,
    process: &Process,
    execution: &Execution,
    outputs: Map<String, Value>,
    run: &str,
    files: &mut Files,
) -> Value {
    let shown = outputs.into_iter().map(|(name, output)| {
        if !execution.by_reference(&name) {
            return (name, output);
        }
        let taken = Output::of(&output);
        let file_name = file_name(&process.id, &name, run, &taken);
        files.put(file_name.clone(), file(&taken));
        (name, link(&taken, &reference(fixtures, &file_name)))
    });
    Value::Object(shown.collect())
}

/// A reference in the server's form: no relation, and the media type in a format.
pub(super) fn link(output: &Output<'_>, href: &str) -> Value {
    json!({"href": href, "format": {"mediaType": file(output).media_type}})
}

/// The parts as the server writes them: no line break before a boundary, no blank line before a body, and a
/// stray blank line in a text.
fn multipart(outputs: &Outputs, run: &str) -> Vec<u8> {
    let mut all = Vec::new();
    for (name, output) in outputs {
        let output = Output::of(output);
        let file = file(&output);
        let head = match output.media_type {
            None => "text/plain; charset=utf-8\r\nStatus: 200 OK\r\n".to_owned(),
            Some(media_type) => format!("{media_type}; charset=UTF-8"),
        };
        let head = format!("----{run}\r\nContent-ID: {name}\r\nContent-Type: {head}\r\nContent-Disposition: INLINE\r\n");
        all.extend_from_slice(head.as_bytes());
        all.extend_from_slice(&file.body);
    }
    all.extend_from_slice(format!("----{run}--\r\n").as_bytes());
    all
}

/// The output as the bytes that it is, and their media type.
pub(super) fn file(output: &Output<'_>) -> File {
    let text = output.value.as_str();
    let body = match (text, output.encoding) {
        // Invalid base64 is not decoded.
        (Some(text), Some("base64")) => STANDARD.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec()),
        // A text that is labelled as JSON but invalid becomes a JSON string.
        (Some(text), _) if output.media_type == Some("application/json") && !is_json(text) => {
            output.value.to_string().into_bytes()
        }
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, _) => output.value.to_string().into_bytes(),
    };
    let is_structured = output.value.is_object() || output.value.is_array();
    let media_type = output.media_type.unwrap_or(if is_structured { "application/json" } else { "text/plain" });
    File { media_type: media_type.to_owned(), body: body.into() }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The name of the file that an output is stored in.
pub(super) fn file_name(process: &str, output: &str, run: &str, taken: &Output<'_>) -> String {
    let extension = match file(taken).media_type.as_str() {
        "application/json" => "json",
        "text/plain" => "txt",
        "image/png" => "png",
        "image/tiff" => "tif",
        _ => "data",
    };
    format!("ZOO_DATA_{process}_{output}_{run}_0.{extension}")
}

/// The address of the file, with the server's own double slash.
pub(super) fn reference(fixtures: &Fixtures, file_name: &str) -> String {
    format!("{}//{file_name}", fixtures.server.files)
}
