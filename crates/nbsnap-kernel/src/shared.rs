//! What the parts of a kernel share.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::analysis::Analysis;
use crate::history::History;
use crate::interrupts::Interrupts;
use crate::known::Known;
use crate::outbox::Outbox;

/// What the parts of a kernel share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) outbox: Outbox,
    pub(crate) interrupts: Interrupts,
    pub(crate) known: Arc<Mutex<Known>>,
    pub(crate) analysis: Analysis,
    pub(crate) history: Arc<Mutex<History>>,
    /// Whether a client has ever sent a request.
    pub(crate) heard: Arc<AtomicBool>,
}

impl Shared {
    /// The current state of the session.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
