//! A cache of masks, so that loading a scenario again does not unpack them again.

use std::sync::{Arc, Mutex, PoisonError};

use eoap_testbed_scenes::{Mask, MaskError};
use s3s::crypto::{Checksum, Md5};

/// How many are kept: those of a scenario or two.
const KEPT: usize = 4;

/// A mask by the digest of its file and the place of its grid.
type Known = ([u8; 16], (i32, i32), Arc<Mask>);

static KNOWN: Mutex<Vec<Known>> = Mutex::new(Vec::new());

/// Reads a mask as [`Mask::read`] does.
pub(super) fn read(file: &[u8], grid: impl Fn(f64, f64) -> (i32, i32)) -> Result<Arc<Mask>, MaskError> {
    let (digest, origin) = (Md5::checksum(file), grid(0.0, 0.0));
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, _, mask)) = known().iter().find(|(other, place, _)| *other == digest && *place == origin) {
        return Ok(Arc::clone(mask));
    }
    let mask = Arc::new(Mask::read(file, grid)?);
    let mut known = known();
    if known.len() == KEPT {
        known.remove(0);
    }
    known.push((digest, origin, Arc::clone(&mask)));
    Ok(mask)
}
