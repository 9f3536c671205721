//! Reads bands of a region by convolution: which pixels must be in memory, and who computes what.

use std::{borrow::Cow, ops::Range, sync::Arc};

use super::{
    band_values::MAX_PIXELS,
    convolution::{Block, Convolution, Reading, Source},
    cores::on_all_cores,
    dataset::Raster,
    kernel::Kernel,
    region::Region,
    taps::Direction,
    tiff::{level::Level, value::PixelValue},
    validity::Validity,
};
use crate::error::Result;

/// Rows of blocks are read together up to this many values.
const STRIPE_VALUES: u64 = 16 << 20;

/// The part of the source that is in memory: bands of a part of a level, and how opaque their pixels are.
struct Stripe<'a, T> {
    columns: Range<u32>,
    rows: Range<u32>,
    bands: Vec<Band<'a, T>>,
}

/// Values of a band, and how opaque they are; nothing if all are opaque.
type Band<'a, T> = (&'a [T], Option<Cow<'a, [u8]>>);

impl Raster {
    /// Interpolates bands (from 0) of a region, one after the other.
    pub(super) async fn interpolated<T: PixelValue>(&self, region: &Region, bands: &[usize], kernel: Kernel) -> Result<Vec<T>> {
        let (level, area) = (&region.level, &region.area);
        let convolution = Convolution {
            columns: Direction::of(area.column, area.width, level.width, region.width),
            rows: Direction::of(area.row, area.height, level.height, region.height),
            kernel,
        };
        let size = region.width as usize * region.height as usize;
        let mut out = vec![T::default(); bands.len() * size];
        let joint = self.read_together(region, bands).await?;
        for (reading, part) in [(Reading::Together, 0..joint), (Reading::Alone, joint..bands.len())] {
            let rows = convolution.blocks(level.block.0, reading);
            let out = &mut out[part.start * size..part.end * size];
            let together = self.bands_in_a_pass(&rows);
            for (bands, out) in bands[part].chunks(together).zip(out.chunks_mut((together * size).max(1))) {
                for rows in stripes(&rows, bands.len()) {
                    self.interpolate_stripe(region, bands, &convolution, rows, reading, out).await?;
                }
            }
        }
        Ok(out)
    }

    /// How many of the bands GDAL reads together: those with the same mask as the first. There are none if
    /// "no data" is a value, or if the band looks for an overview of its own.
    async fn read_together(&self, region: &Region, bands: &[usize]) -> Result<usize> {
        let full = &self.shared.header.full;
        let further = self.further().await?;
        let (area, level) = (&region.area, &region.level);
        let is_smaller = (f64::from(region.width) < area.width, f64::from(region.height) < area.height);
        let looks_alone = match Arc::ptr_eq(level, full) {
            true => (is_smaller.0 || is_smaller.1) && !further.overviews.is_empty(),
            false => !(is_smaller.0 && is_smaller.1) && (region.width, region.height) != (level.width, level.height),
        };
        if bands.len() < 2 || looks_alone {
            return Ok(0);
        }
        let has_mask = further.mask_of(level);
        if has_mask.is_none() && self.shared.header.nodata.is_some() {
            return Ok(0);
        }
        let own = match (has_mask, level.alpha()) {
            (Some(mask), _) if mask.samples > 1 => return Ok(1),
            (Some(_), _) => None,
            (None, alpha) => alpha,
        };
        Ok(bands.iter().position(|band| Some(*band) == own).map_or(bands.len(), |at| at.max(1)))
    }

    /// How many bands are read in one pass over the file.
    fn bands_in_a_pass(&self, rows: &[Vec<Block>]) -> usize {
        let largest = rows.chunks(1).map(pixels).max().unwrap_or(1).max(1);
        if self.shared.header.full.is_planar { 1 } else { (MAX_PIXELS / largest).max(1) as usize }
    }

    async fn interpolate_stripe<T: PixelValue>(
        &self,
        region: &Region,
        bands: &[usize],
        convolution: &Convolution,
        rows: &[Vec<Block>],
        reading: Reading,
        out: &mut [T],
    ) -> Result<()> {
        let (columns, lines) = span(rows);
        if pixels(rows) > MAX_PIXELS {
            let reason = format!(
                "a row of so few pixels is made of {} × {} pixels, which are too many to read at once; read a `window`, or a larger `shape`",
                columns.len(),
                lines.len()
            );
            return Err(self.failed(reason));
        }
        let level: &Arc<Level> = &region.level;
        let part = Region::whole(level, (columns.start, lines.start), (columns.len() as u32, lines.len() as u32));
        let values: Vec<T> = self.nearest_values(&part, bands, self.absent()).await?;
        let validity: Validity = self.validity(self.further().await?.mask_of(level), &part).await?;
        let mut stripe = Stripe { columns, rows: lines, bands: Vec::new() };
        for (band, values) in bands.iter().zip(values.chunks_exact(values.len() / bands.len())) {
            stripe.bands.push((values, self.opacities(&validity, &part, *band, values).await?));
        }
        let nodata = self.shared.header.nodata.filter(|_| reading == Reading::Alone).map(T::of_f64);
        let bits =
            Some(u32::from(level.bits)).filter(|bits| *bits < 8 * T::DATA_TYPE.size() as u32 && level.data_type.is_integer());
        let jobs = (0..bands.len()).flat_map(|band| rows.iter().flatten().map(move |block| (band, block))).collect();
        let done = on_all_cores(jobs, |(band, block): (usize, &Block)| {
            (band, block, stripe.block(convolution, band, block, nodata, bits))
        });
        let (width, height) = (region.width as usize, region.height as usize);
        for (band, block, values) in done {
            for (row, values) in block.result_rows.clone().zip(values.chunks_exact(block.result_columns.len())) {
                let start = (band * height + row as usize) * width + block.result_columns.start as usize;
                out[start..start + values.len()].copy_from_slice(values);
            }
        }
        Ok(())
    }
}

impl<T: PixelValue> Stripe<'_, T> {
    fn block(&self, convolution: &Convolution, band: usize, block: &Block, nodata: Option<T>, bits: Option<u32>) -> Vec<T> {
        let (values, mask) = &self.bands[band];
        let stride = self.columns.len();
        let start = (block.rows.start - self.rows.start) as usize * stride + (block.columns.start - self.columns.start) as usize;
        let source = Source {
            values: &values[start..],
            mask: mask.as_ref().map(|mask| &mask[start..]),
            stride,
            width: block.columns.len(),
            height: block.rows.len(),
        };
        convolution.apply(block, &source, nodata, bits)
    }
}

/// The columns and rows of the source that blocks need.
fn span(rows: &[Vec<Block>]) -> (Range<u32>, Range<u32>) {
    let over = |of: fn(&Block) -> &Range<u32>| {
        let ranges = rows.iter().flatten().map(of);
        let start = ranges.clone().map(|range| range.start).min().unwrap_or_default();
        start..ranges.map(|range| range.end).max().unwrap_or_default()
    };
    (over(|block| &block.columns), over(|block| &block.rows))
}

fn pixels(rows: &[Vec<Block>]) -> u64 {
    let (columns, lines) = span(rows);
    columns.len() as u64 * lines.len() as u64
}

/// Rows of blocks that are read together: those of a stripe, or one that is larger.
fn stripes(rows: &[Vec<Block>], bands: usize) -> Vec<&[Vec<Block>]> {
    let mut out = Vec::new();
    let mut start = 0;
    for end in 1..=rows.len() {
        let is_full = end == rows.len() || pixels(&rows[start..end + 1]) * bands as u64 > STRIPE_VALUES;
        if is_full {
            out.push(&rows[start..end]);
            start = end;
        }
    }
    out
}
