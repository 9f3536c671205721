//! The exchanges of a recorded scenario: `exchanges/<session>/*.json`, a session for each client that was
//! recorded.
//!
//! How they are played back is not known here.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Error;
use crate::exchange::Exchange;
use crate::fixture::{Entry, Folder};

/// A recorded exchange and the file that holds it.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) file: String,
    pub(crate) exchange: Exchange,
}

/// The exchanges of each session, in the order of their files' names.
pub(super) fn load(folder: &mut Folder) -> Result<BTreeMap<String, Vec<Arc<Recording>>>, Error> {
    let mut sessions = BTreeMap::new();
    for session in folder.names("exchanges", Entry::Folder)? {
        let at = format!("exchanges/{session}");
        let mut exchanges = Vec::new();
        for name in folder.names(&at, Entry::File)?.into_iter().filter(|name| name.ends_with(".json")) {
            let file = format!("{at}/{name}");
            exchanges.push(Arc::new(Recording { exchange: exchange(folder, &file)?, file }));
        }
        sessions.insert(session, exchanges);
    }
    Ok(sessions)
}

fn exchange(folder: &mut Folder, file: &str) -> Result<Exchange, Error> {
    let text = folder.text(file)?;
    let exchange: Exchange = serde_json::from_str(&text).map_err(|error| Error::Syntax {
        path: folder.path(file),
        line: error.line(),
        message: error.to_string(),
    })?;
    let wrong =
        |field: &str, message: String| Error::Value { path: folder.path(file), line: None, field: field.to_owned(), message };
    for (field, body) in [("request.body", &exchange.request.body), ("response.body", &exchange.response.body)] {
        if body.as_ref().is_some_and(|body| !body.is_valid()) {
            return Err(wrong(field, "this is not base64".to_owned()));
        }
    }
    let Exchange { request, response } = &exchange;
    if !request.url.starts_with("http://") || request.url.parse::<http::Uri>().is_err() {
        return Err(wrong("request.url", format!("{:?} has to start with http:// and a host", request.url)));
    }
    if http::StatusCode::from_u16(response.status).is_err() {
        return Err(wrong("response.status", format!("{} is no status of HTTP", response.status)));
    }
    for (name, value) in &response.headers {
        if http::HeaderName::try_from(name).is_err() || http::HeaderValue::try_from(value).is_err() {
            return Err(wrong("response.headers", format!("{name}: {value} is no header")));
        }
    }
    Ok(exchange)
}
