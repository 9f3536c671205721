//! The layout of the file: header, directories with their values, then the tiles, those of the smallest
//! overview first (OGC 21-026 clause 7).

use super::{
    Cog, figures,
    image::Image,
    overview::half,
    tiles::{self, TILE},
};
use crate::raster::tiff::data_type::DataType;

/// Files that could become larger than this are BigTIFFs.
const CLASSIC: usize = 4_000_000_000;
const ADOBE_DEFLATE: u16 = 8;
const REDUCED: u32 = 1;

/// Values of a tag.
enum Values {
    Shorts(Vec<u16>),
    Longs(Vec<u32>),
    /// Places and lengths, which have 8 bytes in a BigTIFF.
    Sizes(Vec<u64>),
    Doubles(Vec<f64>),
    Text(String),
}

/// One image of the file: its tags except the places of its tiles, and the data of these.
struct Part {
    tags: Vec<(u16, Values)>,
    tiles: Vec<Vec<u8>>,
}

/// The numbers of a format: how wide entries, counts and places are.
#[derive(Clone, Copy)]
struct Format {
    is_big: bool,
}

const TILE_OFFSETS: u16 = 324;

/// The bytes of the file. Size and type have been checked before.
pub(super) fn bytes(cog: &Cog, keys: Option<&[u16]>) -> Vec<u8> {
    let parts = parts(cog, keys);
    let data: usize = parts.iter().flat_map(|part| &part.tiles).map(Vec::len).sum();
    write(parts, Format { is_big: data > CLASSIC })
}

/// The image and its overviews.
fn parts(cog: &Cog, keys: Option<&[u16]>) -> Vec<Part> {
    let mut parts = vec![part(&cog.image, false, cog, keys)];
    let mut smaller: Option<Image> = None;
    loop {
        let image = smaller.as_ref().unwrap_or(&cog.image);
        if image.width.max(image.height) <= TILE {
            break;
        }
        let next = half(image, cog.overviews, cog.nodata);
        parts.push(part(&next, true, cog, None));
        smaller = Some(next);
    }
    parts
}

fn part(image: &Image, is_reduced: bool, cog: &Cog, keys: Option<&[u16]>) -> Part {
    use Values::{Doubles, Longs, Shorts, Sizes, Text};
    let tiles = tiles::encode(image);
    let bits = image.data_type.size() as u16 * 8;
    let format = match image.data_type {
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => 1,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => 2,
        DataType::Float32 | DataType::Float64 => 3,
    };
    let is_rgb = image.bands == 3 && image.data_type == DataType::UInt8;
    let mut tags = vec![
        (254, Longs(vec![if is_reduced { REDUCED } else { 0 }])),
        (256, Longs(vec![image.width as u32])),
        (257, Longs(vec![image.height as u32])),
        (258, Shorts(vec![bits; image.bands])),
        (259, Shorts(vec![ADOBE_DEFLATE])),
        (262, Shorts(vec![if is_rgb { 2 } else { 1 }])),
        (277, Shorts(vec![image.bands as u16])),
        (284, Shorts(vec![1])),
        (317, Shorts(vec![tiles::predictor(image.data_type)])),
        (322, Longs(vec![TILE as u32])),
        (323, Longs(vec![TILE as u32])),
        (TILE_OFFSETS, Sizes(vec![0; tiles.len()])),
        (325, Sizes(tiles.iter().map(|tile| tile.len() as u64).collect())),
    ];
    if !is_rgb && image.bands > 1 {
        tags.push((338, Shorts(vec![0; image.bands - 1])));
    }
    tags.push((339, Shorts(vec![format; image.bands])));
    if let (false, Some(affine)) = (is_reduced, cog.transform) {
        if affine.is_axis_aligned() && affine.a > 0.0 && affine.e < 0.0 {
            tags.push((33550, Doubles(vec![affine.a, -affine.e, 0.0])));
            tags.push((33922, Doubles(vec![0.0, 0.0, 0.0, affine.c, affine.f, 0.0])));
        } else {
            let rows = [[affine.a, affine.b, 0.0, affine.c], [affine.d, affine.e, 0.0, affine.f], [0.0; 4], [0.0, 0.0, 0.0, 1.0]];
            tags.push((34264, Doubles(rows.concat())));
        }
    }
    tags.extend(keys.map(|keys| (34735, Shorts(keys.to_vec()))));
    if cog.has_statistics && !is_reduced {
        tags.extend(figures::metadata(image, cog.nodata).map(|text| (42112, Text(text))));
    }
    tags.extend(cog.nodata.map(|nodata| (42113, Text(number(nodata)))));
    Part { tags, tiles }
}

/// A number as GDAL writes it.
fn number(value: f64) -> String {
    if value.is_nan() { "nan".to_owned() } else { format!("{value}") }
}

fn write(mut parts: Vec<Part>, format: Format) -> Vec<u8> {
    // Places of directories and tiles, before anything is written.
    let sizes: Vec<usize> = parts.iter().map(|part| format.directory_size(part)).collect();
    let mut at = format.header_size() + sizes.iter().sum::<usize>();
    for part in parts.iter_mut().rev() {
        let mut places = Vec::with_capacity(part.tiles.len());
        for tile in &part.tiles {
            places.push(at as u64);
            at += tile.len();
        }
        for (tag, values) in &mut part.tags {
            if *tag == TILE_OFFSETS {
                *values = Values::Sizes(std::mem::take(&mut places));
            }
        }
    }
    let mut out = Vec::with_capacity(at);
    format.header(&mut out);
    for (index, part) in parts.iter().enumerate() {
        let next = if index + 1 < parts.len() { out.len() + sizes[index] } else { 0 };
        format.directory(part, next as u64, &mut out);
    }
    for part in parts.iter().rev() {
        part.tiles.iter().for_each(|tile| out.extend_from_slice(tile));
    }
    out
}

impl Format {
    /// Bytes of a place, and of a value that its entry holds directly.
    fn width(self) -> usize {
        if self.is_big { 8 } else { 4 }
    }

    fn header_size(self) -> usize {
        if self.is_big { 16 } else { 8 }
    }

    fn header(self, out: &mut Vec<u8>) {
        match self.is_big {
            true => out.extend_from_slice(b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0"),
            false => out.extend_from_slice(b"II*\0\x08\0\0\0"),
        }
    }

    /// Entries, and the values that do not fit into them, each at an even place.
    fn directory_size(self, part: &Part) -> usize {
        let values: usize =
            part.tags.iter().map(|(_, values)| self.bytes(values).len()).filter(|size| *size > self.width()).map(even).sum();
        self.entries_size(part) + values
    }

    fn entries_size(self, part: &Part) -> usize {
        match self.is_big {
            true => 8 + 20 * part.tags.len() + 8,
            false => 2 + 12 * part.tags.len() + 4,
        }
    }

    fn directory(self, part: &Part, next: u64, out: &mut Vec<u8>) {
        let mut values_at = out.len() + self.entries_size(part);
        let mut rest = Vec::new();
        self.count(part.tags.len(), out);
        for (tag, values) in &part.tags {
            let bytes = self.bytes(values);
            out.extend(tag.to_le_bytes());
            out.extend(self.kind(values).to_le_bytes());
            self.place(values.count() as u64, out);
            if bytes.len() > self.width() {
                self.place(values_at as u64, out);
                values_at += even(bytes.len());
                rest.extend_from_slice(&bytes);
                rest.resize(rest.len() + even(bytes.len()) - bytes.len(), 0);
            } else {
                out.extend_from_slice(&bytes);
                out.resize(out.len() + self.width() - bytes.len(), 0);
            }
        }
        self.place(next, out);
        out.extend(rest);
    }

    fn count(self, count: usize, out: &mut Vec<u8>) {
        match self.is_big {
            true => out.extend((count as u64).to_le_bytes()),
            false => out.extend((count as u16).to_le_bytes()),
        }
    }

    fn place(self, place: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&place.to_le_bytes()[..self.width()]);
    }

    /// The type of values: ASCII 2, SHORT 3, LONG 4, DOUBLE 12, LONG8 16.
    fn kind(self, values: &Values) -> u16 {
        match values {
            Values::Text(_) => 2,
            Values::Shorts(_) => 3,
            Values::Longs(_) => 4,
            Values::Sizes(_) => {
                if self.is_big {
                    16
                } else {
                    4
                }
            }
            Values::Doubles(_) => 12,
        }
    }

    fn bytes(self, values: &Values) -> Vec<u8> {
        match values {
            Values::Shorts(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Values::Longs(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Values::Sizes(values) => values.iter().flat_map(|value| value.to_le_bytes()[..self.width()].to_vec()).collect(),
            Values::Doubles(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Values::Text(text) => text.bytes().chain([0]).collect(),
        }
    }
}

impl Values {
    fn count(&self) -> usize {
        match self {
            Self::Shorts(values) => values.len(),
            Self::Longs(values) => values.len(),
            Self::Sizes(values) => values.len(),
            Self::Doubles(values) => values.len(),
            Self::Text(text) => text.len() + 1,
        }
    }
}

fn even(size: usize) -> usize {
    size.next_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;
    use crate::{Affine, Crs, Raster, blocking};

    #[test]
    fn large_files_are_big_tiffs() {
        let values = Array3::from_shape_fn((2, 600, 550), |(band, row, column)| (band * 1000 + row + column) as u16);
        let place = Affine { a: 1.0, b: 0.0, c: 5.0, d: 0.0, e: -1.0, f: 50.0 };
        let cog = Cog::of_bands(&values).transform(place).nodata(7.0);
        let keys = super::super::geo_keys::of(&Crs::wgs84()).expect("keys");
        let bytes = write(parts(&cog, Some(&keys)), Format { is_big: true });
        assert_eq!(&bytes[..4], b"II+\0");
        let raster = blocking::run(Raster::open_bytes(bytes)).expect("raster");
        assert_eq!((raster.transform(), raster.crs(), raster.profile().nodata), (place, Some(Crs::wgs84()), Some(7.0)));
        assert_eq!(blocking::run(raster.read::<u16>()).expect("pixels"), values);
        assert_eq!(blocking::run(raster.overviews()).expect("overviews"), [(275, 300)]);
    }
}
