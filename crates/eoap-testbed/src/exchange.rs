//! A request and its answer in a recording: the content of a file of `exchanges/`.
//!
//! [`Exchange`] decides when two requests are the same. It does not know who recorded it or who plays it
//! back.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The text that replaces a secret. It needs no encoding in an address or a form, and matches any value.
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
    /// JSON, without its original layout.
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
        // Numbers beyond this crate's JSON are kept as text.
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

    /// Whether it can be sent.
    pub(crate) fn is_valid(&self) -> bool {
        !matches!(self, Self::Base64(text) if STANDARD.decode(text).is_err())
    }
}

impl Asked {
    /// Whether this recorded request is the same as another one. Hosts are compared only with `by_host`: a
    /// client that connects directly to a server may use any name.
    pub(crate) fn is_like(&self, other: &Self, by_host: bool) -> bool {
        let is_host = |part: &str| part == "host";
        self.differences(other).all(|part| is_host(part) && !by_host)
    }

    /// How this recorded request differs from another one. The order is that in which people look: path,
    /// method, query, body, host.
    pub(crate) fn difference(&self, other: &Self) -> &'static str {
        self.differences(other).next().unwrap_or("nothing")
    }

    fn differences(&self, other: &Self) -> impl Iterator<Item = &'static str> {
        let ((host, path, query), (other_host, other_path, other_query)) = (split(&self.url), split(&other.url));
        let parts = [
            ("path", matches(path, other_path)),
            ("method", self.method == other.method),
            ("query", same_parameters(query, other_query)),
            ("body", same_body(self.body.as_ref(), other.body.as_ref())),
            ("host", host.eq_ignore_ascii_case(other_host)),
        ];
        parts.into_iter().filter(|(_, is_same)| !is_same).map(|(part, _)| part)
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

/// Whether two queries have the same parameters, in any order.
fn same_parameters(recorded: &str, asked: &str) -> bool {
    let parameters = |query: &str| query.split('&').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let mut left = parameters(asked);
    let is_there = |recorded: &String| {
        let at = left.iter().position(|asked| matches(recorded, asked));
        at.map(|at| left.remove(at)).is_some()
    };
    parameters(recorded).iter().all(is_there) && left.is_empty()
}

fn same_body(recorded: Option<&Content>, asked: Option<&Content>) -> bool {
    match (recorded, asked) {
        (Some(Content::Json(recorded)), Some(Content::Json(asked))) => same_value(recorded, asked),
        (Some(Content::Text(recorded)), Some(Content::Text(asked))) => matches(recorded, asked),
        // Something in place of a secret has left no JSON.
        (Some(Content::Text(recorded)), Some(Content::Json(asked))) => matches(recorded, &asked.to_string()),
        (recorded, asked) => recorded == asked,
    }
}

fn same_value(recorded: &Value, asked: &Value) -> bool {
    match (recorded, asked) {
        (Value::String(recorded), Value::String(asked)) => matches_up_to(recorded, asked, &[]),
        (Value::Array(recorded), Value::Array(asked)) => {
            recorded.len() == asked.len() && recorded.iter().zip(asked).all(|(recorded, asked)| same_value(recorded, asked))
        }
        (Value::Object(recorded), Value::Object(asked)) => {
            recorded.len() == asked.len()
                && recorded.iter().all(|(name, value)| asked.get(name).is_some_and(|asked| same_value(value, asked)))
        }
        (recorded, asked) => recorded == asked,
    }
}

/// Whether a text equals a recorded one. Each removed secret matches any value, but not beyond its own
/// parameter.
fn matches(recorded: &str, asked: &str) -> bool {
    matches_up_to(recorded, asked, &['&', '"', '\n'])
}

/// [`matches`], where a value ends with one of these characters.
fn matches_up_to(recorded: &str, asked: &str, ends: &[char]) -> bool {
    let Some((start, rest)) = recorded.split_once(REMOVED) else { return recorded == asked };
    let Some(mut left) = asked.strip_prefix(start) else { return false };
    let mut pieces = rest.split(REMOVED).peekable();
    while let Some(piece) = pieces.next() {
        let at = if pieces.peek().is_some() { left.find(piece) } else { left.strip_suffix(piece).map(str::len) };
        let Some(at) = at.filter(|at| !left[..*at].contains(ends)) else { return false };
        left = &left[at + piece.len()..];
    }
    true
}

/// An address, or path and query of one, without what lets others in.
pub(crate) fn without_secrets(url: &str) -> String {
    text_secrets::hide_tokens(url, REMOVED).text
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
        let one = asked("POST", "http://zoo/p?b=2&a=1", Some(r#"{"x": 1, "y": [2]}"#));
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
    fn any_value_will_do_in_place_of_a_secret_and_nothing_else() {
        let recorded = asked("POST", "http://zoo/token?api_key=***&x=1", Some("code=***&user=ann&client_secret=***"));
        let like =
            |query: &str, body: &str| recorded.is_like(&asked("POST", &format!("http://zoo/token?{query}"), Some(body)), true);
        assert!(like("x=1&api_key=abc", "code=1&user=ann&client_secret=2"));
        assert!(like("x=1&api_key=***", "code=***&user=ann&client_secret=***"));
        assert!(!like("x=2&api_key=abc", "code=1&user=ann&client_secret=2"));
        assert!(!like("x=1", "code=1&user=ann&client_secret=2"));
        assert!(!like("x=1&api_key=abc&y=1", "code=1&user=ann&client_secret=2"));
        assert!(!like("x=1&api_key=abc", "code=1&user=bob&client_secret=2"));
        assert!(!like("x=1&api_key=abc", "code=1&user=ann&client_secret=2&more=3"));
        let recorded = asked("POST", "http://zoo/token", Some(r#"{"user": "ann", "password": "***"}"#));
        assert!(recorded.is_like(&asked("POST", "http://zoo/token", Some(r#"{"password": "x\"&y", "user": "ann"}"#)), true));
        assert!(!recorded.is_like(&asked("POST", "http://zoo/token", Some(r#"{"password": "x", "user": "bob"}"#)), true));
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
