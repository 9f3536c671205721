//! Deploy, replace, undeploy, and the package that a process was deployed with (OGC API - Processes - Part
//! 2).
//!
//! [`super::package`] reads the request. The service decides which process may change.

use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::exception::Exception;
use super::package::{self, Unit};
use super::{processes, query};
use crate::cwl;
use crate::scenario::Process;
use crate::service::{Refusal, deployed};
use crate::template::fill;

pub(super) fn deploy(call: Call<'_>) -> Result<Answer, Exception> {
    let unit = package::read(call.request, &call.fixtures.packages)?;
    let wanted = query::parameter(call.request, "w");
    let process = process(&call, unit, wanted.as_deref()).map_err(Exception::workflow_not_found)?;
    let location = format!("{}/processes/{}", call.fixtures.server.root_of(call.namespace), process.id);
    match call.service.processes.deploy(call.namespace, process) {
        Ok(process) => {
            let summary = fill(&processes::summary(&process), &call.fixtures.server.addresses(call.namespace));
            Ok(Answer::json(201, &summary).header("Location", location))
        }
        Err(_) => Err(Exception::duplicated(location)),
    }
}

/// The parameter `w` does not count here: the workflow must have the name of the process.
pub(super) fn replace(call: Call<'_>, id: &str) -> Result<Answer, Exception> {
    call.service.processes.check_mutable(call.namespace, id).map_err(|refusal| refused(refusal, id))?;
    let unit = package::read(call.request, &call.fixtures.packages)?;
    let process = process(&call, unit, Some(id)).ok().filter(|process| process.id == id).ok_or_else(Exception::not_updated)?;
    let location = format!("{}/processes/{id}", call.fixtures.server.root_of(call.namespace));
    call.service.processes.replace(call.namespace, process).map_err(|refusal| refused(refusal, id))?;
    Ok(Answer::empty(204).header("Location", location))
}

pub(super) fn undeploy(call: Call<'_>, id: &str) -> Result<Answer, Exception> {
    call.service.processes.undeploy(call.namespace, id).map_err(|refusal| refused(refusal, id))?;
    Ok(Answer::empty(204))
}

/// The package of the process in the requested form: the CWL as text or as JSON, or an application package.
pub(super) fn package(call: Call<'_>, id: &str) -> Result<Answer, Exception> {
    let process = call.service.processes.find(call.namespace, id).ok_or_else(|| Exception::no_such_process(id))?;
    let accept: Vec<&str> = call.request.headers.get_all("accept").iter().filter_map(|value| value.to_str().ok()).collect();
    let accept = accept.join(", ");
    let (as_package, as_cwl) = (accept.contains(package::PACKAGE), accept.contains(package::CWL));
    if !as_package && !as_cwl {
        return Err(Exception::not_acceptable());
    }
    if !process.is_mutable() {
        return Err(Exception::immutable_has_no_package());
    }
    let package = process.package.as_ref().ok_or_else(|| Exception::not_found(&format!("processes/{id}/package.cwl")))?;
    let json = || cwl::Package::parse(&package.cwl).map(|cwl| cwl.json().clone()).unwrap_or_default();
    let is_json = package.cwl.trim_start().starts_with('{');
    Ok(match (as_cwl, package.media_type.as_str()) {
        (true, _) if accept.contains(package::CWL_JSON) && !is_json => Answer::json(200, &json()).typed(package::CWL_JSON),
        (true, _) => {
            let exact = [package::CWL_YAML, package::CWL_JSON].into_iter().find(|exact| accept.contains(exact));
            Answer::new(200, exact.unwrap_or(package::CWL), package.cwl.clone())
        }
        (false, package::PACKAGE | package::JSON) => Answer::new(200, package::PACKAGE, package.text.clone()),
        (false, _) => {
            let unit = json!({"executionUnit": {"value": json(), "mediaType": package::CWL}});
            Answer::json(200, &unit).typed(package::PACKAGE)
        }
    })
}

fn process(call: &Call<'_>, unit: Unit, wanted: Option<&str>) -> Result<Process, cwl::CwlError> {
    let cwl = cwl::Package::parse(&unit.package.cwl)?;
    let workflow = cwl.workflow(wanted)?;
    let mut description = cwl::description(workflow)?;
    for (name, value) in &unit.description {
        description[name] = value.clone();
    }
    let id = description["id"].as_str().unwrap_or(workflow.id).to_owned();
    let links = format!("{{{{root}}}}/processes/{id}/execution");
    if let Some(link) = description.pointer_mut("/links/0/href") {
        *link = Value::from(links);
    }
    Ok(deployed(call.fixtures, &id, description, unit.package))
}

fn refused(refusal: Refusal, id: &str) -> Exception {
    match refusal {
        Refusal::Missing => Exception::no_such_process(id),
        Refusal::Immutable | Refusal::Duplicated => Exception::immutable(id),
    }
}
