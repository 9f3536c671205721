//! The parts of a file that are in memory. Fetches nothing, and knows nothing about what the bytes mean.

use std::{collections::BTreeMap, ops::Range};

use bytes::Bytes;

/// Parts of a file of a known size. Parts never overlap.
#[derive(Clone, Debug, Default)]
pub(crate) struct SparseBytes {
    size: u64,
    parts: BTreeMap<u64, Bytes>,
}

impl SparseBytes {
    pub(crate) fn new(size: u64) -> Self {
        Self { size, parts: BTreeMap::new() }
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Number of bytes in memory.
    pub(crate) fn len(&self) -> u64 {
        self.parts.values().map(|part| part.len() as u64).sum()
    }

    /// Adds bytes from `start` on; bytes that are in memory already stay.
    pub(crate) fn insert(&mut self, start: u64, bytes: &Bytes) {
        for gap in self.gaps(start..start + bytes.len() as u64) {
            let part = bytes.slice((gap.start - start) as usize..(gap.end - start) as usize);
            self.parts.insert(gap.start, part);
        }
    }

    /// The parts of a range that are not in memory, within the file.
    pub(crate) fn gaps(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let mut gaps = Vec::new();
        let mut at = range.start;
        let end = range.end.min(self.size);
        while at < end {
            match self.part_at(at) {
                Some((start, part)) => at = start + part.len() as u64,
                None => {
                    let next = self.parts.range(at..).next().map_or(end, |(start, _)| end.min(*start));
                    gaps.push(at..next);
                    at = next;
                }
            }
        }
        gaps
    }

    /// The bytes of a range in memory, copied together if it lies in several parts.
    pub(crate) fn get(&self, range: Range<u64>) -> Option<Bytes> {
        let length = range.end.checked_sub(range.start)? as usize;
        if range.end > self.size || !self.gaps(range.clone()).is_empty() {
            return None;
        }
        if let Some((start, part)) = self.part_at(range.start)
            && range.end <= start + part.len() as u64
        {
            let at = (range.start - start) as usize;
            return Some(part.slice(at..at + length));
        }
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            let (start, part) = self.part_at(range.start + bytes.len() as u64)?;
            let from = (range.start + bytes.len() as u64 - start) as usize;
            let count = (part.len() - from).min(length - bytes.len());
            bytes.extend_from_slice(&part[from..from + count]);
        }
        Some(bytes.into())
    }

    fn part_at(&self, at: u64) -> Option<(u64, &Bytes)> {
        let (start, part) = self.parts.range(..=at).next_back()?;
        (at < start + part.len() as u64).then_some((*start, part))
    }
}

/// Joins ranges that are at most `distance` bytes apart, so that one request serves several.
pub(crate) fn join(mut ranges: Vec<Range<u64>>, distance: u64) -> Vec<Range<u64>> {
    ranges.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(distance) => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sparse() -> SparseBytes {
        let mut bytes = SparseBytes::new(100);
        bytes.insert(10, &Bytes::from((10..20).collect::<Vec<u8>>()));
        bytes.insert(30, &Bytes::from((30..40).collect::<Vec<u8>>()));
        bytes
    }

    #[test]
    fn gaps_and_parts() {
        let mut bytes = sparse();
        assert_eq!(bytes.gaps(0..200), [0..10, 20..30, 40..100]);
        assert_eq!(bytes.get(15..25), None);
        bytes.insert(5, &Bytes::from((5..45).collect::<Vec<u8>>()));
        assert_eq!(bytes.len(), 40);
        assert_eq!(bytes.gaps(0..200), [0..5, 45..100]);
        assert_eq!(bytes.get(8..42).expect("bytes")[..], (8..42).collect::<Vec<u8>>());
        assert_eq!(bytes.get(12..14).expect("bytes")[..], [12, 13]);
        assert_eq!(bytes.get(90..110), None);
    }

    #[test]
    fn near_ranges_are_joined() {
        assert_eq!(join(vec![50..60, 0..10, 12..20, 5..8], 2), [0..20, 50..60]);
    }
}
