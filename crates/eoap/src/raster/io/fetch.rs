//! Fetches ranges of a file, keeps what may be needed again within a limit, and counts.
//!
//! Knows where bytes come from, and not what they mean.

use std::{
    ops::Range,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::source::Source;
use crate::{
    error::{Error, Result},
    raster::tiff::sparse::{SparseBytes, join},
};

/// Ranges this near to each other are fetched with one request.
const JOIN_DISTANCE: u64 = 16 << 10;
/// How many requests are under way at a time.
pub(crate) const PARALLEL_READS: usize = 8;
/// Fetched bytes are kept for further reads up to this size.
const KEEP_BYTES: u64 = 64 << 20;

/// A file that is read in parts.
#[derive(Debug)]
pub(crate) struct Fetcher {
    source: Source,
    size: u64,
    kept: Mutex<SparseBytes>,
    fetched: AtomicU64,
    requests: AtomicU64,
}

impl Fetcher {
    /// Fetches the beginning of a file, and learns its size.
    pub(crate) async fn open(source: Source, first: u64) -> Result<Self> {
        let (bytes, size) = source.read(0..first).await?;
        let mut kept = SparseBytes::new(size);
        kept.insert(0, &bytes);
        let fetched = AtomicU64::new(bytes.len() as u64);
        Ok(Self { source, size, kept: Mutex::new(kept), fetched, requests: AtomicU64::new(1) })
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn fetched(&self) -> u64 {
        self.fetched.load(Ordering::Relaxed)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The bytes in memory, to read from.
    pub(crate) fn here(&self) -> SparseBytes {
        self.kept().clone()
    }

    /// Fetches the missing bytes of these ranges. The answer holds all of them that are in the file.
    pub(crate) async fn fetch(&self, ranges: Vec<Range<u64>>) -> Result<SparseBytes> {
        let mut here = self.here();
        let gaps = join(ranges.into_iter().flat_map(|range| here.gaps(range)).collect(), JOIN_DISTANCE);
        let reads = gaps.into_iter().map(|range| async move { Ok((range.start, self.read(range).await?)) });
        let parts: Vec<(u64, Bytes)> = stream::iter(reads).buffered(PARALLEL_READS).try_collect().await?;
        for (start, part) in &parts {
            here.insert(*start, part);
        }
        Ok(here)
    }

    /// The bytes of a range within the file, with one request if any of it is missing. The answer is shorter
    /// only if the file has become so.
    pub(crate) async fn get(&self, range: Range<u64>) -> Result<Bytes> {
        let kept = self.kept().get(range.clone());
        match kept {
            Some(bytes) => Ok(bytes),
            None => self.read(range).await,
        }
    }

    async fn read(&self, range: Range<u64>) -> Result<Bytes> {
        let (bytes, size) = self.source.read(range.clone()).await?;
        if size != self.size {
            let reason = "the file was replaced by another while it was read; open it again".to_owned();
            return Err(Error::Raster { raster: self.source.to_string(), reason });
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.fetched.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let mut kept = self.kept();
        if self.source.is_remote() && kept.len() + bytes.len() as u64 <= KEEP_BYTES {
            kept.insert(range.start, &bytes);
        }
        Ok(bytes)
    }

    fn kept(&self) -> MutexGuard<'_, SparseBytes> {
        // Inserting does not panic half-way, so the bytes are right even then.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thing and the range of its bytes in the file.
pub(crate) type Placed<T> = (Range<u64>, T);

/// Groups things that lie near each other in a file, so that one request fetches several: at most
/// `JOIN_DISTANCE` apart and at most `limit` bytes in all.
pub(crate) fn group<T>(mut things: Vec<Placed<T>>, limit: u64) -> Vec<Placed<Vec<Placed<T>>>> {
    things.sort_by_key(|(place, _)| place.start);
    let mut groups: Vec<Placed<Vec<_>>> = Vec::new();
    for (place, thing) in things {
        match groups.last_mut() {
            Some((whole, group))
                if place.start <= whole.end.saturating_add(JOIN_DISTANCE) && place.end.max(whole.end) - whole.start <= limit =>
            {
                whole.end = whole.end.max(place.end);
                group.push((place, thing));
            }
            _ => groups.push((place.clone(), vec![(place, thing)])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_things_share_a_request() {
        let far = 3 * JOIN_DISTANCE;
        let groups = group(vec![(20..30, 'b'), (far..far + 5, 'c'), (0..10, 'a'), (10..500, 'd')], 100);
        let names = groups.iter().map(|(whole, group)| (whole.clone(), group.iter().map(|(_, name)| *name).collect::<String>()));
        assert_eq!(
            names.collect::<Vec<_>>(),
            [(0..10, "a".to_owned()), (10..500, "d".to_owned()), (20..30, "b".to_owned()), (far..far + 5, "c".to_owned())]
        );
        assert_eq!(group(vec![(20..30, ()), (0..10, ())], 100).len(), 1);
    }
}
