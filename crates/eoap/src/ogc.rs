//! OGC API - Processes (Part 1: Core, OGC 18-062r2; Part 2: Deploy, Replace, Undeploy): a client, its jobs,
//! and their documents.
//!
//! Knows the standard and how servers depart from it. Does not know rasters or stores. Knows items only as
//! the content of an output.

mod client;
mod client_builder;
mod deploy;
pub(crate) mod documents;
mod execute;
mod fetched;
mod job;
mod job_filter;
mod job_list;
mod job_parameters;
mod output_links;
mod paging;
mod pygeoapi_list;
mod results_reader;
mod wait;

pub use client::Client;
pub use client_builder::ClientBuilder;
pub use deploy::{Deploy, Deployed, GetPackage};
pub use documents::{
    api_definition::ApiDefinition,
    description::{InputDescription, MaxOccurs, OutputDescription},
    execution::{Execution, Subscriber},
    input::Input,
    landing::{Conformance, LandingPage},
    link::Link,
    output::{Output, Qualified},
    output_format::OutputFormat,
    package::Package,
    prefer::{Prefer, Response},
    process::{Process, ProcessList, ProcessSummary},
    results::Results,
    status::{Status, StatusInfo},
};
pub use execute::Submitted;
pub use fetched::Fetched;
pub use job::Job;
pub use job_list::{JobList, ListJobs};
pub use job_parameters::{Datetime, OneOrMore};
pub use paging::{ListProcesses, Paged};
pub use wait::Wait;

pub use crate::{
    error::problem::{Problem, ProblemKind},
    http::{LinkPolicy, Retry, Token},
};
