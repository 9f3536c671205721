//! A small picture of a raster, with its legend.
//!
//! [`Preview`] holds the values, so that other colours can be chosen. `colouring` makes pixels of them, and
//! `legend` describes the colours. Invalid pixels are transparent. The picture's place is known here; how a
//! map shows it is not.

use std::{fmt, path::Path, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::future::BoxFuture;

use super::{
    dataset::Raster,
    grid::{Grid, Grids},
    tiff::data_type::DataType,
};
use crate::{
    display::{Bundle, attribute},
    draw::{
        colour_map::ColourMap,
        geography::{Corners, within},
        png,
        scale::short,
        theme::RULE,
    },
    error::Result,
    storage::atomic_file::AtomicFile,
};

mod arrays;
mod colouring;
mod legend;

use colouring::{Manner, is_mask, value_range};

/// Pictures smaller than this are shown enlarged, by whole numbers.
const LEAST_SIZE: u32 = 240;
/// A picture of a raster, from [`Raster::preview`](crate::Raster::preview). In a notebook it shows as an
/// image with a legend.
///
/// ```no_run
/// # async fn run(raster: eoap::Raster) -> Result<(), eoap::Error> {
/// use eoap::ColourMap;
///
/// let preview = raster.preview(512).await?.colours(ColourMap::Viridis).range(0.0, 3000.0);
/// println!("{preview}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Preview {
    grids: Arc<[Grid]>,
    subject: String,
    manner: Manner,
    corners: Option<Corners>,
    /// Height of a pixel on the ground, if its width is 1.
    pixel_height: f64,
    pixels: Arc<[[u8; 4]]>,
    png: Arc<[u8]>,
}

impl Raster {
    /// A picture of at most `max_size` pixels on its longer side.
    ///
    /// # Errors
    ///
    /// Those of [`Raster::statistics`].
    pub fn preview(&self, max_size: u32) -> BoxFuture<'_, Result<Preview>> {
        Box::pin(async move {
            let header = &self.shared.header;
            let colours = match &header.palette {
                Some(palette) => Colours::Palette(palette),
                None => Colours::Bands { bytes: header.full.data_type == DataType::UInt8 },
            };
            let bands: &[usize] = if header.full.samples >= 3 { &[0, 1, 2] } else { &[0] };
            let grids = self.of_each_band(bands, max_size, &Grids).await?;
            let subject =
                format!("{} ({} × {}, {})", self.shared.name, header.full.width, header.full.height, header.full.data_type);
            let transform = self.transform();
            let preview = Preview::of(&grids, colours, &subject).with_pixel_height((transform.e / transform.a).abs());
            // A picture needs no place: without a reference system, or with an unknown one, it has none.
            Ok(preview.placed(self.pixel_corners_wgs84().ok()))
        })
    }
}

/// How values become colours.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Colours<'a> {
    /// By the table of the file.
    Palette(&'a [[u8; 3]]),
    /// One band, or the first three of several; whether the values are bytes, which are taken as they are in
    /// colours.
    Bands { bytes: bool },
}

impl Preview {
    /// A picture of these bands, all of the same size; `subject` says what it shows.
    pub(crate) fn of(grids: &[Grid], colours: Colours<'_>, subject: &str) -> Self {
        let manner = match (colours, grids) {
            (Colours::Palette(palette), _) => Manner::Palette(palette.into()),
            (Colours::Bands { bytes: true }, [_, _, _, ..]) => Manner::Composite { range: (0.0, 255.0) },
            (Colours::Bands { bytes: false }, [red, green, blue, ..]) => {
                Manner::Composite { range: value_range(&[red, green, blue]) }
            }
            (Colours::Bands { bytes: true }, [grid, ..]) if is_mask(grid) => Manner::Mask,
            _ => Manner::Ramp { map: ColourMap::Grey, range: value_range(&[&grids[0]]) },
        };
        Self::drawn(grids.into(), manner, subject.to_owned(), None, 1.0)
    }

    fn drawn(grids: Arc<[Grid]>, manner: Manner, subject: String, corners: Option<Corners>, pixel_height: f64) -> Self {
        let pixels: Arc<[[u8; 4]]> = manner.pixels(&grids).into();
        let png = png::encode(grids[0].width, grids[0].height, &pixels).into();
        Self { grids, subject, manner, corners, pixel_height, pixels, png }
    }

    /// The same with a place: longitude and latitude of the upper left, upper right, lower right and lower
    /// left corner.
    pub(crate) fn placed(self, corners: Option<Corners>) -> Self {
        Self { corners, ..self }
    }

    /// The same with pixels of this height on the ground if they are 1 wide, so that the picture keeps the
    /// aspect of the land.
    pub(crate) fn with_pixel_height(self, pixel_height: f64) -> Self {
        let is_shape = pixel_height.is_finite() && (0.01..=100.0).contains(&pixel_height);
        Self { pixel_height: if is_shape { pixel_height } else { 1.0 }, ..self }
    }

    /// Colours the values of the (first) band by this map, in place of the default one.
    #[must_use = "the picture with other colours is returned"]
    pub fn colours(self, map: ColourMap) -> Self {
        let range = match self.manner {
            Manner::Ramp { range, .. } => range,
            _ => value_range(&[&self.grids[0]]),
        };
        Self::drawn(self.grids, Manner::Ramp { map, range }, self.subject, self.corners, self.pixel_height)
    }

    /// Puts the ends of the colours at these values, in place of those between which nearly all values lie.
    /// Masks and palettes, which have no ends, stay as they are.
    #[must_use = "the picture with other ends is returned"]
    pub fn range(self, low: f64, high: f64) -> Self {
        let range = (low, high);
        let manner = match self.manner {
            Manner::Ramp { map, .. } => Manner::Ramp { map, range },
            Manner::Composite { .. } => Manner::Composite { range },
            other => other,
        };
        Self::drawn(self.grids, manner, self.subject, self.corners, self.pixel_height)
    }

    /// Columns of the picture.
    pub fn width(&self) -> u32 {
        self.grids[0].width
    }

    /// Rows of the picture.
    pub fn height(&self) -> u32 {
        self.grids[0].height
    }

    /// The bytes of a PNG file.
    pub fn png(&self) -> &[u8] {
        &self.png
    }

    /// Longitude and latitude in degrees (WGS 84) of the upper left, upper right, lower right and lower left
    /// corner, if the raster's place is known.
    pub fn corners(&self) -> Option<[(f64, f64); 4]> {
        self.corners
    }

    /// Share of the pixels that are shown, in percent; the others are transparent.
    pub fn shown_percent(&self) -> f64 {
        let shown = self.pixels.iter().filter(|pixel| pixel[3] != 0).count();
        shown as f64 / self.pixels.len().max(1) as f64 * 100.0
    }

    /// The PNG of the picture as it lies on a map whose parallels and meridians are straight: within `[west,
    /// south, east, north]`, on paper of this size.
    pub(crate) fn on_map(&self, [west, south, east, north]: [f64; 4], (width, height): (f64, f64)) -> Option<Vec<u8>> {
        let corners = self.corners?;
        // One and a half pixels to one on paper are enough for screens that have two.
        let size = |length: f64| (length * 1.5).round().clamp(1.0, 1500.0) as u32;
        let (columns, rows) = (size(width), size(height));
        let mut pixels = Vec::with_capacity(columns as usize * rows as usize);
        for row in 0..rows {
            let latitude = north - (f64::from(row) + 0.5) / f64::from(rows) * (north - south);
            for column in 0..columns {
                let longitude = west + (f64::from(column) + 0.5) / f64::from(columns) * (east - west);
                // The map may lie a turn away from the raster's own longitudes.
                let turns = ((corners[0].0 - longitude) / 360.0).round() * 360.0;
                let pixel = within(corners, (longitude + turns, latitude)).map(|(across, down)| {
                    let (x, y) = (across * f64::from(self.width()), down * f64::from(self.height()));
                    self.pixels[y as usize * self.width() as usize + x as usize]
                });
                pixels.push(pixel.unwrap_or([0; 4]));
            }
        }
        Some(png::encode(columns, rows, &pixels))
    }

    /// Writes the picture to a PNG file; folders that do not exist are made, and a file that is there already
    /// is replaced.
    ///
    /// # Errors
    ///
    /// [`Error::File`](crate::Error::File) if it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        AtomicFile::save(path.as_ref(), &self.png)
    }

    /// Shows the picture with its legend in a notebook, and its description as text.
    pub fn evcxr_display(&self) {
        Bundle::text(self.to_string()).html(self.to_html()).png(&self.png).emit();
    }

    fn to_html(&self) -> String {
        let (width, height) = (f64::from(self.width()), f64::from(self.height()) * self.pixel_height);
        let factor = (f64::from(LEAST_SIZE) / width.max(height)).floor().max(1.0);
        let rendering = if factor > 1.0 { ";image-rendering:pixelated" } else { "" };
        format!(
            "<div style=\"margin:.3em 0\"><img alt=\"{}\" width=\"{}\" height=\"{}\" style=\"max-width:100%;height:auto;border:{RULE}{rendering}\" \
             src=\"data:image/png;base64,{}\"><div style=\"font-size:.9em\">{}</div></div>",
            attribute(&self.to_string()),
            (width * factor).round(),
            (height * factor).round().max(1.0),
            STANDARD.encode(&self.png),
            self.legend_html()
        )
    }
}

impl PartialEq for Preview {
    /// Whether both show the same.
    fn eq(&self, other: &Self) -> bool {
        self.png == other.png && self.corners == other.corners && self.to_string() == other.to_string()
    }
}

impl fmt::Display for Preview {
    /// What the picture shows, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "preview of {}: {} × {} pixels, ", self.subject, self.width(), self.height())?;
        match &self.manner {
            Manner::Mask => f.write_str("1 is blue")?,
            Manner::Palette(_) => f.write_str("colours of the file")?,
            Manner::Composite { .. } => f.write_str("red, green, blue")?,
            Manner::Ramp { map, range: (low, high) } => write!(f, "{map}, from {} to {}", short(*low), short(*high))?,
        }
        write!(f, ", {:.1} % shown", self.shown_percent())
    }
}

impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        colouring::{MASK_COLOUR, opaque},
        *,
    };
    use crate::draw::colour_map::hex;

    fn grid(values: &[f64], nodata: f64) -> Grid {
        let valid = values.iter().map(|value| *value != nodata).collect();
        Grid { width: values.len() as u32, height: 1, values: values.to_vec(), valid }
    }

    #[test]
    fn masks_are_blue_and_transparent() {
        assert_eq!(hex(MASK_COLOUR), crate::draw::theme::Paint::Water.shades().0);
        let preview = Preview::of(&[grid(&[0.0, 1.0], 0.0)], Colours::Bands { bytes: true }, "x");
        assert_eq!(preview.to_string(), "preview of x: 2 × 1 pixels, 1 is blue, 50.0 % shown");
        assert!(preview.to_html().contains("1: 50.0 %") && preview.to_html().contains("no data, 50.0 %"));
    }

    #[test]
    fn bytes_in_colour_stay_as_they_are() {
        let bands = [grid(&[10.0], 0.0), grid(&[20.0], 0.0), grid(&[255.0], 0.0)];
        let preview = Preview::of(&bands, Colours::Bands { bytes: true }, "x");
        assert_eq!(preview.pixels.as_ref(), [[10, 20, 255, 255]]);
    }

    #[test]
    fn colours_and_ends_can_be_chosen() {
        let preview = Preview::of(&[grid(&[0.0, 50.0, 100.0], -1.0)], Colours::Bands { bytes: false }, "x");
        assert!(preview.to_string().contains("dark is low, bright is high, from 0 to 100"), "{preview}");
        let other = preview.clone().colours(ColourMap::Viridis).range(50.0, 200.0);
        assert_eq!(other.pixels[0], other.pixels[1]);
        assert_eq!(other.pixels[0], opaque(ColourMap::Viridis.at(0.0)));
        assert!(other.to_string().contains("violet is low, yellow is high, from 50 to 200"), "{other}");
        assert!(other != preview && preview.clone() == preview);
    }

    #[test]
    fn rasters_without_values_and_of_one_pixel_are_pictures_too() {
        for (values, bytes) in
            [(vec![f64::NAN; 6], false), (vec![0.0; 6], true), (vec![7.0], false), (vec![f64::INFINITY, 1.0], false)]
        {
            let preview = Preview::of(&[grid(&values, 0.0)], Colours::Bands { bytes }, "<x & \"y\">").colours(ColourMap::Blues);
            let html = preview.to_html();
            assert!(!html.contains("<x") && !html.contains("NaN"), "{html}");
            assert!(preview.png().starts_with(b"\x89PNG"));
        }
        let one = Preview::of(&[grid(&[7.0], 0.0)], Colours::Bands { bytes: false }, "x");
        assert!(one.to_html().contains("width=\"240\" height=\"240\""), "{}", one.to_html());
    }

    #[test]
    fn on_a_map_a_raster_is_where_it_lies() {
        let preview = Preview::of(&[grid(&[0.0, 1.0], 0.0)], Colours::Bands { bytes: true }, "x");
        assert_eq!(preview.on_map([0.0, 0.0, 1.0, 1.0], (2.0, 2.0)), None);
        // The raster lies across the map's middle, a turn away from it, and its eastern half is shown.
        let placed = preview.placed(Some([(359.0, 1.0), (361.0, 1.0), (361.0, 0.0), (359.0, 0.0)]));
        let png = placed.on_map([-2.0, 0.0, 2.0, 1.0], (4.0, 1.0)).expect("image");
        let expected: Vec<[u8; 4]> =
            [0, 0, 0, 1, 0, 0].into_iter().map(|shown| if shown == 1 { opaque(MASK_COLOUR) } else { [0; 4] }).collect();
        assert_eq!(png, png::encode(6, 2, &[expected.clone(), expected].concat()));
    }
}
