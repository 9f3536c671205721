//! The values of one band as statistics and pictures take them.

use serde_json::Number;

/// The values of one band in a reduced size, row by row, and which of them are valid.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) values: Vec<f64>,
    pub(crate) valid: Vec<bool>,
    /// Smallest and largest valid value of a band of 64-bit integers, which floats would round.
    pub(crate) extremes: Option<(Number, Number)>,
}
