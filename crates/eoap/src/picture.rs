//! Drawn pictures: maps, histograms, timelines.
//!
//! A [`Picture`] is an SVG document and a text with the same content. Each module below draws one kind of
//! picture, with the means of `draw`. They know items, statistics and statuses, and do not fetch or compute
//! any.
//!
//! How front ends show pictures, and what follows from that:
//!
//! - In a notebook a picture is shown as HTML with the SVG as an image (`<img src="data:image/svg+xml…">`).
//!   The first line of the text is its alternative. JupyterLab shows such HTML even in notebooks that it
//!   does not trust. It shrinks the image to narrow windows, where an SVG output would run over the edge. It
//!   also passes on whether the theme is dark. An image is isolated from the page. The SVG itself and the
//!   text are outputs, too, for converters and for readers of differences.
//! - GitHub and some exports strip style sheets and scripts. So there are no scripts, and colours are in the
//!   elements themselves. A style sheet is only needed to follow a dark theme. Pictures have their own
//!   paper, so a light picture stays readable on a dark page. GitHub's list for HTML also has no inline
//!   styles, no inline SVG, and no images that are data. A table keeps all its words. A picture in HTML
//!   keeps only its alternative, so the picture is also a separate output. A test compares everything that
//!   the labs show with that list.

use std::{fmt, path::Path};

use crate::{display::Bundle, error::Result, storage::atomic_file::AtomicFile};

#[cfg(feature = "raster")]
mod histogram;
mod map;
mod timeline;

pub use crate::draw::ColourMap;
pub use map::Map;
pub use timeline::Timeline;

/// A picture: an SVG document, and a text with the same content.
///
/// ```
/// # let text = r#"{"type": "FeatureCollection", "features": []}"#;
/// # let items: eoap::ItemCollection = serde_json::from_str(text)?;
/// let picture = items.map().picture();
/// assert!(picture.svg().starts_with("<svg "));
/// assert_eq!(picture.to_string(), "map: there is nothing with a place");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Picture {
    svg: String,
    text: String,
}

impl Picture {
    fn new(svg: String, text: String) -> Self {
        Self { svg, text }
    }

    /// The SVG document.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// Writes the SVG document to a file; folders that do not exist are made, and a file that is there already
    /// is replaced.
    ///
    /// # Errors
    ///
    /// [`Error::File`](crate::Error::File) if it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        AtomicFile::save(path.as_ref(), self.svg.as_bytes())
    }

    /// Shows the picture in a notebook, and its text.
    pub fn evcxr_display(&self) {
        Bundle::text(self.to_string()).svg(&self.svg).emit();
    }
}

impl fmt::Display for Picture {
    /// The picture's content, in words and numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
