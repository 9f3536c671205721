//! `job-list`: the query parameters that choose among the jobs: type, process, status, creation and duration.
//!
//! OGC 18-062r2, 10.2 and A.8. Each is defined in the API definition as in the standard, keeps jobs that
//! match and leaves out the others.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;

use crate::findings::{Check, Findings, Step, broken, not_applicable};
use crate::http::quoted;
use crate::job_list::{jobs, populate};
use crate::openapi::OpenApi;
use crate::server::Server;

pub(crate) const TESTS: &[(&str, Check)] = &[
    ("job-list/type-definition", |server, findings| defined(server, findings, "type", &["array", "string"])),
    ("job-list/type-response", type_response),
    ("job-list/processID-definition", |server, findings| defined(server, findings, "processID", &["array", "string"])),
    ("job-list/processID-response", process_response),
    ("job-list/status-definition", |server, findings| defined(server, findings, "status", &["array", "string"])),
    ("job-list/status-response", status_response),
    ("job-list/datetime-definition", datetime_definition),
    ("job-list/datetime-response", datetime_response),
    ("job-list/duration-definition", duration_definition),
    ("job-list/duration-response", duration_response),
];

/// The parameter is defined with this type and, for an array, these elements.
fn defined(server: &Server, findings: &mut Findings, name: &str, wanted: &[&str]) -> Step {
    let api = OpenApi::of(server)?;
    let Some(schema) = api.query_parameter(findings, "/jobs", name) else { return Ok(()) };
    let mut found = vec![schema["type"].as_str().unwrap_or_default().to_owned()];
    if schema["type"] == "array" {
        found.push(api.resolved(&schema["items"])["type"].as_str().unwrap_or_default().to_owned());
    }
    findings.expect(found == wanted, "the API definition of GET /jobs", || {
        format!("{name} is defined as {}, the standard has {}", found.join(" of "), wanted.join(" of "))
    });
    Ok(())
}

/// An invalid value of the parameter is the client's error (Table 5 of the standard: 400).
fn refused(server: &Server, findings: &mut Findings, name: &str, value: &str) -> Step {
    findings.status(&server.get(&format!("/jobs?{name}={value}"))?, 400);
    Ok(())
}

fn datetime_definition(server: &Server, findings: &mut Findings) -> Step {
    defined(server, findings, "datetime", &["string"])?;
    refused(server, findings, "datetime", "yesterday")
}

fn duration_definition(server: &Server, findings: &mut Findings) -> Step {
    for name in ["minDuration", "maxDuration"] {
        defined(server, findings, name, &["array", "integer"])?;
        refused(server, findings, name, "long")?;
    }
    Ok(())
}

/// The whole list, after there is something to choose from.
fn populated(server: &Server, findings: &mut Findings) -> Step<Vec<Value>> {
    populate(server)?;
    jobs(server, findings, "?limit=10000")
}

/// Checks that the list with this query has exactly the jobs of the whole list for which `fits` is true.
fn chosen(server: &Server, findings: &mut Findings, all: &[Value], query: &str, fits: impl Fn(&Value) -> bool) -> Step {
    let at = format!("GET /jobs?{query}");
    let found = jobs(server, findings, &format!("?limit=10000&{query}"))?;
    for job in &found {
        findings.expect(fits(job), &at, || "a job is listed that does not fit".to_owned());
    }
    let missing = all.iter().filter(|job| fits(job)).any(|job| found.iter().all(|listed| listed["jobID"] != job["jobID"]));
    findings.expect(!missing, &at, || "a job that fits is not listed".to_owned());
    Ok(())
}

fn type_response(server: &Server, findings: &mut Findings) -> Step {
    let all = populated(server, findings)?;
    chosen(server, findings, &all, "type=process", |job| job["type"] == "process")
}

fn process_response(server: &Server, findings: &mut Findings) -> Step {
    let all = populated(server, findings)?;
    let mut ids: Vec<&str> = all.iter().filter_map(|job| job["processID"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    for id in &ids {
        chosen(server, findings, &all, &format!("processID={}", quoted(id)), |job| job["processID"] == **id)?;
    }
    let both = ids.iter().map(|id| quoted(id)).collect::<Vec<_>>().join(",");
    chosen(server, findings, &all, &format!("processID={both}"), |job| {
        job["processID"].as_str().is_some_and(|id| ids.contains(&id))
    })?;
    chosen(server, findings, &all, "processID=no-such-process", |job| job["processID"] == "no-such-process")
}

fn status_response(server: &Server, findings: &mut Findings) -> Step {
    let all = populated(server, findings)?;
    for wanted in [vec!["running"], vec!["successful"], vec!["failed"], vec!["dismissed"], vec!["running", "successful"]] {
        let query = format!("status={}", wanted.join(","));
        chosen(server, findings, &all, &query, |job| job["status"].as_str().is_some_and(|status| wanted.contains(&status)))?;
    }
    Ok(())
}

fn instant(job: &Value, member: &str) -> Option<DateTime<Utc>> {
    job[member].as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok()).map(|date| date.to_utc())
}

/// An instant, closed intervals, and both kinds of open ones, around the creation of a job.
fn datetime_response(server: &Server, findings: &mut Findings) -> Step {
    let all = populated(server, findings)?;
    let Some(created) = all.first().and_then(|job| instant(job, "created")) else {
        return broken("GET /jobs", "the jobs have no date of creation to choose by");
    };
    let text = |date: DateTime<Utc>| date.to_rfc3339_opts(SecondsFormat::Millis, true);
    let (before, after) = (created - TimeDelta::seconds(1), created + TimeDelta::seconds(1));
    let intervals = [
        (text(created), created, created),
        (format!("{}/{}", text(before), text(after)), before, after),
        (format!("../{}", text(before)), DateTime::<Utc>::MIN_UTC, before),
        (format!("../{}", text(after)), DateTime::<Utc>::MIN_UTC, after),
        (format!("{}/..", text(after)), after, DateTime::<Utc>::MAX_UTC),
        (format!("{}/", text(before)), before, DateTime::<Utc>::MAX_UTC),
        (format!("/{}", text(after)), DateTime::<Utc>::MIN_UTC, after),
    ];
    for (value, start, end) in intervals {
        chosen(server, findings, &all, &format!("datetime={}", quoted(&value)), |job| {
            instant(job, "created").is_some_and(|created| (start..=end).contains(&created))
        })?;
    }
    Ok(())
}

/// Only jobs that are over have a duration that stays the same between two requests: they are what is looked
/// at.
fn duration_response(server: &Server, findings: &mut Findings) -> Step {
    let all = populated(server, findings)?;
    let duration = |job: &Value| Some((instant(job, "finished")? - instant(job, "started")?).num_milliseconds());
    let over: Vec<Value> = all.into_iter().filter(|job| duration(job).is_some()).collect();
    let Some(longest) = over.iter().filter_map(duration).max() else {
        return not_applicable("no job says when it was started and finished");
    };
    let (below, above) = (longest / 1000, longest / 1000 + 1);
    let queries = [
        (format!("minDuration={below}"), below, i64::MAX / 1000),
        (format!("minDuration={above}"), above, i64::MAX / 1000),
        (format!("maxDuration={above}"), 0, above),
        (format!("maxDuration={below}"), 0, below),
        (format!("minDuration={below}&maxDuration={above}"), below, above),
    ];
    for (query, least, most) in queries {
        let found = jobs(server, findings, &format!("?limit=10000&{query}"))?;
        let at = format!("GET /jobs?{query}");
        let fits = |job: &Value| duration(job).is_none_or(|duration| (least * 1000..=most * 1000).contains(&duration));
        for job in &found {
            findings.expect(fits(job), &at, || "a job is listed that does not fit".to_owned());
        }
        let missing = over.iter().filter(|job| fits(job)).any(|job| found.iter().all(|listed| listed["jobID"] != job["jobID"]));
        findings.expect(!missing, &at, || "a job that fits is not listed".to_owned());
    }
    Ok(())
}
