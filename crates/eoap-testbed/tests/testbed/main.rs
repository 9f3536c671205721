//! The testbed as a client meets it: through the proxy, under the documented addresses, over plain HTTP.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod as_the_real_one;
mod callbacks;
mod cases;
mod client;
mod computation;
mod definition;
mod deployment;
mod exceptions;
mod executions;
mod files;
mod hermetic;
mod job_list;
mod namespaces;
mod objects;
mod old_server;
mod package;
mod page;
mod pygeoapi;
mod recordings;
mod run;
mod scenarios;
mod scenes;
mod steps;
mod synchronous;
mod timelines;
mod uploads;
