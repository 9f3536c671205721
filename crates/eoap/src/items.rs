//! Collections of STAC items (STAC 1.0 and 1.1; a GeoJSON feature collection, RFC 7946).
//!
//! [`ItemCollection`] is `stac::ItemCollection` with what a notebook needs: indexing, iteration and display. Items and
//! assets are the types of the crate `stac`, which is exported as `eoap::stac`. What is fetched is fetched elsewhere.

use std::{
    fmt, fs,
    ops::{Deref, DerefMut, Index},
    path::Path,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use stac::Item;

use crate::{
    display::{Align, Bundle, Table},
    error::{Error, Result},
    ogc::Results,
    storage::atomic_file::AtomicFile,
};

pub(crate) mod download;
pub(crate) mod progress;

pub use download::{Download, DownloadItems};
pub use progress::Progress;

/// A collection of STAC items.
///
/// ```
/// use eoap::ItemCollection;
/// let items: ItemCollection = serde_json::from_str(
///     r#"{"type": "FeatureCollection", "features": [{"type": "Feature", "stac_version": "1.0.0", "id": "A",
///         "geometry": null, "properties": {"datetime": "2023-12-08T18:45:23.598169Z"}, "links": [],
///         "assets": {"data": {"href": "s3://results/A/otsu.tif"}}}]}"#,
/// )?;
/// assert_eq!(items[0].assets["data"].href, "s3://results/A/otsu.tif");
/// for item in &items {
///     assert_eq!(item.id, "A");
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "stac::ItemCollection")]
pub struct ItemCollection(stac::ItemCollection);

impl Results {
    /// This output as a collection of STAC items.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchOutput`] without such an output; [`Error::OutputKind`] if it is a reference or no item collection.
    pub fn item_collection(&self, name: impl AsRef<str>) -> Result<ItemCollection> {
        self.items(name.as_ref())
    }

    fn items(&self, name: &str) -> Result<ItemCollection> {
        self.read(name, "a collection of STAC items")
    }
}

impl ItemCollection {
    /// The collection as the crate `stac` has it.
    pub fn into_inner(self) -> stac::ItemCollection {
        self.0
    }

    /// The items.
    pub fn iter(&self) -> std::slice::Iter<'_, Item> {
        self.0.items.iter()
    }

    /// The item with this identifier.
    pub fn get(&self, id: &str) -> Option<&Item> {
        self.iter().find(|item| item.id == id)
    }

    /// Reads a collection from a JSON file, such as one written by [`save`](ItemCollection::save).
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it cannot be read or holds no item collection.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Self::of_file(path.as_ref())
    }

    fn of_file(path: &Path) -> Result<Self> {
        let failed = |reason: String| Error::File { path: path.display().to_string(), reason };
        let text = fs::read(path).map_err(|error| failed(error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| failed(format!("it holds no STAC item collection: {error}")))
    }

    /// Writes the collection to a JSON file (`application/geo+json`); folders that do not exist are made, and a file that is there
    /// already is replaced when the new one is whole. Nothing gets lost: [`load`](ItemCollection::load) gives the same collection.
    ///
    /// ```
    /// # let items: eoap::ItemCollection = serde_json::from_str(r#"{"type": "FeatureCollection", "features": []}"#)?;
    /// # let folder = std::env::temp_dir().join(format!("eoap-save-{}", std::process::id()));
    /// # let path = folder.join("items.json");
    /// items.save(&path)?;
    /// assert_eq!(eoap::ItemCollection::load(&path)?, items);
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.save_to(path.as_ref())
    }

    fn save_to(&self, path: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|source| Error::Encode { what: "the item collection".to_owned(), source })?;
        text.push('\n');
        AtomicFile::save(path, text.as_bytes())
    }

    /// Shows the items in a notebook.
    pub fn evcxr_display(&self) {
        let table = self.table();
        Bundle::text(table.to_text()).html(table.to_html()).emit();
    }

    fn table(&self) -> Table {
        let mut table = Table::new(["item", "datetime", "bounding box", "assets"].map(|name| (name, Align::Left)));
        for item in self {
            let time = item.properties.datetime.map(|time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string());
            let degrees = |bbox: stac::Bbox| {
                let numbers: Vec<f64> = bbox.into();
                numbers.iter().map(|degree| format!("{degree:.4}")).collect::<Vec<_>>().join(", ")
            };
            table.row([
                item.id.clone(),
                time.unwrap_or_default(),
                item.bbox.map(degrees).unwrap_or_default(),
                item.assets.keys().cloned().collect::<Vec<_>>().join(", "),
            ]);
        }
        table
    }
}

impl Deref for ItemCollection {
    type Target = stac::ItemCollection;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for ItemCollection {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl TryFrom<Value> for ItemCollection {
    type Error = String;

    /// Reads a feature collection; says what is wrong with one that is none.
    fn try_from(value: Value) -> std::result::Result<Self, String> {
        if value["type"] != "FeatureCollection" {
            let members: Vec<&str> = value.as_object().into_iter().flat_map(|object| object.keys().map(String::as_str)).collect();
            return Err(match value["type"].as_str() {
                Some(other) => format!("it is a {other}, not a FeatureCollection"),
                None if members.is_empty() => "it is not a JSON object".to_owned(),
                None => format!("it has no type FeatureCollection; it has the members {}", members.join(", ")),
            });
        }
        serde_json::from_value(value).map(Self).map_err(|error| error.to_string())
    }
}

impl From<ItemCollection> for stac::ItemCollection {
    fn from(items: ItemCollection) -> Self {
        items.0
    }
}

impl From<stac::ItemCollection> for ItemCollection {
    fn from(items: stac::ItemCollection) -> Self {
        Self(items)
    }
}

impl Index<usize> for ItemCollection {
    type Output = Item;

    fn index(&self, index: usize) -> &Item {
        &self.0.items[index]
    }
}

impl<'a> IntoIterator for &'a ItemCollection {
    type Item = &'a Item;
    type IntoIter = std::slice::Iter<'a, Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for ItemCollection {
    type Item = Item;
    type IntoIter = std::vec::IntoIter<Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.items.into_iter()
    }
}

impl fmt::Display for ItemCollection {
    /// A table: a line per item.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table().to_text())
    }
}

impl fmt::Debug for ItemCollection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
