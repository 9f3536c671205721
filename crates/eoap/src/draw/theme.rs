//! The common look of tables, cards and pictures: colours, sizes of type, rules.
//!
//! A [`Paint`] is a colour by its purpose, in two shades. Pictures have their own paper, and both shades.
//! They follow a front end that reports a dark theme (`prefers-color-scheme`, which JupyterLab passes on to
//! images). Without that report or without style sheets they are light, paper included, and stay readable.
//! HTML has no paper and inherits the front end's colours. Its rules are half-transparent grey, and its own
//! colours are readable on white and on black. Nothing here knows what is shown.

/// Size of a picture's headings in pixels.
pub(crate) const TITLE_SIZE: f64 = 14.0;
/// Size of all other type in pictures. With [`TITLE_SIZE`] that is the whole scale.
pub(crate) const TEXT_SIZE: f64 = 12.0;
/// From one line of type to the next.
pub(crate) const LINE: f64 = 17.0;
/// The margin between the paper's edge and the drawing.
pub(crate) const MARGIN: f64 = 12.0;
/// Width of pictures: half a screen, and still readable when a narrow one shrinks it.
pub(crate) const WIDTH: f64 = 480.0;
/// Typefaces of pictures; those of the reader's system.
pub(crate) const TYPEFACE: &str = "system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif";

/// Rules between the rows of HTML tables and around images.
pub(crate) const RULE: &str = "1px solid rgba(128,128,128,.35)";
/// Style of what explains: names of rows, headings of parts, legends.
pub(crate) const QUIET: &str = "opacity:.75";

/// A colour, by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// The background of pictures.
    Paper,
    /// The ground of a plot.
    Ground,
    /// Headings and values.
    Text,
    /// Labels of axes, explanations.
    Quiet,
    /// Grids and frames.
    Line,
    /// Water, and all else that is only one thing: bars, masks, a job that runs.
    Water,
    /// What was asked for: the area of interest.
    Area,
    /// Success.
    Good,
    /// Failure.
    Bad,
    /// Waiting and unknown states.
    Idle,
    /// One of several things, by its number. After the last colour, the first is used again.
    Series(usize),
}

/// Light and dark shades of things in a series, distinguishable for readers who see few colours (after Okabe
/// and Ito).
const SERIES: [(&str, &str); 6] = [
    ("#2683c6", "#4ba3e3"),
    ("#c8590f", "#f0914a"),
    ("#17805c", "#3dbb8f"),
    ("#9a4bb0", "#cf8be0"),
    ("#8a6d00", "#d3b53c"),
    ("#b8325f", "#f07c9d"),
];

impl Paint {
    /// The shades on light and on dark paper.
    pub(crate) fn shades(self) -> (&'static str, &'static str) {
        match self {
            Self::Paper => ("#ffffff", "#16191d"),
            Self::Ground => ("#f3f6f8", "#1f242a"),
            Self::Text => ("#1f2328", "#e6edf3"),
            Self::Quiet => ("#59636e", "#9aa4af"),
            Self::Line => ("#ccd3da", "#3c444d"),
            Self::Water => SERIES[0],
            Self::Area => ("#b3261e", "#ff8a80"),
            Self::Good => SERIES[2],
            Self::Bad => ("#c0392b", "#ef7a6d"),
            Self::Idle => ("#8b949e", "#7d8590"),
            Self::Series(index) => SERIES[index % SERIES.len()],
        }
    }

    /// A shade that is readable on white and on black, for HTML.
    pub(crate) fn between(self) -> &'static str {
        match self {
            Self::Good => "#1f8f68",
            Self::Bad => "#d64b3d",
            Self::Idle => "#7d8590",
            other => other.shades().0,
        }
    }

    /// The name of the paint in style sheets.
    pub(crate) fn word(self) -> String {
        match self {
            Self::Series(index) => format!("series{}", index % SERIES.len()),
            named => format!("{named:?}").to_lowercase(),
        }
    }
}

/// The style sheet of a picture: the dark shades of its paints. The light ones are in the elements
/// themselves, so that a picture without its style sheet keeps its colours.
pub(crate) fn dark_style(paints: &[Paint]) -> String {
    let rules = paints.iter().map(|paint| {
        let (word, dark) = (paint.word(), paint.shades().1);
        format!(".eoap-fill-{word}{{fill:{dark}}}.eoap-stroke-{word}{{stroke:{dark}}}")
    });
    format!("@media (prefers-color-scheme:dark){{{}}}", rules.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast of two colours after WCAG 2, from 1 to 21.
    fn contrast(one: &str, other: &str) -> f64 {
        let luminance = |colour: &str| {
            let channel = |at: usize| {
                let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("two digits")) / 255.0;
                if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
        };
        let (a, b) = (luminance(one), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn all() -> impl Iterator<Item = Paint> {
        use Paint::{Area, Bad, Good, Ground, Idle, Line, Paper, Quiet, Text, Water};
        let named = [Paper, Ground, Text, Quiet, Line, Water, Area, Good, Bad, Idle];
        named.into_iter().chain((0..SERIES.len()).map(Paint::Series))
    }

    #[test]
    fn type_and_figures_stand_out_from_the_paper_in_both_themes() {
        let (light, dark) = Paint::Paper.shades();
        for paint in all() {
            let least = match paint {
                Paint::Paper | Paint::Ground | Paint::Line => continue,
                Paint::Text => 12.0,
                Paint::Quiet => 4.5,
                // WCAG 2.2, 1.4.11: graphics.
                _ => 3.0,
            };
            for (shade, paper) in [(paint.shades().0, light), (paint.shades().1, dark)] {
                let contrast = contrast(shade, paper);
                assert!(contrast >= least, "{paint:?}: {shade} on {paper} has a contrast of {contrast:.2} only");
            }
        }
    }

    #[test]
    fn colours_of_html_are_readable_on_white_and_on_the_dark_of_jupyterlab() {
        for paint in [Paint::Water, Paint::Good, Paint::Bad, Paint::Idle] {
            for page in ["#ffffff", "#111111"] {
                assert!(contrast(paint.between(), page) >= 3.0, "{paint:?} on {page}");
            }
        }
    }
}
