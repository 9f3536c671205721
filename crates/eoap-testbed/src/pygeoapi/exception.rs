//! The errors of pygeoapi.
//!
//! [`Exception`] knows its own exceptions, which have a code and a description. It also knows the error
//! pages of the web framework below it, for unknown paths and methods. It does not know when to raise one.

use serde_json::json;

use super::answer::Answer;
use super::format::Format;

/// Why a request is not fulfilled.
#[derive(Debug)]
pub(super) enum Exception {
    /// Of pygeoapi: status, code, description.
    Api(u16, &'static str, String),
    /// Of a gateway before it: pygeoapi itself lets everybody in.
    NotAdmitted(u16),
    /// Of the framework: no such path.
    NotFound,
    /// From the framework: a path that has other methods only.
    NotAllowed(&'static [&'static str]),
    /// From the framework: pygeoapi has raised an unexpected exception.
    Crashed,
}

impl Exception {
    pub(super) fn invalid(description: impl Into<String>) -> Self {
        Self::Api(400, "InvalidParameterValue", description.into())
    }

    pub(super) fn missing(description: &str) -> Self {
        Self::Api(400, "MissingParameterValue", description.to_owned())
    }

    /// Descriptions and executions spell one word of it differently.
    pub(super) fn no_such_process(description: &str) -> Self {
        Self::Api(404, "NoSuchProcess", description.to_owned())
    }

    pub(super) fn no_such_job(id: &str) -> Self {
        Self::Api(404, "NoSuchJob", id.to_owned())
    }

    /// The error for an unknown job, except for its results.
    pub(super) fn no_status(id: &str) -> Self {
        Self::Api(404, "InvalidParameterValue", id.to_owned())
    }

    pub(super) fn result_not_ready(description: &str) -> Self {
        Self::Api(404, "ResultNotReady", description.to_owned())
    }

    pub(super) fn into_answer(self, format: Option<Format>) -> Answer {
        match self {
            Self::Api(status, code, description) => {
                Answer::document(status, &json!({"code": code, "type": code, "description": description}), format)
            }
            Self::NotAdmitted(401) => {
                let text = "The server could not verify that you are authorized to access the URL requested.";
                Answer::page(401, "Unauthorized", text).header("WWW-Authenticate", "Bearer")
            }
            Self::NotAdmitted(status) => {
                Answer::page(status, "Forbidden", "You don't have the permission to access the requested resource.")
            }
            Self::NotFound => Answer::page(
                404,
                "Not Found",
                "The requested URL was not found on the server. If you entered the URL manually please check your spelling and \
                 try again.",
            ),
            Self::NotAllowed(methods) => {
                Answer::page(405, "Method Not Allowed", "The method is not allowed for the requested URL.")
                    .header("Allow", methods.join(", "))
            }
            Self::Crashed => Answer::page(
                500,
                "Internal Server Error",
                "The server encountered an internal error and was unable to complete your request. Either the server is \
                 overloaded or there is an error in the application.",
            ),
        }
    }
}
