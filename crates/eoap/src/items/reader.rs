//! Reads items one by one, so that an invalid one is named and does not affect the others (STAC 1.0 and 1.1,
//! item and common metadata).
//!
//! Some valid STAC is unreadable for the crate `stac`. It is adapted: numbers as texts (`"nodata": "nan"`),
//! and `null` for a member that may be left out. Invalid STAC is refused, and the faulty member is named.

use std::fmt;

use serde_json::{Map, Value};
use stac::Item;
use url::Url;

/// An item that cannot be read, from [`ItemCollection::refused`](super::ItemCollection::refused). Its text
/// says which it is and why.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RefusedItem {
    /// Its place in the collection, from 0.
    pub index: usize,
    /// Its identifier, if it has one.
    pub id: Option<String>,
    /// The member at fault, such as `assets.data.roles`; empty if it is the item as a whole.
    pub member: String,
    /// What is wrong with it.
    pub reason: String,
    /// The item as it came.
    pub item: Value,
}

impl fmt::Display for RefusedItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "item {id:?}")?,
            None => write!(f, "item {}", self.index)?,
        }
        match self.member.as_str() {
            "" => write!(f, ": {}", self.reason),
            member => write!(f, ", {member}: {}", self.reason),
        }
    }
}

/// Reads the item at a place of a collection.
pub(super) fn item(index: usize, value: Value) -> Result<Item, Box<RefusedItem>> {
    let refuse = |member: String, reason: String| {
        let id = value["id"].as_str().map(str::to_owned);
        Box::new(RefusedItem { index, id, member, reason, item: value.clone() })
    };
    if value["id"].as_str().is_none_or(str::is_empty) {
        let reason = "every item has an identifier, which is a text";
        return Err(refuse("id".to_owned(), reason.to_owned()));
    }
    let Readable { item, numbers } = readable(&value);
    let mut read: Item = match serde_json::from_value(item.clone()) {
        Ok(item) => item,
        Err(error) => return Err(refuse(culprit(&item), error.to_string())),
    };
    for (asset, band, number) in numbers {
        if let Some(asset) = read.assets.get_mut(&asset) {
            let fields = match band {
                None => Some(&mut asset.additional_fields),
                Some(band) => asset.bands.get_mut(band).map(|band| &mut band.additional_fields),
            };
            fields.into_iter().for_each(|fields| drop(fields.insert("nodata".to_owned(), number.clone())));
        }
    }
    make_absolute(&mut read);
    Ok(read)
}

/// An item that the crate `stac` can read, and the members that were removed for that.
struct Readable {
    item: Value,
    /// "No data" that is a text: by asset, and by band of the asset.
    numbers: Vec<(String, Option<usize>, Value)>,
}

fn readable(value: &Value) -> Readable {
    let mut item = value.clone();
    let mut numbers = Vec::new();
    let Some(members) = item.as_object_mut() else { return Readable { item, numbers } };
    drop_nulls(members, &["links", "assets", "stac_extensions"]);
    let assets = members.get_mut("assets").and_then(Value::as_object_mut);
    for (key, asset) in assets.into_iter().flatten() {
        let Some(asset) = asset.as_object_mut() else { continue };
        drop_nulls(asset, &["roles", "bands"]);
        numbers.extend(take_number(asset).map(|number| (key.clone(), None, number)));
        let bands = asset.get_mut("bands").and_then(Value::as_array_mut);
        for (index, band) in bands.into_iter().flatten().enumerate() {
            let number = band.as_object_mut().and_then(take_number);
            numbers.extend(number.map(|number| (key.clone(), Some(index), number)));
        }
    }
    Readable { item, numbers }
}

fn drop_nulls(members: &mut Map<String, Value>, names: &[&str]) {
    members.retain(|name, value| !(value.is_null() && names.contains(&name.as_str())));
}

/// Removes a `nodata` that is a text. STAC 1.1 has such texts for numbers that JSON lacks.
fn take_number(members: &mut Map<String, Value>) -> Option<Value> {
    let is_number = matches!(members.get("nodata")?.as_str()?, "nan" | "inf" | "-inf");
    is_number.then(|| members.shift_remove("nodata")).flatten()
}

/// The innermost member without which the item could be read.
fn culprit(item: &Value) -> String {
    let mut path: Vec<String> = Vec::new();
    let mut pointer = String::new();
    'deeper: while let Some(here) = item.pointer(&pointer) {
        let names: Vec<String> = match here {
            Value::Object(members) => members.keys().cloned().collect(),
            // In a list of numbers, a single number cannot be blamed.
            Value::Array(entries) if entries.iter().any(Value::is_object) => {
                (0..entries.len()).map(|index| index.to_string()).collect()
            }
            _ => break,
        };
        for name in names {
            let mut without = item.clone();
            match without.pointer_mut(&pointer) {
                Some(Value::Object(members)) => drop(members.shift_remove(&name)),
                Some(Value::Array(entries)) => drop(name.parse().map(|index: usize| entries.remove(index))),
                _ => {}
            }
            if serde_json::from_value::<Item>(without).is_ok() {
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                path.push(if here.is_array() { format!("[{name}]") } else { format!(".{name}") });
                continue 'deeper;
            }
        }
        break;
    }
    path.concat().trim_start_matches('.').to_owned()
}

/// Makes relative addresses of assets absolute (STAC, "Relative URLs"). The base is the item's own address,
/// from its link `self`.
fn make_absolute(item: &mut Item) {
    let own = item.links.iter().find(|link| link.rel == "self").and_then(|link| Url::parse(&link.href).ok());
    let Some(own) = own else { return };
    for asset in item.assets.values_mut() {
        if is_relative(&asset.href)
            && let Ok(url) = own.join(&asset.href)
        {
            asset.href = url.into();
        }
    }
}

pub(super) fn is_relative(href: &str) -> bool {
    matches!(Url::parse(href), Err(url::ParseError::RelativeUrlWithoutBase)) && !href.starts_with('/')
}
