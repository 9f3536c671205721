//! The file of a band: a cloud-optimised GeoTIFF, of which only the requested parts are drawn. It is never
//! stored.
//!
//! Its tiles are not compressed, so their positions are known before one is drawn. [`answer`] draws the
//! tiles that a range request touches. The scene decides what a pixel shows.

use std::ops::Range;

use bytes::Bytes;
use eoap_testbed_scenes::{Band, Directory, Grid, Scene, TILE_LENGTHS, TILE_OFFSETS, Values, encoded, image, place};
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderValue, RANGE};
use http::{Method, Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;

use crate::http::{Answer, BoxError, Request, whole};

/// Width and height of a tile.
const TILE: u32 = 256;

/// Bytes of a tile: 16 bits a pixel.
const TILE_BYTES: u64 = (TILE * TILE * 2) as u64;

/// An image of the file: the whole scene, or every second, fourth, ... pixel of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Level {
    step: u32,
    width: u32,
    height: u32,
    /// Where its first tile begins.
    start: u64,
}

impl Level {
    fn across(&self) -> u32 {
        self.width.div_ceil(TILE)
    }

    fn count(&self) -> u32 {
        self.across() * self.height.div_ceil(TILE)
    }
}

/// The file: its directories, and the positions of the tiles behind them.
#[derive(Debug)]
struct Layout {
    head: Bytes,
    levels: Vec<Level>,
    length: u64,
}

impl Layout {
    fn of(grid: &Grid) -> Self {
        let mut levels: Vec<Level> = Vec::new();
        let mut step = 1;
        loop {
            let (width, height) = (grid.width.div_ceil(step), grid.height.div_ceil(step));
            levels.push(Level { step, width, height, start: 0 });
            if width <= TILE && height <= TILE {
                break;
            }
            step *= 2;
        }
        // The length of the directories does not depend on their offsets: write them once to measure, once
        // for real.
        let head = Self::head(grid, &levels);
        let mut start = (head.len() as u64).next_multiple_of(16);
        for level in &mut levels {
            level.start = start;
            start += u64::from(level.count()) * TILE_BYTES;
        }
        let mut head = Self::head(grid, &levels);
        head.resize((head.len()).next_multiple_of(16), 0);
        Self { head: head.into(), levels, length: start }
    }

    fn head(grid: &Grid, levels: &[Level]) -> Vec<u8> {
        let mut head = vec![b'I', b'I', 42, 0, 8, 0, 0, 0];
        let long = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        for (index, level) in levels.iter().enumerate() {
            let offsets = (0..level.count()).map(|tile| long(level.start + u64::from(tile) * TILE_BYTES)).collect();
            let lengths = vec![long(TILE_BYTES); level.count() as usize];
            let mut directory: Directory = image(level.width, level.height, 16, 1, TILE as u16);
            directory.extend([(TILE_OFFSETS, Values::Longs(offsets)), (TILE_LENGTHS, Values::Longs(lengths))]);
            // Only the first image has a georeference. Every image has 0 as its no-data value.
            directory.extend(place(grid).into_iter().filter(|(tag, _)| index == 0 || *tag == 42113));
            if index > 0 {
                directory.push((254, Values::Longs(vec![1])));
            }
            let at = long(head.len() as u64);
            let length = encoded(directory.clone(), at, 0).len();
            let next = if index + 1 < levels.len() { at + long(length as u64) } else { 0 };
            head.extend(encoded(directory, at, next));
        }
        head
    }
}

/// The whole file, or the part of it that is asked for.
pub(super) fn answer(grid: &Grid, scene: &Scene, band: Band, request: &Request) -> Answer {
    let layout = Layout::of(grid);
    let (status, part) =
        match request.headers.get(RANGE).and_then(|range| range.to_str().ok()).map(|range| part(range, layout.length)) {
            None | Some(Asked::Whole) => (StatusCode::OK, 0..layout.length),
            Some(Asked::Part(part)) => (StatusCode::PARTIAL_CONTENT, part),
            Some(Asked::Beyond) => {
                let mut refused = Response::new(whole(Bytes::new()));
                *refused.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
                set(&mut refused, CONTENT_RANGE, &format!("bytes */{}", layout.length));
                return refused;
            }
        };
    let (length, whole_length) = (part.end - part.start, layout.length);
    let content_range = format!("bytes {}-{}/{whole_length}", part.start, part.end.saturating_sub(1));
    let mut answer = match request.method {
        Method::GET => Response::new(body(layout, scene.clone(), band, part)),
        Method::HEAD => Response::new(whole(Bytes::new())),
        _ => {
            let mut refused = Response::new(whole(Bytes::new()));
            *refused.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            return refused;
        }
    };
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/tiff"));
    answer.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    set(&mut answer, CONTENT_LENGTH, &length.to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        set(&mut answer, CONTENT_RANGE, &content_range);
    }
    answer
}

fn set(answer: &mut Answer, name: http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

/// What a `Range` asks for (RFC 9110, 14.2). A request for several ranges gets the whole, as the standard
/// allows.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(Range<u64>),
    Beyond,
}

fn part(range: &str, length: u64) -> Asked {
    let Some((first, last)) = range.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Asked::Whole;
    };
    let part = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Ok(first), Err(_)) if last.trim().is_empty() => first..length,
        (Err(_), Ok(last)) if first.trim().is_empty() => length.saturating_sub(last)..length,
        _ => return Asked::Whole,
    };
    if part.start < part.end { Asked::Part(part) } else { Asked::Beyond }
}

/// The bytes of a part, drawn piece by piece on another thread while they are sent.
fn body(layout: Layout, scene: Scene, band: Band, part: Range<u64>) -> http_body_util::combinators::BoxBody<Bytes, BoxError> {
    let pieces = futures::stream::unfold((layout, scene, part), move |(layout, scene, part)| async move {
        if part.is_empty() {
            return None;
        }
        let drawn = tokio::task::spawn_blocking(move || {
            let piece = piece(&layout, &scene, band, &part);
            (layout, scene, part, piece)
        });
        // The task does not panic and is not cancelled.
        let (layout, scene, part, piece) = drawn.await.ok()?;
        let rest = part.start + piece.len() as u64..part.end;
        Some((Ok(Frame::data(piece)), (layout, scene, rest)))
    });
    StreamBody::new(pieces).boxed()
}

/// What comes first in a part: of the head, or of one tile.
fn piece(layout: &Layout, scene: &Scene, band: Band, part: &Range<u64>) -> Bytes {
    let cut = |bytes: Bytes, at: u64| {
        // Both are within the piece, which is in memory.
        let start = (part.start - at) as usize;
        let end = bytes.len().min((part.end - at) as usize);
        bytes.slice(start..end)
    };
    let Some(level) = layout.levels.iter().rev().find(|level| level.start <= part.start) else {
        return cut(layout.head.clone(), 0);
    };
    // The number of a tile fits into its type.
    let index = ((part.start - level.start) / TILE_BYTES) as u32;
    cut(tile(scene, band, level, index).into(), level.start + u64::from(index) * TILE_BYTES)
}

/// A tile as the file has it: nothing beyond the edges.
fn tile(scene: &Scene, band: Band, level: &Level, index: u32) -> Vec<u8> {
    let (left, top) = (index % level.across() * TILE, index / level.across() * TILE);
    let mut bytes = vec![0; TILE_BYTES as usize];
    let place = |start: i32, at: u32| start.saturating_add_unsigned(at * level.step);
    let count = TILE.min(level.width - left);
    for (row, line) in (top..level.height).zip(bytes.chunks_exact_mut(TILE as usize * 2)) {
        let (first, row) = (place(scene.frame.columns.start, left), place(scene.frame.rows.start, row));
        let values = scene.values(band, first, row, level.step, count);
        line[..values.len()].copy_from_slice(&values);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_parts() {
        assert_eq!(part("bytes=0-9", 100), Asked::Part(0..10));
        assert_eq!(part("bytes=90-", 100), Asked::Part(90..100));
        assert_eq!(part("bytes=-10", 100), Asked::Part(90..100));
        assert_eq!(part("bytes=50-1000", 100), Asked::Part(50..100));
        assert_eq!(part("bytes=100-", 100), Asked::Beyond);
        assert_eq!(part("bytes=0-1,5-6", 100), Asked::Whole);
    }

    #[test]
    fn the_head_ends_where_the_first_tile_begins() {
        let grid = Grid { width: 3700, height: 3900, easting: 609_975.0, northing: 4_503_615.0, size: 30.0, epsg: 32610 };
        let layout = Layout::of(&grid);
        assert_eq!(layout.head.len() as u64, layout.levels[0].start);
        assert_eq!(layout.levels.iter().map(|level| level.width).collect::<Vec<_>>(), [3700, 1850, 925, 463, 232]);
    }
}
