//! Marks that no cell can guess.

use std::fs::File;
use std::io::Read;

/// Thirty-two hexadecimal digits from the system's source of randomness.
///
/// # Errors
/// When that cannot be read.
pub fn hex() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
