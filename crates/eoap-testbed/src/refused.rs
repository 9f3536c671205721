//! Requests to a testbed that its scenario does not serve.
//!
//! [`Refused`] remembers them, so that they can be reported when the run is over.

use std::sync::{Arc, Mutex, PoisonError};

/// Hosts that were asked for and refused, in order, each once; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refused(Arc<Mutex<Vec<String>>>);

impl Refused {
    pub(crate) fn hosts(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn add(&self, host: &str) {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !hosts.iter().any(|known| known == host) {
            hosts.push(host.to_owned());
        }
    }
}
