//! What a raster is, in the words of rasterio.

use std::fmt;

use tiff::tags::{CompressionMethod, PhotometricInterpretation};

use super::{
    dataset::Raster,
    georeference::{affine::Affine, crs::Crs},
    tiff::{colours::Colours, compression, data_type::DataType, header::Header},
};
use crate::{
    display::{Bundle, Table},
    json::python_float,
};

/// Format, size, type and place of a raster: the members of rasterio's `profile`, and its text.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Profile {
    /// Always `GTiff`.
    pub driver: String,
    /// Type of the values.
    pub dtype: DataType,
    /// The value that means "no data" (TIFF tag 42113 of GDAL).
    pub nodata: Option<f64>,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bands.
    pub count: u16,
    /// Coordinate reference system.
    pub crs: Option<Crs>,
    /// From pixels to coordinates.
    pub transform: Affine,
    /// Columns of a tile; for strips the width of the raster.
    pub blockxsize: u32,
    /// Rows of a tile or strip.
    pub blockysize: u32,
    /// Whether the file has tiles rather than strips.
    pub tiled: bool,
    /// Compression, such as `lzw`.
    pub compress: Option<String>,
    /// `pixel` if the values of a pixel lie side by side, `band` if bands do (or there is only one).
    pub interleave: String,
    /// `ycbcr` for such colours in a JPEG.
    pub photometric: Option<String>,
}

impl Raster {
    /// What the raster is: size, type, reference system, layout.
    pub fn profile(&self) -> Profile {
        Profile::of(&self.shared.header)
    }

    /// Shows the profile in a notebook.
    pub fn evcxr_display(&self) {
        self.profile().evcxr_display();
    }
}

impl Profile {
    pub(crate) fn of(header: &Header) -> Self {
        let full = &header.full;
        Self {
            driver: "GTiff".to_owned(),
            dtype: full.data_type,
            nodata: header.nodata,
            width: full.width,
            height: full.height,
            count: full.samples,
            crs: header.geo.crs(),
            transform: header.geo.transform(),
            blockxsize: full.block.0,
            blockysize: full.block.1,
            tiled: full.is_tiled,
            compress: compression::name(full.compression),
            interleave: if full.samples == 1 || full.is_planar { "band" } else { "pixel" }.to_owned(),
            photometric: match full.colours {
                Colours::Inks => Some("cmyk".to_owned()),
                Colours::Differences(_) => Some("ycbcr".to_owned()),
                Colours::AsStored => (full.photometric == Some(PhotometricInterpretation::YCbCr)
                    && full.compression == CompressionMethod::ModernJPEG)
                    .then(|| "ycbcr".to_owned()),
            },
        }
    }

    /// Shows the profile in a notebook: a table, and the text of rasterio.
    pub fn evcxr_display(&self) {
        Bundle::text(self.to_string()).html(self.table().to_html()).emit();
    }

    fn table(&self) -> Table {
        let mut table = Table::pairs();
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
        table.row(["driver", &self.driver]);
        table.row(["type", self.dtype.name()]);
        table.row(["no data", &or_none(self.nodata.map(python_float))]);
        table.row([
            "size",
            &format!("{} × {} pixels, {} band{}", self.width, self.height, self.count, if self.count == 1 { "" } else { "s" }),
        ]);
        table.row(["reference system", &or_none(self.crs.as_ref().map(Crs::to_string))]);
        table.row(["transform", &self.transform.to_string()]);
        let kind = if self.tiled { "tiles" } else { "strips" };
        table.row(["blocks", &format!("{} × {} {kind}", self.blockxsize, self.blockysize)]);
        table.row(["compression", &or_none(self.compress.clone())]);
        table.row(["interleave", &self.interleave]);
        table
    }
}

impl fmt::Display for Profile {
    /// The text that Python prints for rasterio's `profile`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "None".to_owned());
        let quoted = |text: &str| format!("'{text}'");
        let mut members = vec![
            ("driver", quoted(&self.driver)),
            ("dtype", quoted(self.dtype.name())),
            ("nodata", or_none(self.nodata.map(python_float))),
            ("width", self.width.to_string()),
            ("height", self.height.to_string()),
            ("count", self.count.to_string()),
            ("crs", or_none(self.crs.as_ref().map(Crs::to_python))),
            ("transform", self.transform.to_string()),
            ("blockxsize", self.blockxsize.to_string()),
            ("blockysize", self.blockysize.to_string()),
            ("tiled", if self.tiled { "True" } else { "False" }.to_owned()),
        ];
        members.extend(self.compress.as_deref().map(|name| ("compress", quoted(name))));
        members.push(("interleave", quoted(&self.interleave)));
        members.extend(self.photometric.as_deref().map(|name| ("photometric", quoted(name))));
        let members: Vec<String> = members.into_iter().map(|(name, value)| format!("'{name}': {value}")).collect();
        write!(f, "{{{}}}", members.join(", "))
    }
}
