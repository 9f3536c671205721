//! Pictures that are drawn: maps, histograms, timelines.
//!
//! A [`Picture`] is an SVG document and the text that says the same. The modules below draw one kind of picture each, with what
//! `draw` has for all of them; they know what items, statistics and statuses are, and neither
//! fetch nor compute any.
//!
//! How pictures come through in the front ends, and why they are as they are:
//!
//! - In a notebook a picture is shown as HTML that holds the SVG as an image (`<img src="data:image/svg+xml…">`) with the first line of the
//!   text as its alternative: JupyterLab shows such HTML even in notebooks that it does not trust, shrinks the image to narrow windows
//!   (as an output of its own an SVG runs over the edge), and tells it whether the theme is dark. An image reaches nothing
//!   outside of itself and nothing reaches into it. The SVG itself and the text are there as outputs, too, for converters and
//!   for readers of differences.
//! - GitHub and some exports strip style sheets and scripts. So there are no scripts, colours stand in the elements themselves,
//!   and a style sheet is only needed to follow a dark theme. Pictures lie on paper of their own: what is light stays readable
//!   on a dark page. In HTML GitHub's list also has no inline styles, no inline SVG, and no images that are data: of a table all words are
//!   left, and of a picture in HTML its alternative, which is why the picture is an output of its own, too. A test holds all that the
//!   labs show to that list.

use std::{fmt, path::Path};

use crate::{display::Bundle, error::Result, storage::atomic_file::AtomicFile};

#[cfg(feature = "raster")]
mod histogram;
mod map;
mod timeline;

pub use crate::draw::ColourMap;
pub use map::Map;
pub use timeline::Timeline;

/// A picture: an SVG document, and text that says the same.
///
/// ```
/// # let items: eoap::ItemCollection = serde_json::from_str(r#"{"type": "FeatureCollection", "features": []}"#)?;
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

    /// Writes the SVG document to a file; a file that is there already is replaced.
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
    /// What the picture shows, in words and numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
