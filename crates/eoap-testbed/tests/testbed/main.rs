//! The testbed as a client meets it: through the proxy, under the documented addresses, over plain HTTP.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod client;
mod exceptions;
mod executions;
mod hermetic;
mod objects;
mod pygeoapi;
mod run;
mod scenarios;
