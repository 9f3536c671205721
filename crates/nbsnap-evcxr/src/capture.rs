//! One output stream of the process that runs cells: a bounded buffer that recognises the end of a cell.
//!
//! The main type is [`Stream`]. It knows bytes and boundaries. It does not know what they mean.

/// Collects a stream until its boundary has passed. At most `limit` bytes are kept: the first half and the
/// last half.
#[derive(Debug)]
pub(crate) struct Stream {
    head: Vec<u8>,
    tail: std::collections::VecDeque<u8>,
    half: usize,
    printed: u64,
    boundary: Vec<u8>,
    /// The last bytes so far, if they may be the beginning of the boundary.
    held: Vec<u8>,
    passed: bool,
    /// What came after the boundary.
    after: Vec<u8>,
}

/// The content of a [`Stream`].
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The bytes that were kept.
    pub(crate) bytes: Vec<u8>,
    /// How many there were.
    pub(crate) printed: u64,
    /// Whether some were dropped.
    pub(crate) overflowed: bool,
}

impl Stream {
    pub(crate) fn new(limit: u64) -> Stream {
        Stream {
            head: Vec::new(),
            tail: std::collections::VecDeque::new(),
            half: usize::try_from(limit / 2).unwrap_or(usize::MAX).max(1),
            printed: 0,
            boundary: Vec::new(),
            held: Vec::new(),
            passed: false,
            after: Vec::new(),
        }
    }

    /// Begins a cell whose end is marked by `boundary`.
    pub(crate) fn begin(&mut self, boundary: &str) {
        self.boundary = boundary.as_bytes().to_vec();
        self.passed = false;
    }

    /// Whether the boundary has passed.
    pub(crate) fn passed(&self) -> bool {
        self.passed
    }

    /// Adds what was read.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.boundary.is_empty() {
            self.keep(bytes);
            return;
        }
        if self.passed {
            self.after.extend_from_slice(bytes);
            return;
        }
        let mut joined = std::mem::take(&mut self.held);
        joined.extend_from_slice(bytes);
        if let Some(at) = memchr::memmem::find(&joined, &self.boundary) {
            self.keep(&joined[..at]);
            self.after.extend_from_slice(&joined[at + self.boundary.len()..]);
            self.passed = true;
        } else {
            let held = joined.len().min(self.boundary.len() - 1);
            let sure = joined.len() - held;
            self.held = joined.split_off(sure);
            self.keep(&joined);
        }
    }

    /// Ends the cell, and hands over what it wrote. What came after the boundary begins the next.
    pub(crate) fn take(&mut self) -> Taken {
        let held = std::mem::take(&mut self.held);
        self.keep(&held);
        let kept = (self.head.len() + self.tail.len()) as u64;
        let mut bytes = std::mem::take(&mut self.head);
        let overflowed = self.printed > kept;
        if overflowed {
            bytes.extend_from_slice(format!("\n[… {} bytes are not kept …]\n", self.printed - kept).as_bytes());
        }
        bytes.extend(std::mem::take(&mut self.tail));
        let taken = Taken { bytes, printed: std::mem::take(&mut self.printed), overflowed };
        self.boundary.clear();
        self.passed = false;
        let after = std::mem::take(&mut self.after);
        self.keep(&after);
        taken
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.printed += bytes.len() as u64;
        let room = self.half.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        let rest = &bytes[room..];
        self.tail.extend(&rest[rest.len().saturating_sub(self.half)..]);
        let excess = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..excess);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_owns_what_came_before_its_boundary_however_it_was_cut() {
        let text = b"one\ntwo<END>three";
        for cut in 0..=text.len() {
            let mut stream = Stream::new(100);
            stream.begin("<END>");
            stream.push(&text[..cut]);
            stream.push(&text[cut..]);
            assert!(stream.passed());
            assert_eq!(stream.take().bytes, b"one\ntwo", "cut at {cut}");
            assert_eq!(stream.take().bytes, b"three", "cut at {cut}");
        }
    }

    #[test]
    fn a_boundary_that_never_comes_loses_nothing() {
        let mut stream = Stream::new(100);
        stream.begin("<END>");
        stream.push(b"half of it <EN");
        assert!(!stream.passed());
        assert_eq!(stream.take().bytes, b"half of it <EN");
    }

    #[test]
    fn a_flood_keeps_its_beginning_and_its_end_and_counts_the_rest() {
        let mut stream = Stream::new(20);
        stream.begin("<END>");
        for _ in 0..100_000 {
            stream.push(b"0123456789");
        }
        stream.push(b"the end.<END>");
        let taken = stream.take();
        assert!(taken.overflowed);
        assert_eq!(taken.printed, 1_000_008);
        assert_eq!(String::from_utf8(taken.bytes).unwrap(), "0123456789\n[… 999988 bytes are not kept …]\n89the end.");
    }
}
