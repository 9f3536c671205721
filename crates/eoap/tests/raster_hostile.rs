//! Hostile files. Each is read, or is an error that says what is wrong, within the memory of its row in the
//! table.
//!
//! A separate test binary, since it counts all allocations of its process.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    io::Write,
    sync::atomic::{AtomicUsize, Ordering},
};

use eoap::{Raster, Resampling, Window};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: hands everything to the system's allocator, and only counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn count(size: usize) {
    let live = LIVE.fetch_add(size, Ordering::Relaxed) + size;
    PEAK.fetch_max(live, Ordering::Relaxed);
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MIB: usize = 1 << 20;

/// A classic little-endian TIFF with these fields (tag, type, count, value) and data, which begins at `DATA`.
fn tiff(fields: &[(u16, u16, u32, u32)], next: u32, data: &[u8]) -> Vec<u8> {
    let mut fields = fields.to_vec();
    fields.sort_by_key(|field| field.0);
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend((fields.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in fields {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(next.to_le_bytes());
    bytes.resize(DATA as usize, 0);
    bytes.extend(data);
    bytes
}

const DATA: u32 = 400;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const ASCII: u16 = 2;

/// One tile of 8 bits: the size of the image and the tile, the compression, and the fields that replace or
/// join these.
fn tile(size: u32, compression: u32, data: &[u8], more: &[(u16, u16, u32, u32)]) -> Vec<u8> {
    let mut fields = vec![
        (256, LONG, 1, size),
        (257, LONG, 1, size),
        (258, SHORT, 1, 8),
        (259, LONG, 1, compression),
        (262, SHORT, 1, 1),
        (277, SHORT, 1, 1),
        (322, LONG, 1, size),
        (323, LONG, 1, size),
        (324, LONG, 1, DATA),
        (325, LONG, 1, data.len() as u32),
    ];
    for field in more {
        fields.retain(|other| other.0 != field.0);
        fields.push(*field);
    }
    tiff(&fields, 0, data)
}

fn deflated(size: usize) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; MIB];
    for _ in 0..size / MIB {
        encoder.write_all(&zeros).expect("memory");
    }
    encoder.finish().expect("memory")
}

fn lzw(size: usize) -> Vec<u8> {
    weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(&vec![0; size]).expect("memory")
}

/// A frame of Zstandard with a window of 2 GiB, and blocks that repeat one byte 128 KiB at a time.
fn zstandard(blocks: usize) -> Vec<u8> {
    let mut bytes = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3];
    for index in 0..blocks {
        let head = (128 << 10 << 3 | 1 << 1 | usize::from(index + 1 == blocks)) as u32;
        bytes.extend(&head.to_le_bytes()[..3]);
        bytes.push(0);
    }
    bytes
}

/// The beginning of a JPEG that says it has 65 500 × 65 500 pixels.
fn jpeg() -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xdb, 0, 67, 0];
    bytes.extend([1; 64]);
    bytes.extend([0xff, 0xc0, 0, 11, 8, 0xff, 0xdc, 0xff, 0xdc, 1, 1, 0x11, 0]);
    bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0xff, 0xd9]);
    bytes
}

/// The beginning of a WebP that says it has 16 384 × 16 384 pixels.
fn webp() -> Vec<u8> {
    let mut bytes = b"RIFF\x40\0\0\0WEBPVP8L\x30\0\0\0\x2f".to_vec();
    bytes.extend(0x0fff_ffff_u32.to_le_bytes());
    bytes.resize(72, 0);
    bytes
}

/// 10 000 directories, each of which leads to the next.
fn chain() -> Vec<u8> {
    let mut bytes = tile(16, 1, &[7; 256], &[]);
    let at = bytes.len() as u32;
    let place = 8 + 2 + 12 * 10;
    bytes[place..place + 4].copy_from_slice(&at.to_le_bytes());
    for index in 1..10_000 {
        bytes.extend([0, 0]);
        bytes.extend((at + index * 6).to_le_bytes());
    }
    bytes
}

/// A BigTIFF whose only entry has as many values as can be said, at the last place that can be said.
fn big() -> Vec<u8> {
    let mut bytes = b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0".to_vec();
    bytes.extend([0, 1, 4, 0]);
    bytes.extend([0xff; 16]);
    bytes.extend([0; 8]);
    bytes
}

/// Name, file, what the error says (nothing: it is read), and the most that may be allocated in MiB.
type Bomb = (&'static str, Vec<u8>, &'static str, usize);

/// Headers that say what is not so.
fn false_headers() -> Vec<Bomb> {
    let all = u32::MAX;
    let huge = |count| {
        tile(
            i32::MAX as u32,
            1,
            &[0; 64],
            &[(322, LONG, 1, 256), (323, LONG, 1, 256), (324, LONG, count, DATA), (325, LONG, count, DATA)],
        )
    };
    vec![
        ("no file at all", Vec::new(), "not a TIFF", 1),
        ("two thousand million pixels square, one tile", huge(1), "lists 1 tiles or strips, and the image has 7036874", 1),
        (
            "all of their tiles, outside of the file",
            tile(all >> 16, 1, &[0; 64], &[(322, LONG, 1, 1), (323, LONG, 1, 1), (324, LONG, all, DATA), (325, LONG, all, DATA)]),
            "ends too early",
            40,
        ),
        ("larger than any image", tile(all, 1, &[0; 64], &[]), "no size of an image", 1),
        ("no size", tile(0, 1, &[0; 64], &[]), "0 is no size", 1),
        ("no bits", tile(16, 1, &[7; 256], &[(258, SHORT, 1, 0)]), "0 bits", 1),
        ("65 535 bands", tile(8192, 1, &[7; 256], &[(277, SHORT, 1, 65535)]), "this library reads at most", 1),
        ("a tile of 4 GiB", tile(65536, 8, &deflated(MIB), &[]), "this library reads at most", 1),
        (
            "a tile of 256 MiB that unpacks to 1 KiB",
            tile(16384, 8, &deflated(MIB), &[]),
            "ends before its 268435456 bytes are there",
            600,
        ),
        ("a tile beyond the end", tile(16, 1, &[7; 256], &[(324, LONG, 1, 1 << 31)]), "beyond the end", 1),
        ("a tile that reaches beyond the end", tile(16, 1, &[7; 256], &[(325, LONG, 1, all)]), "beyond the end", 1),
        ("a metadata text of 4 GiB", tile(16, 1, &[7; 256], &[(42112, ASCII, all, 0)]), "cannot be right", 1),
        ("values that count more than there can be", big(), "ends too early", 1),
        (
            "a cycle of directories",
            {
                let mut bytes = tile(16, 1, &[7; 256], &[]);
                bytes[130] = 8;
                bytes
            },
            "",
            2,
        ),
        ("ten thousand directories", chain(), "", 8),
        (
            "an image of thirty tiles, read as a whole",
            tile(30000, 1, &[0; 64], &[(322, LONG, 1, 1000), (323, LONG, 1, 1000)]),
            "lists 1 tiles",
            1,
        ),
    ]
}

/// Data that unpacks to more than there is room for, or to less.
fn false_data() -> Vec<Bomb> {
    vec![
        ("Deflate: 256 MiB in 256 bytes", tile(16, 8, &deflated(256 * MIB), &[]), "", 4),
        ("LZW: 16 MiB in 256 bytes", tile(16, 5, &lzw(16 * MIB), &[]), "", 4),
        ("LZW: codes of nothing", tile(16, 5, &[0xff; 300], &[]), "damaged", 2),
        ("Zstandard: a window of 2 GiB", tile(16, 50000, &zstandard(1), &[]), "damaged", 4),
        ("JPEG: 4 gigapixels in 256", tile(16, 7, &jpeg(), &[]), "damaged", 4),
        (
            "WebP: a quarter of a gigapixel in 256",
            tile(16, 50001, &webp(), &[(277, SHORT, 1, 3)]),
            "16384 × 16384 pixels instead",
            4,
        ),
        ("Fax: nothing", tile(16, 4, &[0; 64], &[(258, SHORT, 1, 1)]), "ends before its 32 bytes are there", 4),
        ("Fax: ones", tile(16, 4, &[0xff; 64], &[(258, SHORT, 1, 1)]), "", 4),
        ("Packbits: nothing", tile(16, 32773, &[0x80; 64], &[]), "ends before its 256 bytes are there", 2),
    ]
}

/// Everything that can be asked of a raster, with the first error.
async fn everything(bytes: Vec<u8>) -> Result<(), eoap::Error> {
    let raster = Raster::open_bytes(bytes).await?;
    let _ = raster.profile().to_string();
    raster.overviews().await?;
    raster.statistics(64).await?;
    raster.preview(64).await?;
    raster.read::<f64>().shape(50, 50).await?;
    raster.read::<f64>().window(Window::new(0, 0, 10, 10)).shape(3, 3).resampling(Resampling::Average).await?;
    raster.read_mask().shape(9, 9).await?;
    raster.read::<u8>().await.map(drop)
}

#[test]
fn bombs_do_not_go_off() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let mut wrong = Vec::new();
    for (name, bytes, reason, limit) in [false_headers(), false_data()].concat() {
        let before = LIVE.load(Ordering::Relaxed);
        PEAK.store(before, Ordering::Relaxed);
        let outcome =
            runtime.block_on(async move { tokio::time::timeout(std::time::Duration::from_secs(60), everything(bytes)).await });
        let peak = (PEAK.load(Ordering::Relaxed) - before) as f64 / MIB as f64;
        let text = match outcome {
            Ok(Ok(())) => String::new(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no end within a minute".to_owned(),
        };
        println!("{peak:8.2} MiB of {limit:3}  {name}: {}", if text.is_empty() { "read" } else { &text });
        if !text.contains(reason) || text.is_empty() != reason.is_empty() {
            wrong.push(format!("{name}: {text:?} does not say {reason:?}"));
        }
        if peak > limit as f64 {
            wrong.push(format!("{name}: {peak:.1} MiB allocated, and {limit} are allowed"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
