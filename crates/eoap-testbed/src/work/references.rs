//! Inputs by reference: their content replaces the link before a process begins.
//!
//! [`resolved`] fetches only from loopback. The address of a scene is unchanged, since a process expects
//! that. What the inputs mean is not known here.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream};
use std::time::Duration;

use http::Uri;
use serde_json::{Map, Value};

/// How long a server on this machine may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A larger answer is refused as an input.
const LARGEST: u64 = 16 << 20;

/// The inputs, with the content of their links. `is_kept` selects addresses that are not replaced.
pub(super) fn resolved(inputs: &Map<String, Value>, is_kept: impl Fn(&str) -> bool) -> Result<Map<String, Value>, String> {
    let one = |value: &Value| match value["href"].as_str() {
        Some(href) if !is_kept(href) => fetched(href),
        _ => Ok(value.clone()),
    };
    let all = inputs.iter().map(|(name, value)| {
        let value = match value {
            Value::Array(values) => Value::Array(values.iter().map(one).collect::<Result<_, _>>()?),
            value => one(value)?,
        };
        Ok((name.clone(), value))
    });
    all.collect()
}

/// The content of a link: JSON as a value, anything else as a text.
fn fetched(href: &str) -> Result<Value, String> {
    let failed = |why: &str| format!("Could not read uri {href}: {why}");
    let uri: Uri = href.parse().map_err(|_| failed("it is not an address."))?;
    let host = uri.host().unwrap_or_default();
    let is_loopback =
        host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if uri.scheme_str() != Some("http") || !is_loopback {
        return Err(failed("the testbed fetches inputs from this machine only."));
    }
    let text = get(&uri, host).map_err(|error| failed(&error.to_string()))?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| failed("the answer is not HTTP."))?;
    if !head.lines().next().is_some_and(|line| line.contains(" 200")) {
        return Err(failed(head.lines().next().unwrap_or_default()));
    }
    Ok(serde_json::from_str(body).unwrap_or_else(|_| Value::from(body)))
}

/// The whole answer. By HTTP/1.0 a body is not chunked or compressed, and ends with the connection.
fn get(uri: &Uri, host: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), uri.port_u16().unwrap_or(80)))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.take(LARGEST).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        let inputs = json!({"a": {"href": "http://example.com/a"}}).as_object().cloned().unwrap();
        assert!(resolved(&inputs, |_| false).unwrap_err().contains("from this machine only"));
        assert_eq!(resolved(&inputs, |_| true).unwrap(), inputs);
    }
}
