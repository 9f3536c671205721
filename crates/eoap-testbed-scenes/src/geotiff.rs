//! Writes GeoTIFFs of one band: masks as files, and the heads of files that are never written as a whole.
//!
//! [`Grid`] says where pixels lie, [`mask`] lays a file out as GDAL does. Who stores it is not known here.

use crate::lzw;

/// Width and height of a tile of a mask.
const TILE: u32 = 512;

/// Where pixels lie: squares in a zone of UTM, north to the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Of the north-western corner.
    pub easting: f64,
    /// Of the same corner.
    pub northing: f64,
    /// Of a pixel, in metres.
    pub size: f64,
    /// Code of the zone.
    pub epsg: u16,
}

impl Grid {
    /// West, south, east, north.
    pub fn bounds(&self) -> [f64; 4] {
        let (east, south) =
            (self.easting + f64::from(self.width) * self.size, self.northing - f64::from(self.height) * self.size);
        [self.easting, south, east, self.northing]
    }
}

/// A value of a directory: its type, how many, and the bytes.
#[derive(Debug, Clone)]
pub enum Values {
    /// Of 16 bits.
    Shorts(Vec<u16>),
    /// Of 32 bits.
    Longs(Vec<u32>),
    /// Floating-point numbers of 64 bits.
    Doubles(Vec<f64>),
    /// A text.
    Text(String),
}

impl Values {
    fn kind(&self) -> u16 {
        match self {
            Self::Text(_) => 2,
            Self::Shorts(_) => 3,
            Self::Longs(_) => 4,
            Self::Doubles(_) => 12,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Shorts(all) => all.iter().flat_map(|one| one.to_le_bytes()).collect(),
            Self::Longs(all) => all.iter().flat_map(|one| one.to_le_bytes()).collect(),
            Self::Doubles(all) => all.iter().flat_map(|one| one.to_le_bytes()).collect(),
            Self::Text(text) => text.bytes().chain([0]).collect(),
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Shorts(all) => all.len(),
            Self::Longs(all) => all.len(),
            Self::Doubles(all) => all.len(),
            Self::Text(text) => text.len() + 1,
        }
    }
}

/// Tags with their values, in ascending order of the tags.
pub type Directory = Vec<(u16, Values)>;

/// The tag for where tiles begin.
pub const TILE_OFFSETS: u16 = 324;
/// The tag for how long they are.
pub const TILE_LENGTHS: u16 = 325;
const DESCRIPTION: u16 = 270;

/// The tags that every image has.
pub fn image(width: u32, height: u32, bits: u16, compression: u16, tile: u16) -> Directory {
    let size = |length: u32| match u16::try_from(length) {
        Ok(short) => Values::Shorts(vec![short]),
        Err(_) => Values::Longs(vec![length]),
    };
    let short = |value: u16| Values::Shorts(vec![value]);
    vec![
        (256, size(width)),
        (257, size(height)),
        (258, short(bits)),
        (259, short(compression)),
        (262, short(1)),
        (277, short(1)),
        (284, short(2)),
        (317, short(1)),
        (322, short(tile)),
        (323, short(tile)),
        (339, short(1)),
    ]
}

/// The tags that say where it lies (OGC 19-008r4), and that 0 means no data.
pub fn place(grid: &Grid) -> Directory {
    let zone = grid.epsg % 100;
    let name = format!("WGS 84 / UTM zone {zone}N|WGS 84|");
    let first = name.find('|').map_or(0, |at| at + 1);
    let length = |text: usize| u16::try_from(text).unwrap_or(u16::MAX);
    let keys = vec![
        [1, 1, 0, 7],
        // A projected system, pixels that are areas, and its name.
        [1024, 0, 1, 1],
        [1025, 0, 1, 1],
        [1026, 34737, length(first), 0],
        [2049, 34737, length(name.len() - first), length(first)],
        [2054, 0, 1, 9102],
        [3072, 0, 1, grid.epsg],
        [3076, 0, 1, 9001],
    ];
    vec![
        (33550, Values::Doubles(vec![grid.size, grid.size, 0.0])),
        (33922, Values::Doubles(vec![0.0, 0.0, 0.0, grid.easting, grid.northing, 0.0])),
        (34735, Values::Shorts(keys.into_iter().flatten().collect())),
        (34737, Values::Text(name)),
        (42113, Values::Text("0".to_owned())),
    ]
}

/// The bytes of a directory that begins at this place, and of the values behind it; the next one begins at
/// `next`.
pub fn encoded(mut directory: Directory, at: u32, next: u32) -> Vec<u8> {
    directory.sort_by_key(|(tag, _)| *tag);
    let long = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let mut behind = at + 2 + 12 * long(directory.len()) + 4;
    let mut places = vec![None; directory.len()];
    let mut values = Vec::new();
    // Behind it, lengths come before offsets and texts of the whole file last, as libtiff has it.
    let mut order: Vec<usize> = (0..directory.len()).collect();
    order.sort_by_key(|index| match directory[*index].0 {
        TILE_LENGTHS => (TILE_OFFSETS, 0),
        TILE_OFFSETS => (TILE_OFFSETS, 1),
        DESCRIPTION => (u16::MAX, 0),
        tag => (tag, 0),
    });
    for index in order {
        let bytes = directory[index].1.bytes();
        if bytes.len() > 4 {
            places[index] = Some(behind);
            behind += long(bytes.len());
            values.extend(bytes);
        }
    }
    let mut all = u16::try_from(directory.len()).unwrap_or(u16::MAX).to_le_bytes().to_vec();
    for ((tag, value), place) in directory.iter().zip(places) {
        all.extend(tag.to_le_bytes());
        all.extend(value.kind().to_le_bytes());
        all.extend(long(value.count()).to_le_bytes());
        match place {
            Some(place) => all.extend(place.to_le_bytes()),
            None => {
                let mut bytes = value.bytes();
                bytes.resize(4, 0);
                all.extend(bytes);
            }
        }
    }
    all.extend(next.to_le_bytes());
    all.extend(values);
    all
}

/// The file of a mask: tiles of 512 pixels, compressed with LZW. Its directory comes last, since its
/// description is said last, and where it was first meant to be there is an empty one: so GDAL leaves such a
/// file.
pub fn mask(grid: &Grid, pixels: &[u8], description: &str) -> Vec<u8> {
    let (across, down) = (grid.width.div_ceil(TILE), grid.height.div_ceil(TILE));
    let count = (across * down) as usize;
    let directory = |offsets: Vec<u32>, lengths: Vec<u32>| {
        // 512 fits.
        let mut all = image(grid.width, grid.height, 8, 5, TILE as u16);
        all.extend(place(grid));
        all.extend([(TILE_OFFSETS, Values::Longs(offsets)), (TILE_LENGTHS, Values::Longs(lengths))]);
        all
    };
    let mut file = vec![b'I', b'I', 42, 0, 0, 0, 0, 0];
    file.extend(encoded(directory(vec![0; count], vec![0; count]), 8, 0));
    let long = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let (mut offsets, mut lengths) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for row in 0..down {
        for column in 0..across {
            let bytes = lzw::compressed(&tile(grid, pixels, column, row));
            offsets.push(long(file.len()));
            lengths.push(long(bytes.len()));
            file.extend(bytes);
        }
    }
    if file.len() % 2 == 1 {
        file.push(0);
    }
    let at = long(file.len());
    let mut last = directory(offsets, lengths);
    last.push((DESCRIPTION, Values::Text(description.to_owned())));
    file.extend(encoded(last, at, 0));
    file[4..8].copy_from_slice(&at.to_le_bytes());
    file
}

/// The pixels of a tile, with nothing beyond the edges of the image.
fn tile(grid: &Grid, pixels: &[u8], column: u32, row: u32) -> Vec<u8> {
    let (width, side) = (grid.width as usize, TILE as usize);
    let mut all = vec![0; side * side];
    let (left, top) = ((column * TILE) as usize, (row * TILE) as usize);
    let columns = side.min(width - left);
    for (line, target) in all.chunks_exact_mut(side).enumerate().take((grid.height as usize - top).min(side)) {
        let start = (top + line) * width + left;
        target[..columns].copy_from_slice(&pixels[start..start + columns]);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiff::decoder::{Decoder, DecodingResult};

    const RESULTS: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../eoap-testbed/scenarios/water-bodies/s3/results/68046976-7dcb-11f0-90ac-2a20aea25780/68046976-7dcb-11f0-90ac-2a20aea25780"
    );

    /// Written by GDAL through rasterio.
    #[test]
    fn a_mask_is_written_byte_by_byte_as_gdal_writes_it() {
        for (item, height, northing, blanks) in [
            ("LC08_L2SP_044032_20231208_02_T1", 2402, 4_482_615.0, 130),
            ("LC08_L2SP_043033_20231201_02_T1", 482, 4_425_015.0, 0),
        ] {
            let file = std::fs::read(format!("{RESULTS}/{item}/otsu.tif")).unwrap();
            let mut decoder = Decoder::new(std::io::Cursor::new(&file)).unwrap();
            let DecodingResult::U8(pixels) = decoder.read_image().unwrap() else { panic!("bytes") };
            let grid = Grid { width: 1821, height, easting: 636_975.0, northing, size: 30.0, epsg: 32610 };
            let about = "Synthetic water mask for tests: 1 water, 0 no data. Not a Landsat product.";
            let again = mask(&grid, &pixels, &format!("{about}{}", " ".repeat(blanks)));
            assert_eq!(again.len(), file.len());
            let difference = again.iter().zip(&file).position(|(one, other)| one != other);
            assert_eq!(difference, None, "{item}");
        }
    }
}
