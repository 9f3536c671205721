//! A request and its answer, as a recording keeps them: what a file of `exchanges/` holds.
//!
//! [`Exchange`] says when two requests are the same. It knows neither who recorded it nor who plays it back.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Parameters of a query that are credentials or signatures, in any case: they are not kept, and play no part in comparing.
const SECRET_PARAMETERS: [&str; 12] = [
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "awsaccesskeyid",
    "signature",
    "sig",
    "token",
    "access_token",
    "api_key",
    "apikey",
    "key",
    "password",
];

/// What stands in the place of a secret.
pub(crate) const REMOVED: &str = "***";

/// A request and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchange {
    pub(crate) request: Asked,
    pub(crate) response: Given,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The whole address, as the client named it.
    pub(crate) url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Content>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Content>,
}

/// A body, as readable as it can be kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Content {
    /// JSON, whose layout is not kept.
    Json(Value),
    /// Any other text.
    Text(String),
    /// Anything else.
    Base64(String),
}

impl Content {
    /// The body of these bytes, if there are any.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return None;
        }
        let Ok(text) = std::str::from_utf8(bytes) else { return Some(Self::Base64(STANDARD.encode(bytes))) };
        let is_document = text.trim_start().starts_with(['{', '[']);
        // Numbers that this crate's JSON cannot hold are kept as they are written.
        let kept = |value: &Value| serde_json::from_str::<Value>(&value.to_string()).is_ok_and(|again| again == *value);
        match serde_json::from_str::<Value>(text) {
            Ok(value) if is_document && kept(&value) => Some(Self::Json(value)),
            _ => Some(Self::Text(text.to_owned())),
        }
    }

    /// The bytes to send.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Json(value) => value.to_string().into_bytes(),
            Self::Text(text) => text.clone().into_bytes(),
            // Checked when it was read.
            Self::Base64(text) => STANDARD.decode(text).unwrap_or_default(),
        }
    }

    /// Whether it can be sent at all.
    pub(crate) fn is_valid(&self) -> bool {
        !matches!(self, Self::Base64(text) if STANDARD.decode(text).is_err())
    }
}

impl Asked {
    /// Whether this request asks for the same as another. A host is compared only where `by_host` says so: who comes straight to a server may
    /// call it by any name.
    pub(crate) fn is_like(&self, other: &Self, by_host: bool) -> bool {
        let ((host, path, query), (other_host, other_path, other_query)) = (split(&self.url), split(&other.url));
        self.method == other.method
            && (!by_host || host.eq_ignore_ascii_case(other_host))
            && path == other_path
            && parameters(query) == parameters(other_query)
            && self.body == other.body
    }

    /// How the requests differ, in the order in which people look: method, host, path, query, body.
    pub(crate) fn difference(&self, other: &Self) -> &'static str {
        let ((host, path, query), (other_host, other_path, other_query)) = (split(&self.url), split(&other.url));
        if path != other_path {
            "path"
        } else if self.method != other.method {
            "method"
        } else if parameters(query) != parameters(other_query) {
            "query"
        } else if self.body != other.body {
            "body"
        } else if host != other_host {
            "host"
        } else {
            "nothing"
        }
    }

    /// How near another request is: the parts that agree, and how much of the path does.
    pub(crate) fn nearness(&self, other: &Self) -> usize {
        let (path, other_path) = (split(&self.url).1, split(&other.url).1);
        let common = path.bytes().zip(other_path.bytes()).take_while(|(one, other)| one == other).count();
        2 * common + 1000 * usize::from(path == other_path) + usize::from(self.method == other.method)
    }

    /// Host, with its port where it has one.
    pub(crate) fn host(&self) -> &str {
        split(&self.url).0
    }
}

/// Host, path and query of an address.
fn split(url: &str) -> (&str, &str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let slash = place.find('/').unwrap_or(place.len());
    let (host, path) = place.split_at(slash);
    (host, if path.is_empty() { "/" } else { path }, query)
}

/// The parameters of a query in their own order of names, without those that are secrets.
fn parameters(query: &str) -> Vec<&str> {
    let mut all: Vec<&str> = query.split('&').filter(|part| !part.is_empty() && !is_secret(part)).collect();
    all.sort_unstable();
    all
}

fn is_secret(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default();
    SECRET_PARAMETERS.iter().any(|secret| secret.eq_ignore_ascii_case(name))
}

/// An address, or path and query of one, without what lets others in.
pub(crate) fn without_secrets(url: &str) -> String {
    let Some((path, query)) = url.split_once('?') else { return url.to_owned() };
    let parameters = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, _)) if is_secret(parameter) => format!("{name}={REMOVED}"),
        _ => parameter.to_owned(),
    });
    format!("{path}?{}", parameters.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(method: &str, url: &str, body: Option<&str>) -> Asked {
        Asked { method: method.to_owned(), url: url.to_owned(), body: body.and_then(|body| Content::of(body.as_bytes())) }
    }

    #[test]
    fn requests_are_the_same_whatever_the_order_of_their_parts() {
        let one = asked("POST", "http://zoo/p?b=2&a=1&token=x", Some(r#"{"x": 1, "y": [2]}"#));
        let other = asked("POST", "http://ZOO/p?a=1&b=2", Some(r#"{"y":[2],"x":1}"#));
        assert!(one.is_like(&other, true));
        assert!(!one.is_like(&asked("POST", "http://zoo/p?a=1&b=2", Some(r#"{"y":[3],"x":1}"#)), true));
        let elsewhere = asked("POST", "http://127.0.0.1:7/p?a=1&b=2", Some(r#"{"y":[2],"x":1}"#));
        assert!(one.is_like(&elsewhere, false) && !one.is_like(&elsewhere, true));
    }

    #[test]
    fn bodies_are_kept_readable_and_come_back() {
        assert_eq!(Content::of(b""), None);
        assert_eq!(Content::of(b" {\"a\": 1}"), Some(Content::Json(json!({"a": 1}))));
        assert_eq!(Content::of(b"hello"), Some(Content::Text("hello".to_owned())));
        assert_eq!(Content::of(b"12"), Some(Content::Text("12".to_owned())), "a literal is as it was written");
        let binary = Content::of(&[0xff, 0]).unwrap();
        assert_eq!((binary.clone(), binary.bytes()), (Content::Base64("/wA=".to_owned()), vec![0xff, 0]));
        assert!(!Content::Base64("?".to_owned()).is_valid());
    }

    #[test]
    fn an_address_loses_what_lets_others_in() {
        let signed = "/results/a.tif?X-Amz-Date=20250820T134257Z&x-amz-signature=0f&X-Amz-Credential=KEY%2F20250820";
        assert_eq!(
            without_secrets(signed),
            "/results/a.tif?X-Amz-Date=20250820T134257Z&x-amz-signature=***&X-Amz-Credential=***"
        );
        assert_eq!(without_secrets("/results/a.tif"), "/results/a.tif");
    }
}
