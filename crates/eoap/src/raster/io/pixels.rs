//! Reads the pixels of one level: finds the chunks, fetches them several at a time, decodes them on all
//! cores, and puts the pixels where they belong.
//!
//! Fetching is asynchronous; decoding runs on tokio's threads for blocking work. Neither waits for the other,
//! and what is under way is limited.

use std::{ops::Range, sync::Arc, thread::available_parallelism};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, future::try_join, stream};
use tokio::sync::mpsc;

use super::fetch::{Fetcher, PARALLEL_READS, Placed, group};
use crate::{
    error::Result,
    raster::tiff::{
        chunk::decode,
        directory::{Halt, Tiff},
        level::Level,
        value::{Picks, PixelValue},
    },
};

/// What one request fetches at most, except for a single larger chunk.
const REQUEST_BYTES: u64 = 4 << 20;
/// Small chunks are decoded several at a time, about this many bytes.
const BUNDLE_BYTES: usize = 512 << 10;
/// This many chunks are looked up in the file's lists at a time.
const CHUNKS_AT_ONCE: usize = 16 << 10;

/// Why pixels could not be read: a failed request, or a file that is not right.
pub(crate) enum Failure {
    Fetch(crate::Error),
    File(String),
}

impl From<crate::Error> for Failure {
    fn from(error: crate::Error) -> Self {
        Self::Fetch(error)
    }
}

/// The pixels to read: bands, columns and rows of a level, each ascending; a column or row may be there
/// several times.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) level: Arc<Level>,
    pub(crate) bands: Vec<usize>,
    pub(crate) columns: Arc<[u32]>,
    pub(crate) rows: Arc<[u32]>,
}

/// A chunk that is needed: its column and row among the chunks, and its band if bands have chunks of their
/// own.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    column: u32,
    row: u32,
    band: usize,
}

/// Chunks with their data that are decoded one after the other.
type Bundle = Vec<(Bytes, Chunk)>;

/// Pixels of one chunk: for each wanted band in it, its number among the wanted ones and the values row by
/// row.
struct Piece<T> {
    rows: Range<usize>,
    columns: Range<usize>,
    bands: Vec<(usize, Vec<T>)>,
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

impl Wanted {
    /// Reads the pixels, band after band, row after row, as what `map` makes of the values of a part. Pixels
    /// of chunks that the file leaves out become `absent`.
    pub(crate) async fn read<T: PixelValue, U: Copy + Send + 'static>(
        self,
        fetcher: &Fetcher,
        absent: U,
        map: impl Fn(Vec<T>) -> Vec<U> + Clone + Send + Sync + 'static,
    ) -> Result<Vec<U>, Failure> {
        let mut out = vec![absent; self.bands.len() * self.columns.len() * self.rows.len()];
        let wanted = Arc::new(self);
        let chunks = wanted.chunks();
        for some in chunks.chunks(CHUNKS_AT_ONCE) {
            let groups = group(wanted.places(fetcher, some).await?, REQUEST_BYTES);
            let (queue, waiting) = mpsc::channel(cores());
            try_join(wanted.fetch(fetcher, groups, queue), wanted.decode_all(waiting, &mut out, map.clone())).await?;
        }
        Ok(out)
    }

    /// Fetches groups of chunks, and hands them on in parts as they come. While the queue is full, little is
    /// fetched.
    async fn fetch(
        &self,
        fetcher: &Fetcher,
        groups: Vec<Placed<Vec<Placed<Chunk>>>>,
        queue: mpsc::Sender<Bundle>,
    ) -> Result<(), Failure> {
        let mut fetched = stream::iter(groups)
            .map(|(whole, chunks)| async move { Ok::<_, Failure>((whole.start, fetcher.get(whole).await?, chunks)) })
            .buffer_unordered(PARALLEL_READS);
        while let Some((start, bytes, chunks)) = fetched.try_next().await? {
            for bundle in self.bundles(start, &bytes, &chunks) {
                // If decoding has failed, nobody takes it, and that failure is reported.
                let _ = queue.send(bundle).await;
            }
        }
        Ok(())
    }

    /// Decodes what waits in the queue, and puts the pixels where they belong.
    async fn decode_all<T: PixelValue, U: Copy + Send + 'static>(
        self: &Arc<Self>,
        mut waiting: mpsc::Receiver<Bundle>,
        out: &mut [U],
        map: impl Fn(Vec<T>) -> Vec<U> + Clone + Send + Sync + 'static,
    ) -> Result<(), Failure> {
        let bundles = stream::poll_fn(|context| waiting.poll_recv(context));
        let pieces = bundles.map(|bundle| {
            let (wanted, map) = (self.clone(), map.clone());
            async move {
                let decoded = tokio::task::spawn_blocking(move || wanted.decode(bundle, map)).await;
                decoded.unwrap_or_else(|error| Err(format!("it could not be decoded: {error}"))).map_err(Failure::File)
            }
        });
        // One more than there are cores, so that none of them waits until the last pixels have been put.
        let mut pieces = pieces.buffer_unordered(cores() + 1);
        while let Some(pieces) = pieces.try_next().await? {
            for piece in pieces {
                piece.put(out, self.columns.len(), self.rows.len());
            }
        }
        Ok(())
    }

    /// The chunks that hold the pixels, in the order of the file's lists.
    fn chunks(&self) -> Vec<Chunk> {
        let level = &self.level;
        let blocks = |places: &[u32], size: u32| {
            let mut blocks: Vec<u32> = places.iter().map(|place| place / size).collect();
            blocks.dedup();
            blocks
        };
        let (columns, rows) = (blocks(&self.columns, level.block.0), blocks(&self.rows, level.block.1));
        let mut bands = if level.is_planar { self.bands.clone() } else { vec![0] };
        bands.sort_unstable();
        bands.dedup();
        let of_row = |band: usize, row: u32| columns.iter().map(move |column| Chunk { column: *column, row, band });
        bands.iter().flat_map(|band| rows.iter().flat_map(move |row| of_row(*band, *row))).collect()
    }

    /// Where chunks lie, without those that the file leaves out.
    async fn places(&self, fetcher: &Fetcher, chunks: &[Chunk]) -> Result<Vec<Placed<Chunk>>, Failure> {
        let index = |chunk: &Chunk| self.level.chunk_index(chunk.column, chunk.row, chunk.band);
        // Runs of neighbours in the lists.
        let mut runs: Vec<(Range<u64>, &[Chunk])> = Vec::new();
        for run in chunks.chunk_by(|a, b| index(a) + 1 == index(b)) {
            runs.push((index(&run[0])..index(&run[0]) + run.len() as u64, run));
        }
        let list = &self.level.chunks;
        let bytes = fetcher.fetch(runs.iter().flat_map(|(run, _)| list.ranges(run.clone())).collect()).await?;
        let tiff = Tiff::again(&bytes, list.layout());
        let mut found = Vec::with_capacity(chunks.len());
        for (run, chunks) in runs {
            let places = list.places(&tiff, run).map_err(|halt| match halt {
                Halt::Missing(_) => Failure::File("the list of its tiles or strips lies beyond the end of the file".to_owned()),
                Halt::Broken(reason) => Failure::File(reason),
            })?;
            found.extend(places.into_iter().zip(chunks.iter().copied()).filter(|(place, _)| !place.is_empty()));
        }
        if found.iter().any(|(place, _)| place.end > fetcher.size()) {
            return Err(Failure::File("a tile or strip lies beyond the end of the file".to_owned()));
        }
        Ok(found)
    }

    /// Splits what one request has fetched into parts that are worth a task each.
    fn bundles(&self, start: u64, bytes: &Bytes, chunks: &[Placed<Chunk>]) -> Vec<Bundle> {
        let level = &self.level;
        let size = level.block.0 as usize * level.block.1 as usize * level.chunk_samples() * level.data_type.size();
        let part = |(place, chunk): &Placed<Chunk>| {
            let within = |at: u64| ((at - start) as usize).min(bytes.len());
            (bytes.slice(within(place.start)..within(place.end)), *chunk)
        };
        chunks.chunks((BUNDLE_BYTES / size.max(1)).max(1)).map(|chunks| chunks.iter().map(part).collect()).collect()
    }

    fn decode<T: PixelValue, U>(&self, chunks: Bundle, map: impl Fn(Vec<T>) -> Vec<U>) -> Result<Vec<Piece<U>>, String> {
        chunks.into_iter().map(|(data, chunk)| self.piece(chunk, &data, &map)).collect()
    }

    fn piece<T: PixelValue, U>(&self, chunk: Chunk, data: &[u8], map: impl Fn(Vec<T>) -> Vec<U>) -> Result<Piece<U>, String> {
        let level = &self.level;
        let decoded = decode(level, level.chunk_rows(chunk.row), data)?;
        let (left, top) = (chunk.column * level.block.0, chunk.row * level.block.1);
        let within = |places: &[u32], start: u32, size: u32| {
            places.partition_point(|place| *place < start)..places.partition_point(|place| place.saturating_sub(start) < size)
        };
        let (rows, columns) = (within(&self.rows, top, level.block.1), within(&self.columns, left, level.block.0));
        let picked = &self.columns[columns.clone()];
        let is_run = picked.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let picks = match picked {
            [first, .., last] if is_run => Picks::Run((first - left) as usize, (last - left) as usize + 1),
            picked => Picks::Each(picked, left),
        };
        let samples = level.chunk_samples();
        let row_bytes = level.block.0 as usize * samples * level.data_type.size();
        let mut bands = Vec::new();
        for (number, band) in self.bands.iter().enumerate().filter(|(_, band)| !level.is_planar || **band == chunk.band) {
            let sample = if level.is_planar { 0 } else { *band };
            bands.push((number, sample, Vec::with_capacity(rows.len() * columns.len())));
        }
        // All bands of a row before the next, while its samples are near.
        for row in &self.rows[rows.clone()] {
            let start = (row - top) as usize * row_bytes;
            let row = &decoded[start..start + row_bytes];
            for (_, sample, values) in &mut bands {
                T::append(level.data_type, row, picks, samples, *sample, values);
            }
        }
        let bands = bands.into_iter().map(|(number, _, values)| (number, map(values))).collect();
        Ok(Piece { rows, columns, bands })
    }
}

impl<T: Copy> Piece<T> {
    fn put(self, out: &mut [T], width: usize, height: usize) {
        if self.columns.is_empty() {
            return;
        }
        for (band, values) in self.bands {
            for (row, values) in self.rows.clone().zip(values.chunks_exact(self.columns.len())) {
                let start = (band * height + row) * width + self.columns.start;
                out[start..start + values.len()].copy_from_slice(values);
            }
        }
    }
}
