//! Takes `multipart/related` bodies apart (RFC 2046 clause 5.1, RFC 2387): several outputs in one answer.
//!
//! ZOO-Project writes such bodies in a way that no strict reader takes: its boundary begins with two hyphens, which may
//! or may not be written twice; a stray `Status:` line stands among the headers of a part; and no empty line separates them
//! from the body. So headers are lines that look like one of a part's (`Content-…`, `Status`, …), a following empty line is
//! taken as their end and not missed if it is not there, and lines may end with or without a carriage return. Nothing is
//! known here about outputs.

use bytes::Bytes;

use crate::http::media_type;

/// One part: its headers, names in lower case, and its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Part {
    /// The first header with this name, which is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// The parts of a body whose Content-Type is given; an error says what is missing.
pub(crate) fn parts(content_type: &str, body: &Bytes) -> Result<Vec<Part>, String> {
    let boundary = media_type::parameter(content_type, "boundary").filter(|boundary| !boundary.is_empty());
    let boundary = boundary.ok_or_else(|| "its Content-Type names no boundary between the parts".to_owned())?;
    let lines = lines(body);
    let delimiters: Vec<(usize, bool)> =
        lines.iter().enumerate().filter_map(|(index, line)| Some((index, is_delimiter(line.text(body), &boundary)?))).collect();
    if delimiters.is_empty() {
        return Err(format!("the boundary {boundary:?} that its Content-Type names is not in the body"));
    }
    let mut parts = Vec::new();
    for (position, (index, last)) in delimiters.iter().enumerate() {
        if *last {
            break;
        }
        // A body that breaks off ends with its last line.
        let end = delimiters.get(position + 1).map_or(lines.len(), |(next, _)| *next);
        parts.push(part(body, &lines[index + 1..end]));
    }
    Ok(parts)
}

/// A line of the body: where it begins, and where its text ends.
#[derive(Clone, Copy)]
struct Line {
    begin: usize,
    end: usize,
}

impl Line {
    fn text<'a>(&self, body: &'a [u8]) -> &'a [u8] {
        &body[self.begin..self.end]
    }
}

fn lines(body: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut begin = 0;
    while begin < body.len() {
        let newline = body[begin..].iter().position(|byte| *byte == b'\n').map(|offset| begin + offset);
        let mut end = newline.unwrap_or(body.len());
        if newline.is_some() && end > begin && body[end - 1] == b'\r' {
            end -= 1;
        }
        lines.push(Line { begin, end });
        begin = newline.map_or(body.len(), |newline| newline + 1);
    }
    lines
}

/// Whether a line separates two parts (`false`) or ends the last one (`true`).
fn is_delimiter(line: &[u8], boundary: &str) -> Option<bool> {
    let line = line.trim_ascii_end();
    let named = |name: &[u8]| match name.strip_prefix(boundary.as_bytes())? {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    };
    let bare = boundary.starts_with("--").then(|| named(line)).flatten();
    line.strip_prefix(b"--").and_then(named).or(bare)
}

fn part(body: &Bytes, lines: &[Line]) -> Part {
    let mut headers = Vec::new();
    let mut rest = lines;
    while let Some((name, value)) = rest.first().and_then(|line| header(line.text(body))) {
        headers.push((name, value));
        rest = &rest[1..];
    }
    // A part without headers begins with the empty line, too.
    if rest.first().is_some_and(|line| line.begin == line.end) {
        rest = &rest[1..];
    }
    let range = match (rest.first(), rest.last()) {
        // The line break before a boundary belongs to the boundary.
        (Some(first), Some(last)) => first.begin..last.end,
        _ => 0..0,
    };
    Part { headers, body: body.slice(range) }
}

/// A header that a part can have. Any other line with a colon may well be the beginning of the body.
fn header(line: &[u8]) -> Option<(String, String)> {
    let line = std::str::from_utf8(line).ok()?;
    let (name, value) = line.split_once(':')?;
    let name = name.to_ascii_lowercase();
    let known = name
        .strip_prefix("content-")
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    (known || ["status", "mime-version", "link", "location"].contains(&name.as_str())).then(|| (name, value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts_of(content_type: &str, body: &str) -> Vec<(String, String, String)> {
        let parts = parts(content_type, &Bytes::copy_from_slice(body.as_bytes())).expect("parts");
        let text = |part: &Part, name: &str| part.header(name).unwrap_or("").to_owned();
        parts
            .iter()
            .map(|part| {
                let body = String::from_utf8(part.body.to_vec()).expect("text");
                (text(part, "content-id"), text(part, "content-type"), body)
            })
            .collect()
    }

    fn triple(id: &str, media_type: &str, body: &str) -> (String, String, String) {
        (id.to_owned(), media_type.to_owned(), body.to_owned())
    }

    #[test]
    fn strict_body() {
        let body = "a preamble\r\n--x\r\nContent-ID: a\r\nContent-Type: text/plain\r\n\r\nkey: one\r\n\r\ntwo\r\n\r\n--x\r\n\
                    content-id: b\r\n\r\n\r\n--x--\r\nan epilogue";
        assert_eq!(
            parts_of("multipart/related; boundary=x", body),
            [triple("a", "text/plain", "key: one\r\n\r\ntwo\r\n"), triple("b", "", "")]
        );
    }

    #[test]
    fn body_of_zoo() {
        let content_type = r#"Multipart/Related; boundary="--4f5c"; type=text/plain; start=a"#;
        for delimiter in ["--4f5c", "----4f5c"] {
            let body = format!(
                "{delimiter}\r\nContent-Type: text/plain\r\nContent-ID: a\r\nStatus: 200 OK\r\nx\r\n\
                 {delimiter}\r\nContent-Type: application/json\r\nContent-ID: j\r\n{{\"hello\":[1,2,3]}}\r\n{delimiter}--\r\n"
            );
            assert_eq!(
                parts_of(content_type, &body),
                [triple("a", "text/plain", "x"), triple("j", "application/json", r#"{"hello":[1,2,3]}"#)]
            );
        }
    }

    #[test]
    fn what_is_missing_is_said() {
        let body = Bytes::from_static(b"--y\r\n\r\nx\r\n--y--");
        assert!(parts("multipart/related", &body).expect_err("no boundary").contains("names no boundary"));
        assert!(parts("multipart/related; boundary=x", &body).expect_err("not there").contains("\"x\""));
        // A body that breaks off loses nothing that came.
        assert_eq!(parts_of("multipart/related; boundary=y", "--y\n\nx\nz"), [triple("", "", "x\nz")]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(boundary in "[-a-z\"; ]{0,4}", body in "([-a-z: \r\n]|--|Content-ID: a){0,60}", tail: Vec<u8>) {
            let mut bytes = body.into_bytes();
            bytes.extend(tail);
            let _ = parts(&format!("multipart/related; boundary={boundary}"), &bytes.into());
        }

        #[test]
        fn every_body_comes_back(bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4), blank: bool) {
            // Without an empty line after the headers, a body that begins with a line break or a header cannot be told apart.
            prop_assume!(blank || bodies.iter().all(|body| !body.starts_with(b"\r") && !body.starts_with(b"\n")));
            let mut message = Vec::new();
            for body in &bodies {
                message.extend_from_slice(b"--4f5c\r\nContent-ID: a\r\nContent-Type: application/octet-stream\r\n");
                message.extend_from_slice(if blank { b"\r\n" } else { b"" });
                message.extend_from_slice(body);
                message.extend_from_slice(b"\r\n");
            }
            message.extend_from_slice(b"--4f5c--");
            let parts = parts("multipart/related; boundary=4f5c", &message.into()).expect("parts");
            let came: Vec<Vec<u8>> = parts.iter().map(|part| part.body.to_vec()).collect();
            prop_assert_eq!(came, bodies);
        }
    }
}
