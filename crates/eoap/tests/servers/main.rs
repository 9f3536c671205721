//! One suite for every server: what the library promises is true for each of them, with the same code.
//!
//! The servers are the testbed as ZOO-Project and as pygeoapi 0.24 and 0.21. If `EOAP_SERVER` is the
//! address of another server with the processes `hello-world`, `shout` and `wait`, only that one is
//! tested: a pygeoapi, or what `EOAP_SERVER_NAME` names. `just client-servers` starts a pygeoapi, `just
//! client-server` another. With `--nocapture` every scene names its servers, and what these lack.

#![allow(clippy::print_stdout, reason = "a suite says where it ran")]

mod executions;
mod jobs;
mod outputs;
mod peer;
mod resources;
