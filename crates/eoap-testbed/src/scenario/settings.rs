//! `scenario.toml`: addresses, credentials, dates and the files behind foreign addresses.
//!
//! [`load`] checks what it reads, so that the servers need not. It does not know processes or fixtures.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Uri;
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::object_store::{self, S3, S3Table};
use super::pygeoapi_version::Version;
use super::server::{ANONYMOUS, Links, Personality, Server, SetUp, StatusShape, split_namespace};
use crate::error::Error;
use crate::fixture::{Folder, Toml};

const FILE: &str = "scenario.toml";

/// `scenario.toml`, checked.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) name: String,
    pub(super) clock: Clock,
    pub(super) expiry: Option<Expiry>,
    pub(super) personality: Personality,
    pub(super) server: Server,
    pub(super) s3: S3,
    pub(super) packages: BTreeMap<String, String>,
    pub(super) environment: BTreeMap<String, String>,
}

/// What moves jobs on.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Clock {
    /// Status requests: one status each.
    Poll,
    /// Time, so many times as fast as the scenario says.
    Real {
        /// 1 is as fast as the scenario says; more than 0.
        speed: f64,
    },
}

/// When a job that is over is forgotten, and its results with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// After so many more requests for it.
    Requests(u32),
    /// After so long, by the clock of this machine.
    Time(Duration),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    /// Read before the rest.
    #[serde(rename = "extends")]
    _extends: Option<String>,
    #[serde(default)]
    jobs: JobsTable,
    server: ServerTable,
    s3: S3Table,
    #[serde(default)]
    package: Vec<PackageTable>,
    #[serde(default)]
    environment: BTreeMap<Spanned<String>, String>,
}

#[derive(Deserialize)]
struct Extends {
    extends: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct JobsTable {
    clock: Option<Spanned<String>>,
    speed: Option<Spanned<f64>>,
    expire_after: Option<Spanned<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ServerTable {
    #[serde(default)]
    personality: Personality,
    root: Spanned<String>,
    #[serde(default)]
    hosts: Vec<Spanned<String>>,
    #[serde(default = "exceptions")]
    exceptions: String,
    #[serde(default = "exceptions_2")]
    exceptions_2: String,
    #[serde(default = "exceptions_media_type")]
    exceptions_media_type: Spanned<String>,
    #[serde(default = "relations")]
    relations: String,
    #[serde(default = "status_shape")]
    status_shape: StatusShape,
    #[serde(default)]
    set_up: SetUp,
    #[serde(default)]
    links: Links,
    files: Option<Spanned<String>>,
    #[serde(default)]
    cors: bool,
    token: Option<String>,
    #[serde(default)]
    pygeoapi: PygeoapiTable,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct PygeoapiTable {
    version: Version,
}

fn exceptions() -> String {
    "http://www.opengis.net/def/rel/ogc/1.0/exception".to_owned()
}

fn exceptions_2() -> String {
    "http://www.opengis.net/def/exceptions/ogcapi-processes-2/1.0".to_owned()
}

fn exceptions_media_type() -> Spanned<String> {
    Spanned::new(0..0, "application/json;charset=UTF-8".to_owned())
}

fn relations() -> String {
    "http://www.opengis.net/def/rel/ogc/1.0".to_owned()
}

fn status_shape() -> StatusShape {
    StatusShape::Of2025
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageTable {
    /// The address from which a client lets it be deployed.
    href: String,
    /// The file of the scenario that lies there.
    file: Spanned<String>,
}

/// Adds the folders that the scenario extends, each named by the one before.
pub(super) fn extend(folder: &mut Folder) -> Result<(), Error> {
    loop {
        let file: Toml<Extends> = folder.toml_of_last(FILE)?;
        let Some(base) = &file.value.extends else { return Ok(()) };
        if !folder.extend(base.get_ref()) {
            return Err(file.wrong(base, "extends", format!("{:?} extends this scenario in its turn", base.get_ref())));
        }
    }
}

/// Reads and checks `scenario.toml`; `None` where what is wrong leaves no settings.
pub(super) fn load(folder: &mut Folder) -> Option<Settings> {
    let file: Toml<File> = folder.noting(|folder| folder.toml(FILE))?;
    let clock = folder.mistakes.value(clock(&file));
    let expiry = folder.mistakes.value(expiry(&file));
    let server = folder.mistakes.value(server(&file));
    let s3 = object_store::checked(&file.value.s3, &file, folder);
    let hosts = [("server.hosts", &file.value.server.hosts), ("s3.hosts", &file.value.s3.hosts)];
    for (field, host) in hosts.iter().flat_map(|(field, hosts)| hosts.iter().map(move |host| (field, host))) {
        if host.get_ref().parse::<http::uri::Authority>().is_err() {
            folder.mistakes.add(file.wrong(host, field, format!("{:?} is not a host", host.get_ref())));
        }
    }
    if let (Some(server), Some(s3)) = (&server, &s3)
        && let Some(host) = server.hosts.iter().find(|host| s3.hosts.contains(host))
    {
        folder.mistakes.add(file.wrong(&file.value.s3.endpoint, "s3.hosts", format!("{host} is a host of the server too")));
    }
    let mut packages = BTreeMap::new();
    for package in &file.value.package {
        if folder.exists(package.file.get_ref()) {
            let text = folder.noting(|folder| folder.text(package.file.get_ref()));
            packages.extend(text.map(|text| (package.href.clone(), text)));
        } else {
            let message = format!("there is no file {}", package.file.get_ref());
            folder.mistakes.add(file.wrong(&package.file, "package.file", message));
        }
    }
    for (name, value) in &file.value.environment {
        if name.get_ref().is_empty() || name.get_ref().contains(['=', '\0']) || value.contains('\0') {
            folder.mistakes.add(file.wrong(name, "environment", format!("{:?} cannot be a variable", name.get_ref())));
        }
    }
    let environment = file.value.environment.iter().map(|(name, value)| (name.get_ref().clone(), value.clone())).collect();
    let personality = file.value.server.personality;
    let name = file.value.name.clone();
    Some(Settings { name, clock: clock?, expiry: expiry?, personality, server: server?, s3: s3?, packages, environment })
}

/// How long jobs are remembered: for a number of requests, or for a time.
fn expiry(file: &Toml<File>) -> Result<Option<Expiry>, Error> {
    let Some(after) = &file.value.jobs.expire_after else { return Ok(None) };
    let time = |text: &str| humantime::parse_duration(text).ok().map(Expiry::Time);
    let expiry = match after.get_ref() {
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()).map(Expiry::Requests),
        Value::String(text) => time(text),
        _ => None,
    };
    let message = || format!("{} is neither a number of requests nor a time like \"10m\"", after.get_ref());
    expiry.map(Some).ok_or_else(|| file.wrong(after, "jobs.expire-after", message()))
}

fn clock(file: &Toml<File>) -> Result<Clock, Error> {
    let JobsTable { clock, speed, .. } = &file.value.jobs;
    if let Some(speed) = speed.as_ref().filter(|speed| !speed.get_ref().is_finite() || *speed.get_ref() <= 0.0) {
        return Err(file.wrong(speed, "jobs.speed", format!("{} is no speed: it has to be more than 0", speed.get_ref())));
    }
    match (clock, speed) {
        (Some(clock), speed) if clock.get_ref() == "real" => {
            Ok(Clock::Real { speed: speed.as_ref().map_or(1.0, |speed| *speed.get_ref()) })
        }
        (Some(clock), _) if clock.get_ref() != "poll" => {
            Err(file.wrong(clock, "jobs.clock", format!("{:?} is neither \"poll\" nor \"real\"", clock.get_ref())))
        }
        (_, Some(speed)) => Err(file.wrong(speed, "jobs.speed", "only the clock \"real\" has a speed")),
        (_, None) => Ok(Clock::Poll),
    }
}

fn server(file: &Toml<File>) -> Result<Server, Error> {
    let table = &file.value.server;
    let root = table.root.get_ref().trim_end_matches('/').to_owned();
    let wrong = |message| file.wrong(&table.root, "server.root", message);
    let (authority, base_path) = address(&root).map_err(wrong)?;
    let namespace = match (split_namespace(&base_path), table.personality) {
        (Some((namespace, "")), _) => namespace.to_owned(),
        (_, Personality::Zoo) => {
            return Err(wrong(format!("{root:?} has to end with /<namespace>/ogc-api or with /ogc-api")));
        }
        _ => ANONYMOUS.to_owned(),
    };
    let media_type = table.exceptions_media_type.get_ref();
    if http::HeaderValue::from_str(media_type).is_err() {
        let message = format!("{media_type:?} cannot be the value of a header");
        return Err(file.wrong(&table.exceptions_media_type, "server.exceptions-media-type", message));
    }
    let trimmed = |text: &str| text.trim_end_matches('/').to_owned();
    let mut hosts = with(authority.clone(), &table.hosts);
    let files = match &table.files {
        None => format!("http://{authority}/temp"),
        Some(files) => {
            let (host, _) = address(files.get_ref()).map_err(|message| file.wrong(files, "server.files", message))?;
            if !hosts.contains(&host) {
                hosts.push(host);
            }
            trimmed(files.get_ref())
        }
    };
    Ok(Server {
        origin: format!("http://{authority}"),
        root,
        base_path,
        namespace,
        hosts,
        files,
        set_up: table.set_up,
        links: table.links,
        cors: table.cors,
        token: table.token.clone(),
        exceptions: trimmed(&table.exceptions),
        exceptions_2: trimmed(&table.exceptions_2),
        exceptions_media_type: media_type.clone(),
        relations: trimmed(&table.relations),
        status_shape: table.status_shape,
        pygeoapi: table.pygeoapi.version.clone(),
    })
}

/// Authority and path of a plain HTTP address.
pub(super) fn address(text: &str) -> Result<(String, String), String> {
    let uri: Uri = text.parse().map_err(|error| format!("{text:?} is not an address: {error}"))?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http"), Some(authority)) => Ok((authority.to_string(), uri.path().trim_end_matches('/').to_owned())),
        _ => Err(format!("{text:?} has to start with http:// and a host")),
    }
}

/// The hosts, and before them the one of the address if they lack it.
pub(super) fn with(authority: String, hosts: &[Spanned<String>]) -> Vec<String> {
    let mut hosts: Vec<String> = hosts.iter().map(|host| host.get_ref().clone()).collect();
    if !hosts.contains(&authority) {
        hosts.insert(0, authority);
    }
    hosts
}
