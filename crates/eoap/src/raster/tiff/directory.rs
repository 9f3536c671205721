//! Directories of a TIFF file and the values in them (TIFF 6.0 section 2; BigTIFF), read from the bytes in
//! memory.
//!
//! [`Tiff`] reads values one by one, so that a list that nobody asks for is never fetched. The list of the
//! tiles of a large image can be longer than all the rest of its header. Where bytes are missing, the answer
//! is [`Halt::Missing`]: the caller fetches them and reads again. It knows no tag by name.
//!
//! The crate `tiff` reads all lists of an image, into 32 bytes per number, before it knows how large the
//! image is. Only its names for types and byte orders are used here.

use std::{collections::BTreeMap, ops::Range};

use bytes::Bytes;
use tiff::tags::{ByteOrder, Tag, Type};

use super::sparse::SparseBytes;

/// A directory has a few dozen entries; more than this is damage.
const MAX_ENTRIES: u64 = 4096;
/// The longest value that is read as a whole, in bytes: a text, colours, coordinates.
const MAX_VALUE: u64 = 4 << 20;

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Halt {
    /// These bytes are not in memory; all of them are within the file.
    Missing(Range<u64>),
    /// The file is damaged, or not one that can be read.
    Broken(String),
}

pub(crate) type Outcome<T> = Result<T, Halt>;

/// How to read the numbers of a file, and its bytes in memory.
#[derive(Debug)]
pub(crate) struct Tiff<'a> {
    bytes: &'a SparseBytes,
    layout: Layout,
}

/// Order of the bytes of a number, and the size of offsets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) byte_order: ByteOrder,
    pub(crate) is_big_tiff: bool,
}

/// One directory: its fields by tag, and where the next one lies (0: there is none).
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    fields: BTreeMap<u16, Field>,
    pub(crate) next: u64,
}

/// Type, number and place of the values of a field.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// Nothing for one that is not known.
    kind: Option<Type>,
    pub(crate) count: u64,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Inline([u8; 8]),
    At(u64),
}

impl Field {
    /// Size of one value, 0 for a type that is not known.
    fn size(&self) -> u64 {
        match self.kind {
            Some(Type::BYTE | Type::ASCII | Type::SBYTE | Type::UNDEFINED) => 1,
            Some(Type::SHORT | Type::SSHORT) => 2,
            Some(Type::LONG | Type::SLONG | Type::FLOAT | Type::IFD) => 4,
            Some(Type::RATIONAL | Type::SRATIONAL | Type::DOUBLE | Type::LONG8 | Type::SLONG8 | Type::IFD8) => 8,
            _ => 0,
        }
    }

    /// Where values lie in the file; nothing if they are in the directory itself.
    pub(crate) fn range(&self, values: Range<u64>) -> Option<Range<u64>> {
        match self.place {
            Place::Inline(_) => None,
            Place::At(at) => {
                let place = |index: u64| at.saturating_add(index.saturating_mul(self.size()));
                Some(place(values.start)..place(values.end))
            }
        }
    }
}

impl<'a> Tiff<'a> {
    /// Reads the header of the file; answers where the first directory lies, too.
    pub(crate) fn open(bytes: &'a SparseBytes) -> Outcome<(Self, u64)> {
        let broken = |reason: &str| Err(Halt::Broken(reason.to_owned()));
        if bytes.size() < 8 {
            return broken("it is not a TIFF file");
        }
        let head = need(bytes, 0..8)?;
        let byte_order = match &head[..2] {
            b"II" => ByteOrder::LittleEndian,
            b"MM" => ByteOrder::BigEndian,
            _ => return broken("it is not a TIFF file"),
        };
        let mut tiff = Self { bytes, layout: Layout { byte_order, is_big_tiff: false } };
        match tiff.number(&head[2..4]) {
            42 => {
                let first = tiff.number(&head[4..8]);
                Ok((tiff, first))
            }
            43 if tiff.number(&head[4..6]) == 8 => {
                tiff.layout.is_big_tiff = true;
                let first = tiff.number(&need(bytes, 8..16)?);
                Ok((tiff, first))
            }
            _ => broken("it is not a TIFF file"),
        }
    }

    /// A reader for a file whose layout is known.
    pub(crate) fn again(bytes: &'a SparseBytes, layout: Layout) -> Self {
        Self { bytes, layout }
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    /// Reads the directory at this place; its values are read later.
    pub(crate) fn directory(&self, at: u64) -> Outcome<Directory> {
        let (head, entry, offset) = if self.layout.is_big_tiff { (8, 20, 8) } else { (2, 12, 4) };
        let start = at.saturating_add(head);
        let count = self.number(&need(self.bytes, at..start)?);
        if count > MAX_ENTRIES {
            return Err(Halt::Broken(format!("a directory has {count} entries, which cannot be right")));
        }
        let end = start.saturating_add(count * entry);
        let entries = need(self.bytes, start..end)?;
        let mut directory = Directory::default();
        for entry in entries.chunks_exact(entry as usize) {
            let (count, value) = entry[4..].split_at(offset);
            let (kind, count) = (Type::from_u16(self.number(&entry[2..4]) as u16), self.number(count));
            let mut field = Field { kind, count, place: Place::At(self.number(value)) };
            if count.saturating_mul(field.size()) <= offset as u64 {
                let mut inline = [0; 8];
                inline[..offset].copy_from_slice(value);
                field.place = Place::Inline(inline);
            }
            // The first of several entries of one tag counts, as in libtiff.
            directory.fields.entry(self.number(&entry[..2]) as u16).or_insert(field);
        }
        // Some writers forget the pointer at the very end of a file.
        let next = end..end.saturating_add(offset as u64);
        directory.next = if next.end > self.bytes.size() { 0 } else { self.number(&need(self.bytes, next)?) };
        Ok(directory)
    }

    /// Some values of a field as whole numbers; nothing if they are of another kind.
    pub(crate) fn numbers_in(&self, field: &Field, values: Range<u64>) -> Outcome<Option<Vec<u64>>> {
        use Type::{BYTE, IFD, IFD8, LONG, LONG8, SBYTE, SHORT, SLONG, SLONG8, SSHORT};
        // Some programs write sizes as signed numbers; a negative one is never a size.
        let is_whole = matches!(field.kind, Some(BYTE | SHORT | LONG | IFD | LONG8 | IFD8 | SBYTE | SSHORT | SLONG | SLONG8));
        if !is_whole || values.end > field.count {
            return Ok(None);
        }
        let size = field.size() as usize;
        Ok(Some(self.raw(field, values)?.chunks_exact(size).map(|value| self.number(value)).collect()))
    }

    /// All values of a tag as whole numbers; none if it is not there or is of another kind.
    pub(crate) fn numbers(&self, directory: &Directory, tag: Tag) -> Outcome<Vec<u64>> {
        let Some(field) = directory.get(tag) else { return Ok(Vec::new()) };
        self.numbers_in(field, 0..field.count).map(Option::unwrap_or_default)
    }

    /// The first value of a tag.
    pub(crate) fn first(&self, directory: &Directory, tag: Tag) -> Outcome<Option<u64>> {
        let Some(field) = directory.get(tag).filter(|field| field.count > 0) else { return Ok(None) };
        Ok(self.numbers_in(field, 0..1)?.and_then(|numbers| numbers.first().copied()))
    }

    /// All values of a tag as floating-point numbers; fractions are divided.
    pub(crate) fn floats(&self, directory: &Directory, tag: Tag) -> Outcome<Vec<f64>> {
        let is_float = |field: &&Field| matches!(field.kind, Some(Type::FLOAT | Type::DOUBLE | Type::RATIONAL));
        let Some(field) = directory.get(tag).filter(is_float) else { return Ok(Vec::new()) };
        let size = field.size() as usize;
        let float = |value: &[u8]| match field.kind {
            Some(Type::RATIONAL) => self.number(&value[..4]) as f64 / self.number(&value[4..]) as f64,
            Some(Type::FLOAT) => f32::from_bits(self.number(value) as u32).into(),
            _ => f64::from_bits(self.number(value)),
        };
        Ok(self.raw(field, 0..field.count)?.chunks_exact(size).map(float).collect())
    }

    /// The bytes of a tag.
    pub(crate) fn bytes(&self, directory: &Directory, tag: Tag) -> Outcome<Option<Bytes>> {
        directory.get(tag).filter(|field| field.size() == 1).map(|field| self.raw(field, 0..field.count)).transpose()
    }

    /// The text of a tag, up to its terminating zero.
    pub(crate) fn text(&self, directory: &Directory, tag: Tag) -> Outcome<Option<String>> {
        let text = |bytes: Bytes| {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            String::from_utf8_lossy(&bytes[..end]).into_owned()
        };
        Ok(self.bytes(directory, tag)?.map(text))
    }

    fn raw(&self, field: &Field, values: Range<u64>) -> Outcome<Bytes> {
        let length = (values.end - values.start).saturating_mul(field.size());
        if length > MAX_VALUE {
            return Err(Halt::Broken(format!("a value of its directory is {length} bytes long, which cannot be right")));
        }
        match &field.place {
            Place::Inline(bytes) => {
                let start = (values.start * field.size()) as usize;
                Ok(Bytes::copy_from_slice(&bytes[start..start + length as usize]))
            }
            Place::At(_) => need(self.bytes, field.range(values).unwrap_or_default()),
        }
    }

    /// A whole number of up to eight bytes.
    fn number(&self, bytes: &[u8]) -> u64 {
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self.layout.byte_order {
            ByteOrder::BigEndian => bytes.iter().fold(0, join),
            ByteOrder::LittleEndian => bytes.iter().rev().fold(0, join),
        }
    }
}

impl Directory {
    pub(crate) fn get(&self, tag: Tag) -> Option<&Field> {
        self.fields.get(&tag.to_u16())
    }
}

fn need(bytes: &SparseBytes, range: Range<u64>) -> Outcome<Bytes> {
    if range.end > bytes.size() {
        return Err(Halt::Broken("the file ends too early".to_owned()));
    }
    bytes.get(range.clone()).ok_or(Halt::Missing(range))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(bytes: &[u8]) -> SparseBytes {
        let mut sparse = SparseBytes::new(bytes.len() as u64);
        sparse.insert(0, &Bytes::copy_from_slice(bytes));
        sparse
    }

    /// Width 7, two strips at 200 and 300 (beyond the end), in both byte orders.
    fn file(big: bool) -> Vec<u8> {
        let short = |value: u16| if big { value.to_be_bytes() } else { value.to_le_bytes() };
        let long = |value: u32| if big { value.to_be_bytes() } else { value.to_le_bytes() };
        let mut bytes = if big { b"MM".to_vec() } else { b"II".to_vec() };
        bytes.extend(short(42));
        bytes.extend(long(8));
        bytes.extend(short(2));
        bytes.extend([short(256), short(3)].concat());
        bytes.extend([long(1).as_slice(), &short(7), &[0, 0]].concat());
        bytes.extend([short(273), short(4)].concat());
        bytes.extend([long(2), long(38)].concat());
        bytes.extend(long(0));
        bytes.extend([long(200), long(300)].concat());
        bytes
    }

    #[test]
    fn fields_in_both_byte_orders() {
        for big in [false, true] {
            let bytes = here(&file(big));
            let (tiff, first) = Tiff::open(&bytes).expect("header");
            let directory = tiff.directory(first).expect("directory");
            assert_eq!((tiff.first(&directory, Tag::ImageWidth), directory.next), (Ok(Some(7)), 0));
            assert_eq!(tiff.numbers(&directory, Tag::StripOffsets), Ok(vec![200, 300]));
            assert_eq!(tiff.numbers(&directory, Tag::Unknown(999)), Ok(vec![]));
        }
    }

    #[test]
    fn what_is_missing_is_named_and_what_lies_beyond_the_end_is_damage() {
        let whole = file(false);
        let mut bytes = SparseBytes::new(whole.len() as u64);
        bytes.insert(0, &Bytes::copy_from_slice(&whole[..38]));
        let (tiff, first) = Tiff::open(&bytes).expect("header");
        let directory = tiff.directory(first).expect("directory");
        assert_eq!(tiff.numbers(&directory, Tag::StripOffsets), Err(Halt::Missing(38..46)));
        assert!(matches!(tiff.directory(1 << 40), Err(Halt::Broken(_))));
        assert!(matches!(tiff.directory(u64::MAX), Err(Halt::Broken(_))));
        assert!(matches!(Tiff::open(&here(b"II+\0\x04\0\0\0")), Err(Halt::Broken(_))));
    }
}
