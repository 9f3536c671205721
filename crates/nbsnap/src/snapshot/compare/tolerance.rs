//! How far outputs may be from their snapshots: the rules as a project writes them, and what they come to for
//! one output.

use serde::Deserialize;

use super::json_path::JsonPath;
use crate::scope::Scope;

/// How far outputs in some places may be from their snapshots. A setting that is left out follows the rules
/// before.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CompareRule {
    /// Where it applies.
    pub only: Scope,
    /// Members of JSON that are not compared.
    pub ignore: Vec<JsonPath>,
    /// How far numbers may be from each other.
    pub absolute: Option<f64>,
    /// How far numbers may be from each other as a share of the greater one.
    pub relative: Option<f64>,
    /// How much a colour channel of a pixel may differ, of 255, without the pixel counting as different.
    pub channel: Option<u8>,
    /// Which share of the pixels may be different, from 0 to 1.
    pub pixels: Option<f64>,
    /// What makes two texts of SVG the same.
    pub svg: Option<SvgComparison>,
}

/// What makes two texts of SVG the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SvgComparison {
    /// They mark up the same.
    #[default]
    Markup,
    /// They draw the same.
    Drawing,
}

/// How far one output may be from its snapshot. The default allows no difference.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tolerance {
    /// Members of JSON that are not compared.
    pub ignore: Vec<JsonPath>,
    /// How far numbers in text and JSON may be from each other.
    pub absolute: f64,
    /// How far they may be from each other as a share of the greater one.
    pub relative: f64,
    /// How much a colour channel of a pixel may differ, of 255, without the pixel counting as different.
    pub channel: u8,
    /// Which share of the pixels may be different, from 0 to 1.
    pub pixels: f64,
    /// What makes two texts of SVG the same.
    pub svg: SvgComparison,
}

impl Tolerance {
    /// Whether numbers may differ at all.
    pub(super) fn is_for_numbers(&self) -> bool {
        self.absolute > 0.0 || self.relative > 0.0
    }
}
