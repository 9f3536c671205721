//! Application packages in the Common Workflow Language (CWL 1.0 to 1.2, OGC 20-089r1).
//!
//! [`Package`] reads a package from JSON or YAML, finds the workflow that will become a process, and derives
//! its description. It runs nothing, and does not know how a package gets here.

mod description;
mod types;

use serde_json::Value;

pub(crate) use description::description;

/// Why a text is not a package that can be deployed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CwlError {
    #[error("{message}")]
    Syntax { line: usize, message: String },
    #[error("cwlVersion is missing: this is no CWL document")]
    NotCwl,
    #[error("no Workflow found: a package has to have one, by itself or in its $graph")]
    NoWorkflow,
    #[error("Workflow '{0}' not found")]
    NoSuchWorkflow(String),
    #[error("the id {id:?} of the workflow holds {found:?}, which no process id may")]
    Id { id: String, found: &'static str },
    #[error("Unsupported type for '{name}': {kind}")]
    Type { name: String, kind: String },
    #[error("{0}: neither a map of parameters nor a list of parameters with an id")]
    Parameters(&'static str),
}

/// A CWL document.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    document: Value,
}

/// A workflow of a package, which is what becomes a process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workflow<'a> {
    pub(crate) id: &'a str,
    workflow: &'a Value,
    document: &'a Value,
}

impl Package {
    pub(crate) fn parse(text: &str) -> Result<Self, CwlError> {
        let document: Value = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| CwlError::Syntax { line: error.line(), message: error.to_string() })?
        } else {
            serde_saphyr::from_str(text).map_err(|error| CwlError::Syntax {
                line: error.location().and_then(|at| usize::try_from(at.line()).ok()).unwrap_or(1),
                message: error.without_snippet().to_string(),
            })?
        };
        if !document["cwlVersion"].is_string() {
            return Err(CwlError::NotCwl);
        }
        Ok(Self { document })
    }

    /// The workflow with this id, or the first one.
    pub(crate) fn workflow(&self, wanted: Option<&str>) -> Result<Workflow<'_>, CwlError> {
        let all = match self.document["$graph"].as_array() {
            Some(graph) => graph.as_slice(),
            None => std::slice::from_ref(&self.document),
        };
        let mut workflows = all.iter().filter(|one| one["class"] == "Workflow").peekable();
        workflows.peek().ok_or(CwlError::NoWorkflow)?;
        let found = match wanted {
            None => workflows.next(),
            Some(wanted) => workflows.find(|workflow| id(workflow) == wanted),
        };
        let workflow = found.ok_or_else(|| CwlError::NoSuchWorkflow(wanted.unwrap_or_default().to_owned()))?;
        let id = id(workflow);
        match [",", "$q$", "$$", ";"].into_iter().find(|part| id.contains(part)) {
            Some(found) => Err(CwlError::Id { id: id.to_owned(), found }),
            None => Ok(Workflow { id, workflow, document: &self.document }),
        }
    }

    /// The document as JSON.
    pub(crate) fn json(&self) -> &Value {
        &self.document
    }
}

/// The part of an id after the `#`. A document without one is called `main`.
fn id(of: &Value) -> &str {
    let id = of["id"].as_str().unwrap_or("main");
    id.rsplit('#').next().unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAPH: &str = "cwlVersion: v1.0\n$graph:\n- {class: CommandLineTool, id: tool}\n- {class: Workflow, id: '#a'}\n\
                         - {class: Workflow, id: 'file.cwl#b'}\n";

    #[test]
    fn the_workflow_is_the_one_asked_for_or_the_first() {
        let package = Package::parse(GRAPH).unwrap();
        assert_eq!(package.workflow(None).unwrap().id, "a");
        assert_eq!(package.workflow(Some("b")).unwrap().id, "b");
        assert_eq!(package.workflow(Some("tool")).unwrap_err().to_string(), "Workflow 'tool' not found");
        let single = Package::parse(r#"{"cwlVersion": "v1.2", "class": "Workflow"}"#).unwrap();
        assert_eq!(single.workflow(None).unwrap().id, "main");
    }

    #[test]
    fn what_is_no_package_is_refused() {
        let refused = |text: &str| match Package::parse(text) {
            Ok(package) => package.workflow(None).unwrap_err(),
            Err(error) => error,
        };
        let CwlError::Syntax { line, message } = refused("a:\n- [1\nb: 2\n") else { panic!("this is no YAML") };
        assert!(line > 1 && !message.contains('\n'), "{line}: {message}");
        assert!(matches!(refused("{\n\"a\": }"), CwlError::Syntax { line: 2, .. }));
        assert!(matches!(refused("class: Workflow"), CwlError::NotCwl));
        assert!(matches!(refused("just text"), CwlError::NotCwl));
        assert!(matches!(refused("cwlVersion: v1.0\nclass: CommandLineTool"), CwlError::NoWorkflow));
        assert!(matches!(refused("cwlVersion: v1.0\nclass: Workflow\nid: a;b"), CwlError::Id { found: ";", .. }));
    }
}
