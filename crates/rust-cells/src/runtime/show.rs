//! The value of a cell's last expression.

use std::sync::{Mutex, PoisonError};

static SHOWN: Mutex<Option<String>> = Mutex::new(None);

/// Shows this text as the cell's value.
pub fn show(text: String) {
    *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
}

/// Takes what the cell has shown.
pub(super) fn taken() -> Option<String> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner).take()
}
