//! The end of what a process printed, to explain how it broke down.
//!
//! The main type is [`Tail`].

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

/// How many bytes are kept.
const KEPT: usize = 16 * 1024;

/// The end of what a process printed, on as many streams as it follows. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Tail(Arc<Mutex<Vec<u8>>>);

impl Tail {
    /// Reads a stream to its end, on a separate thread. A process whose output nobody reads stops when a
    /// pipe is full.
    pub fn follow(&self, stream: Option<impl Read + Send + 'static>) {
        let (Some(mut stream), tail) = (stream, self.0.clone()) else { return };
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
                tail.extend_from_slice(&buffer[..count]);
                let excess = tail.len().saturating_sub(KEPT);
                tail.drain(..excess);
            }
        });
    }

    /// Forgets what was printed so far.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What was printed, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}
