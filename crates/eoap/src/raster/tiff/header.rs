//! Everything in a GeoTIFF except its pixels: its first image, place on Earth, nodata, colours and GDAL's
//! metadata; and its further images.
//!
//! [`Header`] is read when a file is opened. [`Further`], the overviews and masks, is read only when it is
//! needed, since it may be at the other end of the file. Both are read from the bytes in memory.

use std::{collections::HashSet, sync::Arc};

use tiff::tags::{PhotometricInterpretation, Tag};

use super::{
    directory::{Directory, Halt, Layout, Outcome, Tiff},
    gdal_metadata::GdalMetadata,
    level::Level,
    nodata,
    sparse::SparseBytes,
};
use crate::raster::{
    georeference::{geokeys::GeoTags, ground::RationalPolynomials},
    io::fetch::Fetcher,
};

/// GDAL's own tag, for which `tiff` has no name.
const GDAL_METADATA: Tag = Tag::Unknown(42112);
/// RPCCoefficientTag: 12 numbers of normalisation, and 4 polynomials of 20.
const RPC_COEFFICIENTS: Tag = Tag::Unknown(50844);
/// Texts that GDAL shows as items.
const TEXTS: [(Tag, &str); 7] = [
    (Tag::Unknown(269), "TIFFTAG_DOCUMENTNAME"),
    (Tag::ImageDescription, "TIFFTAG_IMAGEDESCRIPTION"),
    (Tag::Software, "TIFFTAG_SOFTWARE"),
    (Tag::DateTime, "TIFFTAG_DATETIME"),
    (Tag::Artist, "TIFFTAG_ARTIST"),
    (Tag::HostComputer, "TIFFTAG_HOSTCOMPUTER"),
    (Tag::Copyright, "TIFFTAG_COPYRIGHT"),
];
/// More images than this are not looked at.
const MAX_IMAGES: usize = 512;

/// Everything but the pixels and the further images.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) full: Arc<Level>,
    pub(crate) geo: GeoTags,
    /// The value that means "no data", if the type of the bands can hold it.
    pub(crate) nodata: Option<f64>,
    pub(crate) metadata: GdalMetadata,
    /// Colours of a palette image: red, green, blue of each value.
    pub(crate) palette: Option<Vec<[u8; 3]>>,
    pub(crate) rational: Option<RationalPolynomials>,
    layout: Layout,
    next: u64,
}

/// The further images of the raster, and the files beside it that some of them lie in.
#[derive(Debug, Default)]
pub(crate) struct Further {
    pub(crate) overviews: Vec<Arc<Level>>,
    /// Masks of the full image and of overviews: a pixel is valid where its mask is not 0.
    pub(crate) masks: Vec<Arc<Level>>,
    pub(crate) overview_file: Option<Fetcher>,
    pub(crate) mask_file: Option<Fetcher>,
}

impl Header {
    /// Reads the first directory.
    pub(crate) fn read(bytes: &SparseBytes) -> Outcome<Self> {
        let (tiff, first) = Tiff::open(bytes)?;
        let directory = tiff.directory(first)?;
        let full = Level::read(&tiff, &directory)?;
        let nodata = tiff.text(&directory, Tag::GdalNodata)?.and_then(|text| nodata::parse(&text, full.data_type));
        let metadata = tiff.text(&directory, GDAL_METADATA)?.unwrap_or_default();
        let mut metadata = GdalMetadata::read(&metadata, full.samples.into());
        for (tag, name) in TEXTS {
            if let Some(text) = tiff.text(&directory, tag)?.filter(|text| !text.is_empty()) {
                metadata.tags.insert(name.to_owned(), text);
            }
        }
        Ok(Self {
            geo: geo(&tiff, &directory)?,
            nodata,
            metadata,
            rational: RationalPolynomials::of_tag(&tiff.floats(&directory, RPC_COEFFICIENTS)?),
            palette: palette(&tiff, &directory, &full)?,
            full: full.into(),
            layout: tiff.layout(),
            next: directory.next,
        })
    }
}

impl Further {
    /// Reads all directories after the first.
    pub(crate) fn read(bytes: &SparseBytes, header: &Header) -> Outcome<Self> {
        let mut further = Self::default();
        for level in images(&Tiff::again(bytes, header.layout), header.next)? {
            match (level.is_mask, level.is_reduced) {
                (true, _) => further.masks.push(level.into()),
                (false, true) => further.overviews.push(level.into()),
                (false, false) => {}
            }
        }
        Ok(further)
    }

    /// The mask that has the size of a level.
    pub(crate) fn mask_of(&self, level: &Level) -> Option<&Arc<Level>> {
        self.masks.iter().find(|mask| (mask.width, mask.height) == (level.width, level.height))
    }

    /// The mask of the full image.
    pub(crate) fn full_mask(&self) -> Option<&Arc<Level>> {
        self.masks.iter().max_by_key(|mask| mask.width)
    }
}

/// The images of a chain of directories. An image that cannot be read is left out, so that the others can be
/// read.
pub(crate) fn images(tiff: &Tiff<'_>, first: u64) -> Outcome<Vec<Level>> {
    let mut levels = Vec::new();
    let (mut next, mut seen) = (first, HashSet::new());
    // Directories may lead back to earlier ones.
    while next != 0 && seen.len() < MAX_IMAGES && seen.insert(next) {
        let directory = match tiff.directory(next) {
            Err(Halt::Broken(_)) => break,
            directory => directory?,
        };
        next = directory.next;
        match Level::read(tiff, &directory) {
            Err(Halt::Broken(_)) => {}
            level => levels.push(level?),
        }
    }
    Ok(levels)
}

fn geo(tiff: &Tiff<'_>, directory: &Directory) -> Outcome<GeoTags> {
    let keys = tiff.numbers(directory, Tag::GeoKeyDirectoryTag)?;
    Ok(GeoTags {
        keys: keys.into_iter().map(|key| key as u16).collect(),
        doubles: tiff.floats(directory, Tag::GeoDoubleParamsTag)?,
        ascii: tiff.text(directory, Tag::GeoAsciiParamsTag)?.unwrap_or_default(),
        scale: tiff.floats(directory, Tag::ModelPixelScaleTag)?,
        tiepoints: tiff.floats(directory, Tag::ModelTiepointTag)?,
        matrix: tiff.floats(directory, Tag::ModelTransformationTag)?,
    })
}

/// ColorMap: all reds, all greens, all blues, 16 bits each.
fn palette(tiff: &Tiff<'_>, directory: &Directory, level: &Level) -> Outcome<Option<Vec<[u8; 3]>>> {
    if level.photometric != Some(PhotometricInterpretation::RGBPalette) {
        return Ok(None);
    }
    let values = tiff.numbers(directory, Tag::ColorMap)?;
    let count = values.len() / 3;
    let high = |index: usize| (values[index] >> 8) as u8;
    let colours: Vec<_> = (0..count).map(|index| [high(index), high(count + index), high(2 * count + index)]).collect();
    Ok((!colours.is_empty()).then_some(colours))
}
