//! The log files of a process: the links that a successful job shows, and the texts behind them.
//!
//! A text that the folder lacks is written from the job's own history when it is asked for, which is not
//! known here.

use serde_json::{Value, json};

use crate::error::Error;
use crate::fixture::{Entry, Folder};

/// The files of `logs/`, by name.
pub(super) fn texts(folder: &mut Folder, id: &str) -> Result<Vec<(String, String)>, Error> {
    let at = format!("processes/{id}/logs");
    let names = folder.names(&at, Entry::File)?.into_iter().filter(|name| name.ends_with(".log"));
    names.map(|name| Ok((name.clone(), folder.text(&format!("{at}/{name}"))?))).collect()
}

/// `logs.json`, or where it is missing a link to each of the texts.
pub(super) fn links(folder: &mut Folder, id: &str, texts: &[(String, String)]) -> Result<Value, Error> {
    let name = format!("processes/{id}/logs.json");
    if folder.exists(&name) {
        return folder.json(&name);
    }
    let link = |name: &str| {
        let href = format!("{{{{temp}}}}/{id}-{{{{job}}}}/{name}");
        json!({"href": href, "title": format!("Tool log {name}"), "rel": "related", "type": "text/plain"})
    };
    Ok(texts.iter().map(|(name, _)| link(name)).collect())
}
