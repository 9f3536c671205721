//! One suite for every server: what the library promises holds for each of them, with the same code.
//!
//! The servers are the testbed as ZOO-Project and as pygeoapi 0.24 and 0.21; or, where `EOAP_SERVER` is the
//! address of a pygeoapi with the processes `hello-world`, `shout` and `wait`, that one and no other: `just
//! client-servers` starts it. With `--nocapture` every scene says on which servers it ran, and what these
//! lack.

#![allow(clippy::print_stdout, reason = "a suite says where it ran")]

mod executions;
mod jobs;
mod outputs;
mod peer;
mod resources;
