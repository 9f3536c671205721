//! What a work ends with.

use bytes::Bytes;
use serde_json::{Map, Value};

/// Outputs and objects of a successful work. They all contain the job id of the fixtures.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    /// By name: a literal as itself, anything else as an object with `value`.
    pub(crate) outputs: Map<String, Value>,
    /// The objects to store, in one bucket.
    pub(crate) objects: Vec<Staged>,
}

/// An object to be stored.
#[derive(Debug, Clone)]
pub(crate) struct Staged {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) body: Bytes,
}
