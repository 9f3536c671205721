//! The documents of the standard, member by member: which are required, and what type each has.
//!
//! Written from the OpenAPI schemas that OGC 18-062r2 refers to (`landingPage.yaml`, `statusInfo.yaml`, ...).
//! [`problems`] compares a document with one of them; it knows no server. Members that a schema does not name
//! are allowed unless it is closed.

use chrono::DateTime;
use serde_json::Value;

/// The required type of a value.
pub(crate) enum Kind {
    Any,
    Text,
    /// A date and time of RFC 3339.
    Date,
    Boolean,
    Number,
    Integer {
        least: i64,
        most: i64,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    List(&'static Kind),
    /// An object whose members all have one kind.
    Map(&'static Kind),
    Object(&'static [Member]),
    /// An object that may have no other members.
    Closed(&'static [Member]),
    /// Any of these is enough.
    Either(&'static [&'static Kind]),
}

/// A member of an object.
pub(crate) struct Member {
    name: &'static str,
    required: bool,
    kind: &'static Kind,
}

const fn must(name: &'static str, kind: &'static Kind) -> Member {
    Member { name, required: true, kind }
}

const fn may(name: &'static str, kind: &'static Kind) -> Member {
    Member { name, required: false, kind }
}

const COUNT: Kind = Kind::Integer { least: 0, most: i64::MAX };

pub(crate) static LINK: Kind = Kind::Object(&[
    must("href", &Kind::Text),
    may("rel", &Kind::Text),
    may("type", &Kind::Text),
    may("hreflang", &Kind::Text),
    may("title", &Kind::Text),
]);

static LINKS: Kind = Kind::List(&LINK);

pub(crate) static LANDING_PAGE: Kind =
    Kind::Object(&[may("title", &Kind::Text), may("description", &Kind::Text), must("links", &LINKS)]);

pub(crate) static CONFORMANCE: Kind = Kind::Object(&[must("conformsTo", &Kind::List(&Kind::Text))]);

static METADATA: Kind =
    Kind::List(&Kind::Object(&[may("title", &Kind::Text), may("role", &Kind::Text), may("href", &Kind::Text)]));

pub(crate) static PROCESS_SUMMARY: Kind = Kind::Object(&[
    must("id", &Kind::Text),
    must("version", &Kind::Text),
    may("title", &Kind::Text),
    may("description", &Kind::Text),
    may("keywords", &Kind::List(&Kind::Text)),
    may("metadata", &METADATA),
    may("jobControlOptions", &Kind::List(&Kind::Word(&["sync-execute", "async-execute", "dismiss"]))),
    may("outputTransmission", &Kind::List(&Kind::Word(&["value", "reference"]))),
    may("links", &LINKS),
]);

pub(crate) static PROCESS_LIST: Kind = Kind::Object(&[must("processes", &Kind::List(&PROCESS_SUMMARY)), must("links", &LINKS)]);

pub(crate) static INPUT: Kind = Kind::Object(&[
    must("schema", &Kind::Any),
    may("title", &Kind::Text),
    may("description", &Kind::Text),
    may("keywords", &Kind::List(&Kind::Text)),
    may("metadata", &METADATA),
    may("minOccurs", &COUNT),
    may("maxOccurs", &Kind::Either(&[&COUNT, &Kind::Word(&["unbounded"])])),
]);

pub(crate) static OUTPUT: Kind = Kind::Object(&[
    must("schema", &Kind::Any),
    may("title", &Kind::Text),
    may("description", &Kind::Text),
    may("keywords", &Kind::List(&Kind::Text)),
    may("metadata", &METADATA),
]);

/// `schema.yaml`: the schema object of OpenAPI 3.0, with the content members of OGC; it is closed.
pub(crate) static SCHEMA: Kind = Kind::Either(&[&Kind::Closed(&[must("$ref", &Kind::Text)]), &SCHEMA_OBJECT]);

static SCHEMA_OBJECT: Kind = Kind::Closed(&[
    may("title", &Kind::Text),
    may("multipleOf", &Kind::Number),
    may("maximum", &Kind::Number),
    may("exclusiveMaximum", &Kind::Boolean),
    may("minimum", &Kind::Number),
    may("exclusiveMinimum", &Kind::Boolean),
    may("maxLength", &COUNT),
    may("minLength", &COUNT),
    may("pattern", &Kind::Text),
    may("maxItems", &COUNT),
    may("minItems", &COUNT),
    may("uniqueItems", &Kind::Boolean),
    may("maxProperties", &COUNT),
    may("minProperties", &COUNT),
    may("required", &Kind::List(&Kind::Text)),
    may("enum", &Kind::List(&Kind::Any)),
    may("type", &Kind::Word(&["array", "boolean", "integer", "number", "object", "string"])),
    may("not", &SCHEMA),
    may("allOf", &Kind::List(&SCHEMA)),
    may("oneOf", &Kind::List(&SCHEMA)),
    may("anyOf", &Kind::List(&SCHEMA)),
    may("items", &SCHEMA),
    may("properties", &Kind::Map(&SCHEMA)),
    may("additionalProperties", &Kind::Either(&[&Kind::Boolean, &SCHEMA])),
    may("description", &Kind::Text),
    may("format", &Kind::Text),
    may("default", &Kind::Any),
    may("nullable", &Kind::Boolean),
    may("readOnly", &Kind::Boolean),
    may("writeOnly", &Kind::Boolean),
    may("example", &Kind::Any),
    may("deprecated", &Kind::Boolean),
    may("contentMediaType", &Kind::Text),
    may("contentEncoding", &Kind::Text),
    may("contentSchema", &Kind::Text),
]);

pub(crate) static PROCESS: Kind = Kind::Object(&[
    must("id", &Kind::Text),
    must("version", &Kind::Text),
    may("title", &Kind::Text),
    may("description", &Kind::Text),
    may("keywords", &Kind::List(&Kind::Text)),
    may("metadata", &METADATA),
    may("jobControlOptions", &Kind::List(&Kind::Word(&["sync-execute", "async-execute", "dismiss"]))),
    may("outputTransmission", &Kind::List(&Kind::Word(&["value", "reference"]))),
    may("links", &LINKS),
    may("inputs", &Kind::Map(&INPUT)),
    may("outputs", &Kind::Map(&OUTPUT)),
]);

pub(crate) static STATUS_INFO: Kind = Kind::Object(&[
    must("jobID", &Kind::Text),
    must("status", &Kind::Word(&["accepted", "running", "successful", "failed", "dismissed"])),
    must("type", &Kind::Word(&["process"])),
    may("processID", &Kind::Text),
    may("message", &Kind::Text),
    may("created", &Kind::Date),
    may("started", &Kind::Date),
    may("finished", &Kind::Date),
    may("updated", &Kind::Date),
    may("progress", &Kind::Integer { least: 0, most: 100 }),
    may("links", &LINKS),
]);

pub(crate) static JOB_LIST: Kind = Kind::Object(&[must("jobs", &Kind::List(&STATUS_INFO)), must("links", &LINKS)]);

/// `exception.yaml`, after RFC 7807.
pub(crate) static EXCEPTION: Kind = Kind::Object(&[
    must("type", &Kind::Text),
    may("title", &Kind::Text),
    may("status", &Kind::Integer { least: 100, most: 599 }),
    may("detail", &Kind::Text),
    may("instance", &Kind::Text),
]);

/// `results.yaml`: by output, a plain value that is not an object, a qualified value, or a link.
pub(crate) static RESULTS: Kind = Kind::Map(&INLINE_OR_REFERENCE);

static INLINE_OR_REFERENCE: Kind = Kind::Either(&[
    &Kind::Text,
    &Kind::Number,
    &Kind::Boolean,
    &Kind::List(&Kind::Any),
    &QUALIFIED_VALUE,
    &LINK,
    // `bbox.yaml` is the only object that needs no `value` around it.
    &Kind::Object(&[must("bbox", &Kind::List(&Kind::Number)), may("crs", &Kind::Text)]),
]);

static QUALIFIED_VALUE: Kind = Kind::Object(&[
    must("value", &Kind::Any),
    may("mediaType", &Kind::Text),
    may("encoding", &Kind::Text),
    may("schema", &Kind::Either(&[&Kind::Text, &Kind::Map(&Kind::Any)])),
]);

/// `execute.yaml`: what this suite sends.
pub(crate) static EXECUTE: Kind = Kind::Object(&[
    may("inputs", &Kind::Map(&Kind::Either(&[&INLINE_OR_REFERENCE, &Kind::List(&INLINE_OR_REFERENCE)]))),
    may("outputs", &Kind::Map(&Kind::Object(&[may("transmissionMode", &Kind::Word(&["value", "reference"]))]))),
    may("response", &Kind::Word(&["raw", "document"])),
    may(
        "subscriber",
        &Kind::Object(&[may("successUri", &Kind::Text), may("inProgressUri", &Kind::Text), may("failedUri", &Kind::Text)]),
    ),
]);

/// The members of the document that do not match its schema.
pub(crate) fn problems(kind: &Kind, document: &Value) -> Vec<String> {
    let mut all = Vec::new();
    compare(kind, document, "", &mut all);
    all
}

fn compare(kind: &Kind, value: &Value, path: &str, all: &mut Vec<String>) {
    let here = if path.is_empty() { "the document" } else { path };
    let fits = match kind {
        Kind::Any => true,
        Kind::Text => value.is_string(),
        Kind::Date => value.as_str().is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok()),
        Kind::Boolean => value.is_boolean(),
        Kind::Number => value.is_number(),
        Kind::Integer { least, most } => value.as_i64().is_some_and(|number| (*least..=*most).contains(&number)),
        Kind::Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        Kind::List(inner) => match value.as_array() {
            Some(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    compare(inner, element, &format!("{path}[{index}]"), all);
                }
                true
            }
            None => false,
        },
        Kind::Map(inner) => match value.as_object() {
            Some(members) => {
                for (name, member) in members {
                    compare(inner, member, &join(path, name), all);
                }
                true
            }
            None => false,
        },
        Kind::Object(members) => object(members, false, value, path, all),
        Kind::Closed(members) => object(members, true, value, path, all),
        Kind::Either(kinds) => {
            let attempts: Vec<Vec<String>> = kinds
                .iter()
                .map(|kind| {
                    let mut attempt = Vec::new();
                    compare(kind, value, path, &mut attempt);
                    attempt
                })
                .collect();
            // Only the nearest alternative was probably meant, so only its problems are reported.
            if let Some(nearest) = attempts.into_iter().min_by_key(Vec::len) {
                all.extend(nearest);
            }
            true
        }
    };
    if !fits {
        all.push(format!("{here} is {value}, not {}", name(kind)));
    }
}

/// Whether it is an object at all; what is wrong inside is added.
fn object(members: &[Member], closed: bool, value: &Value, path: &str, all: &mut Vec<String>) -> bool {
    let Some(found) = value.as_object() else { return false };
    for member in members {
        let path = join(path, member.name);
        match found.get(member.name) {
            Some(value) => compare(member.kind, value, &path, all),
            None if member.required => all.push(format!("{path} is missing")),
            None => {}
        }
    }
    if closed {
        let unknown = found.keys().filter(|name| members.iter().all(|member| member.name != *name));
        all.extend(unknown.map(|name| format!("{} is no member of its schema", join(path, name))));
    }
    true
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn name(kind: &Kind) -> String {
    match kind {
        Kind::Any => "a value".to_owned(),
        Kind::Text => "a string".to_owned(),
        Kind::Date => "a date of RFC 3339".to_owned(),
        Kind::Boolean => "a boolean".to_owned(),
        Kind::Number => "a number".to_owned(),
        Kind::Integer { least, most } => format!("an integer from {least} to {most}"),
        Kind::Word(words) => format!("one of {}", words.join(", ")),
        Kind::List(_) => "an array".to_owned(),
        Kind::Map(_) | Kind::Object(_) | Kind::Closed(_) => "an object".to_owned(),
        Kind::Either(kinds) => kinds.iter().map(|kind| name(kind)).collect::<Vec<_>>().join(" or "),
    }
}
