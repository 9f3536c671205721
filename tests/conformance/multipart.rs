//! `multipart/related` (RFC 2387), read strictly: exactly as RFC 2046, 5.1.1 writes it.
//!
//! [`parts`] returns the parts that it can separate, and the departures from the standard. It knows no
//! output and no process.

use crate::http::Reply;

/// A part of a multipart body.
pub(crate) struct Part {
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Part {
    /// The value of a header, whatever the case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The identifier in `Content-ID`, with or without the angle brackets of RFC 2392.
    pub(crate) fn id(&self) -> Option<&str> {
        self.header("content-id").map(|id| id.trim_start_matches('<').trim_end_matches('>'))
    }
}

/// The parts, and what is wrong with the body or its Content-Type.
pub(crate) fn parts(reply: &Reply) -> (Vec<Part>, Vec<String>) {
    let mut problems = Vec::new();
    let Some(boundary) = boundary(reply.header("content-type").unwrap_or_default()) else {
        return (Vec::new(), vec!["the Content-Type has no boundary".to_owned()]);
    };
    let text = String::from_utf8_lossy(&reply.body);
    let delimiter = format!("--{boundary}");
    // A delimiter is at the start of a line.
    let lined = format!("\r\n{text}");
    let separator = format!("\r\n{delimiter}");
    let mut pieces = lined.split(&separator);
    pieces.next();
    let mut all = Vec::new();
    let mut closed = false;
    for piece in pieces {
        if piece.starts_with("--") {
            closed = true;
            break;
        }
        let piece = piece.trim_start_matches([' ', '\t']).strip_prefix("\r\n").unwrap_or(piece);
        let (head, body) = match piece.split_once("\r\n\r\n") {
            Some((head, body)) => (head, body),
            None => {
                problems.push("a part has no empty line between its headers and its body (RFC 2046, 5.1)".to_owned());
                guessed(piece)
            }
        };
        let headers = head.split("\r\n").filter_map(|line| line.split_once(':'));
        let headers: Vec<(String, String)> = headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
        for (name, _) in headers.iter().filter(|(name, _)| !name.to_ascii_lowercase().starts_with("content-")) {
            problems.push(format!("a part has the header {name} (RFC 2046, 5.1: only Content-... mean anything)"));
        }
        all.push(Part { headers, body: body.as_bytes().to_vec() });
    }
    if !closed {
        problems.push("the body does not end with a closing delimiter".to_owned());
    }
    problems.sort();
    problems.dedup();
    (all, problems)
}

/// Guesses where the headers of a part end, if no empty line ends them: at the first line that is not a
/// header.
fn guessed(piece: &str) -> (&str, &str) {
    let mut end = 0;
    for line in piece.split_inclusive("\r\n") {
        let is_header = line
            .split_once(':')
            .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        if !is_header {
            break;
        }
        end += line.len();
    }
    (piece[..end].trim_end(), &piece[end..])
}

fn boundary(content_type: &str) -> Option<String> {
    let parameter = content_type.split(';').map(str::trim).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value)
    })?;
    Some(parameter.trim_matches('"').to_owned())
}
