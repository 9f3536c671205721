//! Writes a recording as a scenario folder, completely or not at all.
//!
//! The README describes its content. `stable` makes it stable and removes secrets, which is checked here
//! once more.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

use super::stable::Stable;
use super::{Extent, Recording, Session};
use crate::error::Error;
use crate::exchange::{Asked, Content, Exchange, Given};

/// What the folder's settings begin with.
const HEAD: &str =
    "# Recorded by `nbsnap record`, which writes it anew as a whole. The format is described in the README of eoap-testbed.\n";

/// The prefix of folders that are being written.
const UNFINISHED: &str = ".nbsnap-";

impl Recording {
    /// Writes it in place of an existing recording, or to a new folder.
    ///
    /// # Errors
    /// [`Error::Write`], if it cannot be written. [`Error::Recording`], if the folder is not a recording, an
    /// object's key cannot be a file name, or binary data contains a secret. Then the folder is unchanged.
    pub fn write(&self, folder: &Path) -> Result<Extent, Error> {
        check_replaceable(folder)?;
        let stable = self.stable().map_err(|error| Error::Recording {
            path: folder.to_owned(),
            message: format!("a secret is too long to be looked for: {error}"),
        })?;
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(failed(parent))?;
        let unfinished = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(parent).map_err(failed(parent))?;
        let extent = self.write_into(unfinished.path(), folder, &stable)?;
        let old = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(parent).map_err(failed(parent))?;
        if folder.exists() {
            fs::rename(folder, old.path().join("old")).map_err(failed(folder))?;
        }
        let finished = unfinished.keep();
        readable(&finished).and_then(|()| fs::rename(&finished, folder)).map_err(failed(folder))?;
        Ok(extent)
    }

    /// Replacements for all exchanges.
    fn stable(&self) -> Result<Stable, regex::Error> {
        let began = self.sessions.values().map(|session| session.began).min().unwrap_or_default();
        let ended = self.sessions.values().map(|session| session.ended).max().unwrap_or_default();
        let met = self.sessions.values().flat_map(|session| &session.kept.secrets);
        let mut stable = Stable::new(began, ended, self.secrets.iter().chain(met).cloned().collect())?;
        for session in self.sessions.values() {
            for Exchange { request, response } in &session.kept.exchanges {
                stable.hear_client(&request.url);
                stable.hear_client(&text(request.body.as_ref()));
                for (_, value) in &response.headers {
                    stable.hear_server(value);
                }
                stable.hear_server(&text(response.body.as_ref()));
            }
            for (_, object) in &session.objects {
                stable.hear_server(&object.key);
                stable.hear_moment(seconds(object.modified.into()));
                if let Ok(text) = std::str::from_utf8(&object.body) {
                    stable.hear_server(text);
                }
            }
        }
        stable.settle();
        Ok(stable)
    }

    fn write_into(&self, unfinished: &Path, folder: &Path, stable: &Stable) -> Result<Extent, Error> {
        let clean = |text: &str| stable.text(text);
        let mut extent = Extent { exchanges: 0, objects: 0 };
        let mut objects = String::new();
        for (client, session) in &self.sessions {
            let at = unfinished.join("exchanges").join(client);
            for (number, exchange) in (1..).zip(&session.kept.exchanges) {
                let exchange = exchanged(exchange, &clean);
                let file = at.join(format!("{number:03}-{}.json", named(&exchange.request)));
                let json = serde_json::to_string_pretty(&exchange).expect("texts and numbers are JSON") + "\n";
                for body in [&exchange.request.body, &exchange.response.body].into_iter().flatten() {
                    check_secret(&file, &body.bytes(), stable)?;
                }
                write(&file, json.as_bytes())?;
                extent.exchanges += 1;
            }
            extent.objects += store(unfinished, session, stable, &clean, &mut objects)?;
        }
        let variables = self.environment.iter().map(|(name, value)| format!("{} = {}\n", quoted(name), quoted(&clean(value))));
        let environment = if self.environment.is_empty() { String::new() } else { "\n[environment]\n".to_owned() };
        let settings = self.settings(folder) + &objects + &environment + &variables.collect::<String>();
        write(&unfinished.join("scenario.toml"), settings.as_bytes())?;
        Ok(extent)
    }

    fn settings(&self, folder: &Path) -> String {
        let name = folder.file_name().map_or_else(|| "recorded".to_owned(), |name| name.to_string_lossy().into_owned());
        let list = |hosts: &[String]| toml::Value::from(hosts.to_vec()).to_string();
        format!(
            "{HEAD}name = {}\n\n[server]\npersonality = \"recorded\"\nroot = {}\nhosts = {}\n\n[s3]\nendpoint = {}\nhosts = {}\n\
             region = \"us-east-1\"\n# Made up, as every testbed's.\naccess-key-id = {}\nsecret-access-key = {}\n\
             modified = \"2025-01-01T00:00:00Z\"\n",
            quoted(&name),
            quoted(self.live.root()),
            list(&self.live.hosts()),
            quoted(&self.live.s3_endpoint),
            list(&self.live.s3_hosts),
            quoted(super::ACCESS_KEY_ID),
            quoted(super::SECRET_ACCESS_KEY),
        )
    }
}

/// The objects of a session as files, and as tables of the settings.
fn store(
    unfinished: &Path,
    session: &Session,
    stable: &Stable,
    clean: &dyn Fn(&str) -> String,
    tables: &mut String,
) -> Result<usize, Error> {
    for (bucket, object) in &session.objects {
        let path = format!("{bucket}/{}", stable.text(&object.key));
        let is_file = Path::new(&path).components().all(|part| matches!(part, Component::Normal(_))) && !path.ends_with('/');
        let file = unfinished.join("s3").join(&path);
        if !is_file {
            return Err(Error::Recording { path: file, message: "the object's key cannot be the name of a file".to_owned() });
        }
        let body = match std::str::from_utf8(&object.body) {
            Ok(text) => clean(text).into_bytes(),
            Err(_) => object.body.to_vec(),
        };
        check_secret(&file, &body, stable)?;
        write(&file, &body)?;
        let modified = stable.moment(seconds(object.modified.into())).to_rfc3339_opts(SecondsFormat::Secs, true);
        let table = format!("\n[[s3.object]]\npath = {}\nmodified = {}\n", quoted(&path), quoted(&modified));
        let content_type =
            object.about.content_type.as_ref().map_or_else(String::new, |it| format!("content-type = {}\n", quoted(it)));
        // Several sessions may have read the same object.
        if !tables.contains(&format!("path = {}\n", quoted(&path))) {
            tables.push_str(&(table + &content_type));
        }
    }
    Ok(session.objects.len())
}

fn exchanged(exchange: &Exchange, clean: &dyn Fn(&str) -> String) -> Exchange {
    let Exchange { request, response } = exchange;
    let content = |body: &Option<Content>| {
        body.as_ref().map(|body| match body {
            Content::Json(value) => {
                let text = clean(&value.to_string());
                // If replacing a secret has broken the JSON, it becomes a text.
                serde_json::from_str(&text).map_or(Content::Text(text), Content::Json)
            }
            Content::Text(text) => Content::Text(clean(text)),
            Content::Base64(text) => Content::Base64(text.clone()),
        })
    };
    let headers = response.headers.iter().map(|(name, value)| (name.clone(), clean(value)));
    Exchange {
        request: Asked { method: request.method.clone(), url: clean(&request.url), body: content(&request.body) },
        response: Given { status: response.status, headers: headers.collect(), body: content(&response.body) },
    }
}

/// A short name for people: method, and the last segments of the path.
fn named(request: &Asked) -> String {
    let path = request.url.split('?').next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest).split_once('/').map_or("", |(_, path)| path);
    let mut segments: Vec<&str> = path.rsplit('/').filter(|segment| !segment.is_empty()).take(3).collect();
    segments.reverse();
    let name = std::iter::once(request.method.to_lowercase()).chain(segments.iter().map(|segment| (*segment).to_owned()));
    let name: Vec<String> = name.collect();
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
    name.join("-").chars().map(plain).take(80).collect()
}

fn text(body: Option<&Content>) -> String {
    match body {
        Some(Content::Json(value)) => value.to_string(),
        Some(Content::Text(text)) => text.clone(),
        Some(Content::Base64(_)) | None => String::new(),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// The resolution of HTTP dates.
fn seconds(moment: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(moment.timestamp(), 0).unwrap_or(moment)
}

fn check_secret(file: &Path, bytes: &[u8], stable: &Stable) -> Result<(), Error> {
    if stable.holds_secret(bytes) {
        let message = "it holds a credential in something that is no text".to_owned();
        return Err(Error::Recording { path: file.to_owned(), message });
    }
    Ok(())
}

fn check_replaceable(folder: &Path) -> Result<(), Error> {
    let is_empty = || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    let is_recording = || fs::read_to_string(folder.join("scenario.toml")).is_ok_and(|text| text.starts_with(HEAD));
    if !folder.exists() || is_empty() || is_recording() {
        return Ok(());
    }
    let message = "there is something else than a recording; name a new folder, or an earlier recording to replace".to_owned();
    Err(Error::Recording { path: folder.to_owned(), message })
}

fn write(file: &Path, content: &[u8]) -> Result<(), Error> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).and_then(|()| fs::write(file, content)).map_err(failed(file))
}

/// A temporary folder is its owner's alone; this one has become one like any other.
#[cfg(unix)]
fn readable(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn readable(_: &Path) -> io::Result<()> {
    Ok(())
}

fn failed(path: &Path) -> impl Fn(io::Error) -> Error {
    let path: PathBuf = path.to_owned();
    move |source| Error::Write { path: path.clone(), source }
}
