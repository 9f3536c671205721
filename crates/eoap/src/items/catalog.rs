//! Items of static catalogs (STAC Catalog and Collection 1.0 and 1.1): files that lead to one another by
//! links.
//!
//! [`Catalog`] follows the links `child` and `item` from an address on, and gives one collection. Catalogs
//! that can be searched have [`Search`](super::Search).

use std::{
    collections::{HashSet, VecDeque},
    fmt,
    future::IntoFuture,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT, HeaderValue};
use serde_json::{Value, json};
use stac::Asset;

use super::{collection::ItemCollection, reader::is_relative};
use crate::{
    error::{Error, Result},
    http::{
        links::LinkPolicy,
        message::Request,
        transport::{Settings, Transport},
    },
    storage::{Store, asset_address::Address, object_url::ObjectUrl, shown_address::shown_text},
};

/// So many items are taken unless more are wanted.
const MOST: usize = 1000;
/// A catalog of more files than this is not followed.
const MOST_FILES: usize = 20_000;

/// The items of a catalog, a collection, an item or a file of items at an address: `.await` reads it and
/// follows what it leads to.
///
/// The address is `http(s)://`, `s3://` (with settings from the environment, see [`Store::for_url`]) or a
/// path. Addresses in the files may be relative to the file that they are in. From the web, no links lead to
/// files of this machine.
///
/// ```no_run
/// # async fn run() -> Result<(), eoap::Error> {
/// let items = eoap::items::Catalog::at("s3://results/job/catalog.json").at_most(50).await?;
/// println!("{items}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is read until this is awaited"]
pub struct Catalog {
    address: String,
    most: usize,
}

impl Catalog {
    /// The catalog at this address.
    pub fn at(address: impl Into<String>) -> Self {
        Self { address: address.into(), most: MOST }
    }

    /// How many items are taken at most (1000 unless set).
    pub fn at_most(mut self, items: usize) -> Self {
        self.most = items;
        self
    }

    async fn run(self) -> Result<ItemCollection> {
        let first = match Address::of(&self.address) {
            Err(_) if is_relative(&self.address) => {
                let path = std::path::absolute(&self.address);
                let failed = |error: std::io::Error| Error::File { path: self.address.clone(), reason: error.to_string() };
                Address::File(path.map_err(failed)?)
            }
            address => address?,
        };
        let mut reader = Reader { transport: None };
        let mut found = ItemCollection::from(stac::ItemCollection::from(Vec::new()));
        let mut seen = HashSet::from([text(&first)]);
        let mut waiting = VecDeque::from([first]);
        while let Some(address) = waiting.pop_front().filter(|_| found.items.len() < self.most) {
            let document = reader.document(&address).await?;
            let name = shown_text(&text(&address));
            match document["type"].as_str() {
                Some("FeatureCollection") => found.append(items(document, &address)?),
                Some("Feature") => found.append(items(json!({"type": "FeatureCollection", "features": [document]}), &address)?),
                // Some catalogs of STAC 0.9 do not say what they are.
                Some("Catalog" | "Collection") | None if document["links"].is_array() => {
                    for href in hrefs(&document) {
                        let next = join(&address, href)?;
                        if seen.insert(text(&next)) {
                            waiting.push_back(next);
                        }
                    }
                }
                other => {
                    let reason =
                        format!("it is neither a catalog nor items of STAC (its type is {})", other.unwrap_or("not said"));
                    return Err(Error::Url { url: name, reason });
                }
            }
            if seen.len() > MOST_FILES {
                let reason =
                    format!("it leads to more than {MOST_FILES} files; begin at a part of it, or search a catalog with an API");
                return Err(Error::Url { url: name, reason });
            }
        }
        found.items.truncate(self.most);
        Ok(found)
    }
}

/// The asset at one of its other addresses (STAC extension "alternate assets"), such as `s3` beside `https`.
/// Nothing if it has no such address.
///
/// ```
/// let asset: eoap::stac::Asset = serde_json::from_str(
///     r#"{"href": "https://host/a.tif", "alternate": {"s3": {"href": "s3://bucket/a.tif"}}}"#,
/// )?;
/// assert_eq!(eoap::items::alternate(&asset, "s3").map(|asset| asset.href).as_deref(), Some("s3://bucket/a.tif"));
/// assert_eq!(eoap::items::alternate(&asset, "gs"), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn alternate(asset: &Asset, name: &str) -> Option<Asset> {
    let other = asset.additional_fields.get("alternate")?.get(name)?.as_object()?;
    let mut merged = serde_json::to_value(asset).ok()?;
    // What the other address says of itself, such as its store, comes before what the asset says.
    merged.as_object_mut()?.extend(other.clone());
    merged.as_object_mut()?.shift_remove("alternate");
    serde_json::from_value(merged).ok().filter(|asset: &Asset| other.contains_key("href") && !asset.href.is_empty())
}

/// Reads documents wherever they lie.
struct Reader {
    transport: Option<Arc<Transport>>,
}

impl Reader {
    async fn document(&mut self, address: &Address) -> Result<Value> {
        let bytes = match address {
            Address::Http(url) => {
                if self.transport.is_none() {
                    let settings = Settings { links: LinkPolicy::Follow, ..Settings::default() };
                    self.transport = Some(Arc::new(Transport::new(url.as_str(), settings)?));
                }
                let transport = self.transport.clone().expect("it was just made");
                let accept = HeaderValue::from_static("application/json, application/geo+json;q=0.9");
                let answer = transport.send(Request::get(url.clone()).header(ACCEPT, accept)).await?;
                return answer.json("a STAC document (JSON)");
            }
            Address::Object(url) => Store::for_url(url.to_string())?.get(url.to_string()).await?,
            Address::File(path) => read_file(path.clone()).await?,
        };
        let failed = |error: serde_json::Error| Error::Url { url: text(address), reason: format!("it is no JSON: {error}") };
        serde_json::from_slice(&bytes).map_err(failed)
    }
}

async fn read_file(path: PathBuf) -> Result<Bytes> {
    let shown = path.display().to_string();
    let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
    let bytes = read.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    Ok(bytes.map_err(|error| Error::File { path: shown, reason: error.to_string() })?.into())
}

/// The items of a document, whose relative addresses begin at its own.
fn items(document: Value, address: &Address) -> Result<ItemCollection> {
    let refused = |reason: String| Error::Url { url: shown_text(&text(address)), reason };
    let mut items = ItemCollection::try_from(document).map_err(refused)?;
    for asset in items.items.iter_mut().flat_map(|item| item.assets.values_mut()) {
        if is_relative(&asset.href) {
            asset.href = text(&join(address, &asset.href)?);
        }
    }
    Ok(items)
}

/// Where the links `item` and `child` lead, items first.
fn hrefs(document: &Value) -> Vec<&str> {
    let links: Vec<_> = document["links"].as_array().into_iter().flatten().collect();
    let of = |rel: &'static str| links.iter().filter(move |link| link["rel"] == rel).filter_map(|link| link["href"].as_str());
    of("item").chain(of("child")).collect()
}

/// Where an address in a document leads.
fn join(document: &Address, href: &str) -> Result<Address> {
    if !is_relative(href) {
        let address = Address::of(href)?;
        return match (document, &address) {
            (Address::Http(_) | Address::Object(_), Address::File(_)) => {
                let reason = "a catalog elsewhere does not lead to files of this machine".to_owned();
                Err(Error::Url { url: shown_text(href), reason })
            }
            _ => Ok(address),
        };
    }
    Ok(match document {
        Address::Http(url) => {
            let failed = |error: url::ParseError| Error::Url { url: shown_text(href), reason: error.to_string() };
            Address::Http(url.join(href).map_err(failed)?)
        }
        Address::Object(url) => Address::Object(ObjectUrl { key: beside(&url.key, href), ..url.clone() }),
        Address::File(path) => Address::File(PathBuf::from(beside(&path.display().to_string(), href))),
    })
}

/// The path of a file that another one calls by a relative name.
fn beside(file: &str, name: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn text(address: &Address) -> String {
    match address {
        Address::Object(url) => url.to_string(),
        Address::Http(url) => url.to_string(),
        Address::File(path) => Path::new(path).display().to_string(),
    }
}

impl IntoFuture for Catalog {
    type Output = Result<ItemCollection>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").field("address", &shown_text(&self.address)).field("most", &self.most).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_addresses_begin_at_the_document() {
        let of = |document: &str, href: &str| join(&Address::of(document).expect("address"), href).map(|address| text(&address));
        assert_eq!(of("s3://b/job/catalog.json", "./a b/item.json").expect("key"), "s3://b/job/a b/item.json");
        assert_eq!(of("s3://b/job/x/item.json", "../otsu.tif").expect("key"), "s3://b/job/otsu.tif");
        assert_eq!(of("https://h/c/catalog.json?x=1", "a/item.json").expect("URL"), "https://h/c/a/item.json");
        assert_eq!(of("/data/c/catalog.json", "../item.json").expect("path"), "/data/item.json");
        assert_eq!(of("/data/c/catalog.json", "https://h/item.json").expect("URL"), "https://h/item.json");
        for document in ["https://h/catalog.json", "s3://b/catalog.json"] {
            for href in ["file:///etc/passwd", "/etc/passwd"] {
                assert!(of(document, href).is_err(), "{href}");
            }
        }
    }
}
