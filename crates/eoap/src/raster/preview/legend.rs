//! What the colours of a picture mean, in words and as HTML.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    Preview,
    colouring::{MASK_COLOUR, Manner, SHADES, opaque},
};
use crate::{
    display::{attribute, escape},
    draw::{
        colour_map::hex,
        png,
        scale::short,
        theme::{QUIET, RULE},
    },
};

/// This many colours of a palette are named in the legend.
const NAMED: usize = 12;

impl Preview {
    /// What the colours mean, in a few words.
    pub(crate) fn legend_text(&self) -> String {
        match &self.manner {
            Manner::Mask => format!("1 is blue, {:.1} %", self.shown_percent()),
            Manner::Palette(_) => "colours of the file".to_owned(),
            Manner::Composite { .. } => "red, green, blue".to_owned(),
            Manner::Ramp { range: (low, high), .. } => format!("{} to {}", short(*low), short(*high)),
        }
    }

    pub(super) fn legend_html(&self) -> String {
        let entry = |colour: [u8; 3], text: &str| {
            format!(
                "<span style=\"display:inline-block;width:.9em;height:.9em;background:{};border:{RULE};vertical-align:-.1em\"></span> {} &ensp; ",
                hex(colour),
                escape(text)
            )
        };
        let rest = 100.0 - self.shown_percent();
        let quiet = |text: &str| format!("<span style=\"{QUIET}\">{}</span>", escape(text));
        let unseen = if rest > 0.0 { quiet(&format!("transparent: no data, {rest:.1} %")) } else { String::new() };
        match &self.manner {
            Manner::Mask => format!("{}{unseen}", entry(MASK_COLOUR, &format!("1: {:.1} %", self.shown_percent()))),
            Manner::Composite { range } => {
                let range = format!("red, green, blue: bands 1, 2, 3 from {} to {}", short(range.0), short(range.1));
                format!("{} &ensp; {unseen}", escape(&range))
            }
            Manner::Palette(palette) => {
                let counts = self.values_shown();
                let total = self.pixels.len().max(1) as f64;
                let mut entries: String = counts
                    .iter()
                    .take(NAMED)
                    .filter_map(|(value, count)| {
                        let share = *count as f64 / total * 100.0;
                        Some(entry(*palette.get(*value as usize)?, &format!("{value}: {share:.1} %")))
                    })
                    .collect();
                if counts.len() > NAMED {
                    entries.push_str(&format!("and {} more &ensp; ", counts.len() - NAMED));
                }
                format!("{entries}{unseen}")
            }
            Manner::Ramp { map, range } => {
                let colours: Vec<[u8; 4]> = (0..=SHADES as u32).map(|step| opaque(map.at(f64::from(step) / SHADES))).collect();
                let bar = STANDARD.encode(png::encode(colours.len() as u32, 1, &colours));
                format!(
                    "{} <img alt=\"{}\" width=\"160\" height=\"10\" style=\"vertical-align:middle;width:160px;height:10px;border:{RULE}\" \
                     src=\"data:image/png;base64,{bar}\"> {} &ensp; {unseen}",
                    short(range.0),
                    attribute(&map.to_string()),
                    short(range.1)
                )
            }
        }
    }

    /// The values that are shown, with the number of their pixels, the most frequent first.
    fn values_shown(&self) -> Vec<(u32, usize)> {
        let mut counts = BTreeMap::new();
        for (value, _) in self.grids[0].values.iter().zip(self.pixels.iter()).filter(|(_, pixel)| pixel[3] != 0) {
            *counts.entry(*value as u32).or_insert(0_usize) += 1;
        }
        let mut counts: Vec<(u32, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(value, count)| (std::cmp::Reverse(*count), *value));
        counts
    }
}
