//! Reads what is scattered over a file, such as its directories, with few requests.

use super::fetch::Fetcher;
use crate::{
    error::{Error, Result},
    raster::tiff::{
        directory::{Halt, Outcome},
        sparse::SparseBytes,
    },
};

/// What is fetched first, to hold the header of nearly all files.
pub(crate) const FIRST_READ: u64 = 16 << 10;
/// The least that is fetched when the header goes on elsewhere.
const NEXT_READ: u64 = 16 << 10;
/// A header that needs more reads than this is not valid.
const MAX_HEADER_READS: usize = 600;

/// Reads something from the bytes in memory, and fetches those that turn out to be missing.
pub(crate) async fn read_parts<T>(fetcher: &Fetcher, name: &str, read: impl Fn(&SparseBytes) -> Outcome<T>) -> Result<T> {
    let failed = |reason: &str| Error::Raster { raster: name.to_owned(), reason: reason.to_owned() };
    let mut here = fetcher.here();
    for _ in 0..MAX_HEADER_READS {
        match read(&here) {
            Ok(value) => return Ok(value),
            Err(Halt::Broken(reason)) => return Err(failed(&reason)),
            Err(Halt::Missing(range)) => {
                let wider = range.start..range.end.max(range.start + NEXT_READ);
                for gap in here.gaps(wider) {
                    let part = fetcher.get(gap.clone()).await?;
                    if part.is_empty() {
                        return Err(failed("the file has become shorter while it was read"));
                    }
                    here.insert(gap.start, &part);
                }
            }
        }
    }
    Err(failed("its directories are scattered over too many places"))
}
