//! The resources of the API, and the methods that each of them has.
//!
//! [`Resource::of`] reads a path. It does not know the answers of a resource.

use http::Method;

/// What a path below the root means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource<'a> {
    Landing,
    LandingPage,
    Api,
    ApiPage,
    Conformance,
    Processes,
    Process(&'a str),
    Package(&'a str),
    Execution(&'a str),
    Jobs,
    Job(&'a str),
    Results(&'a str),
    Result(&'a str, &'a str),
}

impl<'a> Resource<'a> {
    /// Every resource, with the names that paths of an API definition have for its parts.
    pub(super) const ALL: [Resource<'static>; 13] = [
        Resource::Landing,
        Resource::LandingPage,
        Resource::Api,
        Resource::ApiPage,
        Resource::Conformance,
        Resource::Processes,
        Resource::Process("{processID}"),
        Resource::Package("{processID}"),
        Resource::Execution("{processID}"),
        Resource::Jobs,
        Resource::Job("{jobID}"),
        Resource::Results("{jobID}"),
        Resource::Result("{jobID}", "{outputID}"),
    ];

    /// Its path below the root.
    pub(super) fn path(self) -> String {
        match self {
            Self::Landing => "/".to_owned(),
            Self::LandingPage => "/index.html".to_owned(),
            Self::Api => "/api".to_owned(),
            Self::ApiPage => "/api.html".to_owned(),
            Self::Conformance => "/conformance".to_owned(),
            Self::Processes => "/processes".to_owned(),
            Self::Process(id) => format!("/processes/{id}"),
            Self::Package(id) => format!("/processes/{id}/package"),
            Self::Execution(id) => format!("/processes/{id}/execution"),
            Self::Jobs => "/jobs".to_owned(),
            Self::Job(id) => format!("/jobs/{id}"),
            Self::Results(id) => format!("/jobs/{id}/results"),
            Self::Result(id, output) => format!("/jobs/{id}/results/{output}"),
        }
    }

    pub(super) fn of(segments: &[&'a str]) -> Option<Self> {
        Some(match *segments {
            [] => Self::Landing,
            ["index.html"] => Self::LandingPage,
            ["api"] => Self::Api,
            ["api.html"] => Self::ApiPage,
            ["conformance"] => Self::Conformance,
            ["processes"] => Self::Processes,
            ["processes", id] => Self::Process(id),
            ["processes", id, "package"] => Self::Package(id),
            ["processes", id, "execution"] => Self::Execution(id),
            ["jobs"] => Self::Jobs,
            ["jobs", id] => Self::Job(id),
            ["jobs", id, "results"] => Self::Results(id),
            ["jobs", id, "results", output] => Self::Result(id, output),
            _ => return None,
        })
    }

    /// Its methods. HEAD works wherever GET does.
    pub(super) fn methods(self) -> &'static [Method] {
        match self {
            Self::Processes => &[Method::GET, Method::POST],
            Self::Process(_) => &[Method::GET, Method::PUT, Method::DELETE],
            Self::Execution(_) => &[Method::POST],
            Self::Job(_) => &[Method::GET, Method::DELETE],
            _ => &[Method::GET],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resource_is_found_at_its_path() {
        for resource in Resource::ALL {
            let path = resource.path();
            let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
            assert_eq!(Resource::of(&segments), Some(resource), "{path}");
        }
    }
}
