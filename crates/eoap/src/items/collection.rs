//! Collections of STAC items (STAC 1.0 and 1.1; a GeoJSON feature collection, RFC 7946).
//!
//! [`ItemCollection`] is `stac::ItemCollection` with what a notebook needs: indexing, iteration and display.
//! Items and assets are the types of the crate `stac`, which is exported as `eoap::stac`. What is fetched is
//! fetched elsewhere.

use std::{
    fmt, fs,
    ops::{Deref, DerefMut, Index},
    path::Path,
};

use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
use serde_json::Value;
use stac::Item;

use super::reader::{self, RefusedItem, is_relative};
use crate::{
    display::{Align, Bundle, Table, escape},
    error::{Error, Result},
    ogc::Results,
    storage::atomic_file::AtomicFile,
};

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
#[derive(Clone, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub struct ItemCollection {
    inner: stac::ItemCollection,
    refused: Vec<RefusedItem>,
}

impl Results {
    /// This output as a collection of STAC items.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchOutput`] without such an output. [`Error::OutputKind`] if it is a reference, or not an
    /// item collection.
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
        self.inner
    }

    /// The items.
    pub fn iter(&self) -> std::slice::Iter<'_, Item> {
        self.inner.items.iter()
    }

    /// The items that could not be read. An invalid item does not affect the others. It is kept, and saved
    /// with them.
    ///
    /// ```
    /// let items: eoap::ItemCollection = serde_json::from_str(
    ///     r#"{"type": "FeatureCollection", "features": [
    ///         {"type": "Feature", "stac_version": "1.0.0", "id": "A", "geometry": null, "properties": {"datetime": null},
    ///          "links": [], "assets": {}},
    ///         {"type": "Feature", "stac_version": "1.0.0", "id": "B", "geometry": null, "properties": {"datetime": null},
    ///          "links": [], "assets": {"data": {"href": "s3://b/a.tif", "roles": "data"}}}]}"#,
    /// )?;
    /// assert_eq!(items.len(), 1);
    /// assert!(items.refused()[0].to_string().starts_with(r#"item "B", assets.data.roles: "#));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn refused(&self) -> &[RefusedItem] {
        &self.refused
    }

    /// Adds the items of another collection, and what could not be read of it.
    pub(crate) fn append(&mut self, mut other: Self) {
        let before = self.inner.items.len() + self.refused.len();
        self.inner.items.append(&mut other.inner.items);
        self.refused.extend(other.refused.into_iter().map(|refused| RefusedItem { index: before + refused.index, ..refused }));
    }

    /// The item with this identifier.
    pub fn get(&self, id: &str) -> Option<&Item> {
        self.iter().find(|item| item.id == id)
    }

    /// Reads a collection from a JSON file, such as one written by [`save`](ItemCollection::save).
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the file cannot be read, or is not an item collection.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Self::of_file(path.as_ref())
    }

    fn of_file(path: &Path) -> Result<Self> {
        let failed = |reason: String| Error::File { path: path.display().to_string(), reason };
        let text = fs::read(path).map_err(|error| failed(error.to_string()))?;
        let mut items: Self =
            serde_json::from_slice(&text).map_err(|error| failed(format!("it holds no STAC item collection: {error}")))?;
        // Relative addresses without a base are relative to the file's folder.
        let folder = std::path::absolute(path).ok().and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_default();
        for asset in items.inner.items.iter_mut().flat_map(|item| item.assets.values_mut()) {
            if is_relative(&asset.href) {
                asset.href = folder.join(asset.href.trim_start_matches("./")).display().to_string();
            }
        }
        Ok(items)
    }

    /// Reads a collection whose type is right, item by item.
    fn read(mut value: Value) -> std::result::Result<Self, String> {
        let features = match value.get_mut("features").map(Value::take) {
            None => Vec::new(),
            Some(Value::Array(features)) => features,
            Some(_) => return Err("its member `features` is not a list".to_owned()),
        };
        if value["links"].is_null() {
            value.as_object_mut().map(|members| members.shift_remove("links"));
        }
        value["features"] = Value::Array(Vec::new());
        let mut inner: stac::ItemCollection = serde_json::from_value(value).map_err(|error| error.to_string())?;
        let mut refused = Vec::new();
        for (index, feature) in features.into_iter().enumerate() {
            match reader::item(index, feature) {
                Ok(item) => inner.items.push(item),
                Err(error) => refused.push(*error),
            }
        }
        match refused.as_slice() {
            [first, rest @ ..] if inner.items.is_empty() => {
                let more = if rest.is_empty() { String::new() } else { format!(" (and {} more)", rest.len()) };
                Err(format!("{first}{more}"))
            }
            _ => Ok(Self { inner, refused }),
        }
    }

    /// Writes the collection to a JSON file (`application/geo+json`). Missing folders are created. An
    /// existing file is replaced when the new one is complete. Nothing is lost:
    /// [`load`](ItemCollection::load) returns the same collection.
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
        let notes: String =
            self.refused.iter().map(|refused| format!("<p>Not read: {}</p>", escape(&refused.to_string()))).collect();
        Bundle::text(self.to_string()).html(table.to_html() + &notes).emit();
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
        &self.inner
    }
}

impl DerefMut for ItemCollection {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.inner
    }
}

impl TryFrom<Value> for ItemCollection {
    type Error = String;

    /// Reads a feature collection. The error says why it is not one.
    fn try_from(value: Value) -> std::result::Result<Self, String> {
        if value["type"] != "FeatureCollection" {
            let members: Vec<&str> = value.as_object().into_iter().flat_map(|object| object.keys().map(String::as_str)).collect();
            return Err(match value["type"].as_str() {
                Some(other) => format!("it is a {other}, not a FeatureCollection"),
                None if members.is_empty() => "it is not a JSON object".to_owned(),
                None => format!("it has no type FeatureCollection; it has the members {}", members.join(", ")),
            });
        }
        Self::read(value)
    }
}

impl Serialize for ItemCollection {
    /// Items that could not be read are written unchanged, at their place.
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        if self.refused.is_empty() {
            return self.inner.serialize(serializer);
        }
        let mut collection = serde_json::to_value(&self.inner).map_err(S::Error::custom)?;
        if let Some(features) = collection["features"].as_array_mut() {
            for refused in &self.refused {
                features.insert(refused.index.min(features.len()), refused.item.clone());
            }
        }
        collection.serialize(serializer)
    }
}

impl From<ItemCollection> for stac::ItemCollection {
    fn from(items: ItemCollection) -> Self {
        items.inner
    }
}

impl From<stac::ItemCollection> for ItemCollection {
    fn from(items: stac::ItemCollection) -> Self {
        Self { inner: items, refused: Vec::new() }
    }
}

impl Index<usize> for ItemCollection {
    type Output = Item;

    fn index(&self, index: usize) -> &Item {
        &self.inner.items[index]
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
        self.inner.items.into_iter()
    }
}

impl fmt::Display for ItemCollection {
    /// A table: a line per item.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table().to_text())?;
        self.refused.iter().try_for_each(|refused| write!(f, "\nnot read: {refused}"))
    }
}

impl fmt::Debug for ItemCollection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
