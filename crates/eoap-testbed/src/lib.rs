//! The tutorial's cluster in one process, on loopback: a ZOO-Project-DRU, an S3 endpoint, and the forward
//! proxy through which a client reaches both under their documented addresses.
//!
//! A [`Scenario`] is a folder of fixture files. A [`Testbed`] serves it until it is dropped. Nothing leaves
//! the machine: every host that the scenario does not serve is refused by name. This crate knows no client.
//! Its answers come from files, never from types that a client also uses to read. So an error in such a type
//! cannot hide on both sides.
//!
//! A page ([`Testbed::page_url`]) shows what happens in a testbed, and [`Testbed::requests`] reports each
//! request. A [`Recorder`] is a testbed in front of a live deployment. What it has kept becomes a scenario.
//!
//! ```no_run
//! # fn main() -> Result<(), eoap_testbed::Error> {
//! let scenario = eoap_testbed::Scenario::water_bodies()?;
//! let testbed = eoap_testbed::Testbed::start(&scenario)?;
//! let mut client = std::process::Command::new("my-client");
//! client.envs(testbed.environment());
//! # Ok(())
//! # }
//! ```

mod callback;
mod cwl;
mod error;
mod exchange;
mod fixture;
mod gateway;
mod http;
mod mistakes;
mod mock;
mod page;
mod personality;
mod playback;
mod proxy;
mod pygeoapi;
mod recorder;
mod refused;
mod requests;
mod route;
mod s3;
mod scenario;
mod scenes;
mod service;
mod store;
mod template;
mod testbed;
mod upstream;
mod work;
mod zoo;

pub use error::Error;
pub use recorder::{Extent, Recorder, Recording, Session};
pub use requests::{Answered, Answerer};
pub use scenario::{Clock, Personality, Scenario};
pub use testbed::{Ports, Testbed};
pub use upstream::{Live, LiveStore};
