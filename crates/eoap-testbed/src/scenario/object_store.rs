//! The table `[s3]` of `scenario.toml`: the object store's address, credentials and dates.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::SystemTime;

use serde::Deserialize;
use toml::Spanned;

use super::settings::{address, with};
use super::timeline::instant;
use crate::fixture::{Folder, Toml};

/// The object store.
#[derive(Debug)]
pub(crate) struct S3 {
    pub(crate) endpoint: String,
    pub(crate) hosts: Vec<String>,
    pub(crate) region: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    /// Buckets that are read without a signature.
    pub(crate) public: BTreeSet<String>,
    /// Where objects are kept that clients and jobs write, if not in memory alone.
    pub(crate) folder: Option<PathBuf>,
    /// Last-Modified of every object that has none of its own, and of what is uploaded.
    pub(crate) modified: SystemTime,
    own: Vec<Own>,
}

/// What a fixture has of its own.
#[derive(Debug)]
struct Own {
    /// Bucket and key, separated by a slash.
    path: String,
    modified: SystemTime,
    content_type: Option<String>,
}

impl S3 {
    /// A store that is called by this address and these hosts, with these credentials.
    pub(crate) fn new(endpoint: &str, hosts: &[String], access_key_id: &str, secret_access_key: &str) -> Self {
        let authority =
            endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest).split('/').next().unwrap_or_default().to_owned();
        let mut hosts = hosts.to_vec();
        if !hosts.contains(&authority) {
            hosts.insert(0, authority);
        }
        Self {
            endpoint: endpoint.to_owned(),
            hosts,
            region: "us-east-1".to_owned(),
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret_access_key.to_owned(),
            public: BTreeSet::new(),
            folder: None,
            modified: SystemTime::now(),
            own: Vec::new(),
        }
    }

    /// Last-Modified of a fixture.
    pub(crate) fn modified_of(&self, bucket: &str, key: &str) -> SystemTime {
        self.own(bucket, key).map_or(self.modified, |own| own.modified)
    }

    /// Content-Type of a fixture, if it has one of its own.
    pub(crate) fn content_type_of(&self, bucket: &str, key: &str) -> Option<String> {
        self.own(bucket, key)?.content_type.clone()
    }

    fn own(&self, bucket: &str, key: &str) -> Option<&Own> {
        let wanted = format!("{bucket}/{key}");
        self.own.iter().find(|own| own.path == wanted)
    }
}

/// The table `[s3]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct S3Table {
    pub(super) endpoint: Spanned<String>,
    #[serde(default)]
    pub(super) hosts: Vec<Spanned<String>>,
    region: String,
    access_key_id: String,
    secret_access_key: String,
    #[serde(default)]
    public: BTreeSet<String>,
    folder: Option<String>,
    modified: Spanned<String>,
    #[serde(default)]
    object: Vec<ObjectTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ObjectTable {
    /// Bucket and key, separated by a slash.
    path: Spanned<String>,
    modified: Spanned<String>,
    content_type: Option<String>,
}

/// Checks the table and what it names in the scenario's folder.
pub(super) fn checked<T>(table: &S3Table, file: &Toml<T>, folder: &mut Folder) -> Option<S3> {
    let date = |field: &str, text: &Spanned<String>| {
        instant(text.get_ref()).map(SystemTime::from).map_err(|message| file.wrong(text, field, message))
    };
    let endpoint = address(table.endpoint.get_ref()).map_err(|message| file.wrong(&table.endpoint, "s3.endpoint", message));
    let endpoint = folder.mistakes.value(endpoint);
    let modified = folder.mistakes.value(date("s3.modified", &table.modified));
    let mut own = Vec::new();
    for object in &table.object {
        let path = object.path.get_ref();
        if !folder.exists(&format!("s3/{path}")) {
            let message = format!("there is no file s3/{path}");
            folder.mistakes.add(file.wrong(&object.path, "s3.object.path", message));
        }
        if let Some(modified) = folder.mistakes.value(date("s3.object.modified", &object.modified)) {
            own.push(Own { path: path.clone(), modified, content_type: object.content_type.clone() });
        }
    }
    Some(S3 {
        hosts: with(endpoint?.0, &table.hosts),
        public: table.public.clone(),
        folder: table.folder.as_ref().map(|name| folder.own_path(name)),
        modified: modified?,
        endpoint: table.endpoint.get_ref().clone(),
        region: table.region.clone(),
        access_key_id: table.access_key_id.clone(),
        secret_access_key: table.secret_access_key.clone(),
        own,
    })
}
