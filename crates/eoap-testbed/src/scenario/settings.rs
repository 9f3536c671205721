//! `scenario.toml`: addresses, credentials and dates.
//!
//! [`load`] checks what it reads, so that the servers need not. It does not know processes or fixtures.

use std::time::SystemTime;

use http::Uri;
use serde::Deserialize;

use super::process::instant;
use crate::Error;
use crate::fixture::Folder;

const FILE: &str = "scenario.toml";

/// `scenario.toml`, checked.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) name: String,
    pub(super) server: Server,
    pub(super) s3: S3,
}

/// The OGC API server.
#[derive(Debug)]
pub(crate) struct Server {
    /// Start of every link, without a slash at the end.
    pub(crate) root: String,
    /// Scheme and authority of the root.
    pub(crate) origin: String,
    /// Path of the root: what every request has to start with.
    pub(crate) base_path: String,
    pub(crate) hosts: Vec<String>,
    /// What the `type` of an exception starts with.
    pub(crate) exceptions: String,
    pub(crate) status_shape: StatusShape,
}

/// Which generation of the server a status document looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum StatusShape {
    /// No `id` beside `jobID`, no `progress` in the first answer.
    #[serde(rename = "2024")]
    Of2024,
    /// Both.
    #[serde(rename = "2025")]
    Of2025,
}

/// The object store.
#[derive(Debug)]
pub(crate) struct S3 {
    pub(crate) endpoint: String,
    pub(crate) hosts: Vec<String>,
    pub(crate) region: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    /// Last-Modified of every object that has none of its own, and of what is uploaded.
    pub(crate) modified: SystemTime,
    own: Vec<(String, SystemTime)>,
}

impl S3 {
    /// Last-Modified of a fixture.
    pub(crate) fn modified_of(&self, bucket: &str, key: &str) -> SystemTime {
        let wanted = format!("{bucket}/{key}");
        self.own.iter().find(|(name, _)| *name == wanted).map_or(self.modified, |(_, modified)| *modified)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    server: ServerTable,
    s3: S3Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ServerTable {
    root: String,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default = "exceptions")]
    exceptions: String,
    #[serde(default = "status_shape")]
    status_shape: StatusShape,
}

fn exceptions() -> String {
    "http://www.opengis.net/def/rel/ogc/1.0/exception".to_owned()
}

fn status_shape() -> StatusShape {
    StatusShape::Of2025
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct S3Table {
    endpoint: String,
    #[serde(default)]
    hosts: Vec<String>,
    region: String,
    access_key_id: String,
    secret_access_key: String,
    modified: String,
    #[serde(default)]
    object: Vec<ObjectTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectTable {
    /// Bucket and key, separated by a slash.
    path: String,
    modified: String,
}

/// Reads and checks `scenario.toml`.
pub(super) fn load(folder: &mut Folder) -> Result<Settings, Error> {
    let file: File = folder.toml(FILE)?;
    let path = folder.path(FILE);
    let wrong = |field: &str, message: String| Error::Value { path: path.clone(), field: field.to_owned(), message };
    let date = |field: &str, text: &str| instant(text).map(SystemTime::from).map_err(|message| wrong(field, message));

    let root = file.server.root.trim_end_matches('/').to_owned();
    let (authority, base_path) = address(&root).map_err(|message| wrong("server.root", message))?;
    let origin = format!("http://{authority}");
    let server = Server {
        root,
        origin,
        base_path,
        hosts: with(authority, file.server.hosts),
        exceptions: file.server.exceptions.trim_end_matches('/').to_owned(),
        status_shape: file.server.status_shape,
    };

    let (authority, _) = address(&file.s3.endpoint).map_err(|message| wrong("s3.endpoint", message))?;
    let mut own = Vec::new();
    for object in &file.s3.object {
        if !folder.exists(&format!("s3/{}", object.path)) {
            return Err(wrong("s3.object.path", format!("there is no file s3/{}", object.path)));
        }
        own.push((object.path.clone(), date("s3.object.modified", &object.modified)?));
    }
    let s3 = S3 {
        hosts: with(authority, file.s3.hosts),
        modified: date("s3.modified", &file.s3.modified)?,
        endpoint: file.s3.endpoint,
        region: file.s3.region,
        access_key_id: file.s3.access_key_id,
        secret_access_key: file.s3.secret_access_key,
        own,
    };
    for (field, hosts) in [("server.hosts", &server.hosts), ("s3.hosts", &s3.hosts)] {
        if let Some(host) = hosts.iter().find(|host| host.parse::<http::uri::Authority>().is_err()) {
            return Err(wrong(field, format!("{host:?} is not a host")));
        }
    }
    if let Some(host) = server.hosts.iter().find(|host| s3.hosts.contains(host)) {
        return Err(wrong("s3.hosts", format!("{host} is a host of the server too")));
    }
    Ok(Settings { name: file.name, server, s3 })
}

/// Authority and path of a plain HTTP address.
fn address(text: &str) -> Result<(String, String), String> {
    let uri: Uri = text.parse().map_err(|error| format!("{text:?} is not an address: {error}"))?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http"), Some(authority)) => Ok((authority.to_string(), uri.path().trim_end_matches('/').to_owned())),
        _ => Err(format!("{text:?} has to start with http:// and a host")),
    }
}

/// The hosts, and before them the one of the address if they lack it.
fn with(authority: String, mut hosts: Vec<String>) -> Vec<String> {
    if !hosts.contains(&authority) {
        hosts.insert(0, authority);
    }
    hosts
}
