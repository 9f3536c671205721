//! Files that the server offers beside its API: outputs that were asked for by reference.
//!
//! [`Files`] keeps them in memory under the names that their links end with. Who wrote them, and under which
//! address they are served, is not known here.

use std::collections::BTreeMap;

use bytes::Bytes;

/// A file and its media type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) media_type: String,
    pub(crate) body: Bytes,
}

/// Files by name.
#[derive(Debug, Default)]
pub(crate) struct Files {
    all: BTreeMap<String, File>,
}

impl Files {
    pub(crate) fn put(&mut self, name: String, file: File) {
        self.all.insert(name, file);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&File> {
        self.all.get(name)
    }

    /// How many there are: enough to name the next one.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }
}
