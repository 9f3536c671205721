//! Parses `multipart/related` bodies (RFC 2046 clause 5.1, RFC 2387): several outputs in one answer.
//!
//! Strict readers reject such bodies of ZOO-Project:
//!
//! - the boundary begins with two hyphens, which may or may not be written twice;
//! - the next boundary may follow a part's body without a line break;
//! - the headers of a part contain a stray `Status:` line and an empty line;
//! - no empty line separates headers from the body.
//!
//! So a boundary counts anywhere, if it ends its line. Headers are lines that look like headers of a part
//! (`Content-…`, `Status`, …). An empty line after them ends them, but is not required. Lines may end with
//! or without a carriage return. Nothing is known here about outputs.

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

/// The parts of a body with this Content-Type. The error says what is missing.
pub(crate) fn parts(content_type: &str, body: &Bytes) -> Result<Vec<Part>, String> {
    let boundary = media_type::parameter(content_type, "boundary").filter(|boundary| !boundary.is_empty());
    let boundary = boundary.ok_or_else(|| "its Content-Type names no boundary between the parts".to_owned())?;
    let delimiters = delimiters(body, boundary.as_bytes());
    if delimiters.is_empty() {
        return Err(format!("the boundary {boundary:?} that its Content-Type names is not in the body"));
    }
    // The line break before a boundary belongs to the boundary (RFC 2046 clause 5.1.1). Who leaves it out
    // once, leaves it out always.
    let has_breaks = delimiters.iter().skip(1).all(|delimiter| line_break_before(body, delimiter.begin) > 0);
    let mut parts = Vec::new();
    for (position, delimiter) in delimiters.iter().enumerate() {
        if delimiter.is_last {
            break;
        }
        let end = match delimiters.get(position + 1) {
            Some(next) if has_breaks => next.begin - line_break_before(body, next.begin),
            Some(next) => next.begin,
            // A body that breaks off loses nothing that came.
            None => body.len(),
        };
        parts.push(part(body, delimiter.end, end.max(delimiter.end)));
    }
    Ok(parts)
}

/// A boundary in the body, with its line break.
struct Delimiter {
    begin: usize,
    end: usize,
    /// Whether it ends the last part.
    is_last: bool,
}

fn delimiters(body: &[u8], boundary: &[u8]) -> Vec<Delimiter> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(offset) = body[from..].windows(boundary.len()).position(|window| window == boundary) {
        let (at, after) = (from + offset, from + offset + boundary.len());
        from = at + 1;
        let hyphens = body[..at].ends_with(b"--");
        // A boundary that begins with hyphens may be written without those that every delimiter begins with.
        if !hyphens && !boundary.starts_with(b"--") {
            continue;
        }
        let begin = if hyphens { at - 2 } else { at };
        let rest = &body[after..];
        let (rest, is_last) = rest.strip_prefix(b"--").map_or((rest, false), |rest| (rest, true));
        let padding = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        let at_end = rest.len() == padding;
        // After the last delimiter everything else is an epilogue.
        if at_end || rest[padding] == b'\n' || is_last {
            let end = body.len() - rest.len() + padding + usize::from(!at_end);
            found.push(Delimiter { begin, end: end.min(body.len()), is_last });
            from = after;
        }
    }
    found
}

/// How many bytes of a line break end at a place.
fn line_break_before(body: &[u8], at: usize) -> usize {
    match &body[..at] {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    }
}

fn part(body: &Bytes, begin: usize, end: usize) -> Part {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut at = begin;
    loop {
        let line = line(&body[at..end]);
        if let Some(header) = header(line.text) {
            headers.push(header);
            at += line.length;
            continue;
        }
        if line.length == 0 || !line.text.is_empty() {
            break;
        }
        at += line.length;
        // An empty line ends the headers, except the one that ZOO-Project writes after `Status`.
        let strays = headers.last().is_some_and(|(name, _)| name == "status");
        if !(strays && header_follows(&body[at..end])) {
            break;
        }
    }
    Part { headers, body: body.slice(at..end) }
}

fn header_follows(rest: &[u8]) -> bool {
    header(line(rest).text).is_some_and(|(name, _)| name.starts_with("content-"))
}

/// A line: its text, and how long it is with its line break.
struct Line<'a> {
    text: &'a [u8],
    length: usize,
}

fn line(bytes: &[u8]) -> Line<'_> {
    let newline = bytes.iter().position(|byte| *byte == b'\n');
    let text = &bytes[..newline.unwrap_or(bytes.len())];
    let text = match newline {
        Some(_) => text.strip_suffix(b"\r").unwrap_or(text),
        None => text,
    };
    Line { text, length: newline.map_or(bytes.len(), |newline| newline + 1) }
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

    /// Bytes of ZOO-Project's kernel: boundaries behind bodies without a line break, stray headers, raw
    /// bytes of a picture.
    #[test]
    fn body_of_the_kernel() {
        let headers = include_str!("../../tests/data/zoo/zoo-multipart.headers");
        let content_type = headers.lines().find_map(|line| line.strip_prefix("Content-Type: ")).expect("a media type");
        let body = Bytes::from_static(include_bytes!("../../tests/data/zoo/zoo-multipart.body"));
        let parts = parts(content_type, &body).expect("parts");
        let ids: Vec<_> = parts.iter().map(|part| part.header("content-id").expect("an id")).collect();
        assert_eq!(ids, ["text", "number", "doc", "picture"]);
        assert_eq!(parts[0].body.as_ref(), b"hello Ada");
        assert_eq!(parts[1].body.as_ref(), b"42.5");
        assert_eq!(parts[2].body.as_ref(), br#"{"type": "FeatureCollection", "features": []}"#);
        let picture: Vec<u8> = b"\x89PNG\r\n\x1a\n".iter().copied().chain(0..=255).collect();
        assert_eq!(parts[3].body.as_ref(), picture);
        assert!(parts.iter().all(|part| part.header("content-disposition") == Some("INLINE")));
    }

    #[test]
    fn line_break_at_the_end_of_a_body_stays_where_boundaries_have_none() {
        let body = "--4f5c\r\nContent-ID: a\r\n\r\none\n--4f5c\r\nContent-ID: b\r\n\r\ntwo--4f5c--\r\n";
        assert_eq!(parts_of("multipart/related; boundary=4f5c", body), [triple("a", "", "one\n"), triple("b", "", "two")]);
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
            // Without an empty line after the headers, a body that begins with a line break or a header is
            // ambiguous.
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
