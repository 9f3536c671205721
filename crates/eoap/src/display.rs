//! Puts rich output into a notebook: the only place of this library that writes to standard output.
//!
//! A [`Bundle`] holds one thing in several media types: always text, perhaps HTML or an image.
//! [`Bundle::emit`] prints them as blocks between two marker lines, which the Rust kernel for Jupyter
//! (evcxr) reads from standard output. [`Table`] builds the two forms of a table. The types with an
//! `evcxr_display` method decide what is shown. Nothing is known about them here.

use std::io::Write;

use base64::{Engine, engine::general_purpose::STANDARD};

mod card;
mod table;

pub(crate) use card::Card;
pub(crate) use table::{Align, Table};

/// One thing to show, in one or more media types. A front end picks the richest that it can show.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a bundle shows nothing until `emit` is called"]
pub(crate) struct Bundle {
    parts: Vec<(&'static str, String)>,
    text: String,
}

impl Bundle {
    /// A bundle with its plain text, for front ends and readers without HTML and images.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { parts: Vec::new(), text: text.into() }
    }

    /// Adds HTML (`text/html`). Escape what comes from elsewhere with [`escape`].
    pub(crate) fn html(mut self, html: impl Into<String>) -> Self {
        self.parts.push(("text/html", html.into()));
        self
    }

    /// Adds an image, the bytes of a PNG file (`image/png`); written as Base64 on one line (RFC 4648).
    #[cfg_attr(not(feature = "raster"), allow(dead_code, reason = "what only rasters need"))]
    pub(crate) fn png(mut self, png: &[u8]) -> Self {
        self.parts.push(("image/png", STANDARD.encode(png)));
        self
    }

    /// Adds an SVG document twice: unchanged (`image/svg+xml`), and as an image within HTML, which front
    /// ends prefer. The image shrinks to narrow windows and shows in notebooks that are not trusted. Its
    /// alternative text is the first line of the bundle's text.
    pub(crate) fn svg(self, svg: &str) -> Self {
        let image = format!(
            "<img alt=\"{}\" style=\"max-width:100%;height:auto;margin:.3em 0\" src=\"data:image/svg+xml;base64,{}\">",
            attribute(&self.text),
            STANDARD.encode(svg)
        );
        let mut bundle = self.html(image);
        bundle.parts.push(("image/svg+xml", svg.to_owned()));
        bundle
    }

    /// The blocks as the kernel reads them: a begin line with the media type, the content, an end line.
    pub(crate) fn to_blocks(&self) -> String {
        let text = ("text/plain", self.text.clone());
        let mut blocks = String::new();
        for (media_type, content) in self.parts.iter().chain([&text]) {
            blocks.push_str("EVCXR_BEGIN_CONTENT ");
            blocks.push_str(media_type);
            blocks.push('\n');
            for line in content.lines() {
                // A line of content that looks like a marker would end the block early, or stop the kernel.
                if line.starts_with("EVCXR_") {
                    blocks.push(' ');
                }
                blocks.push_str(line);
                blocks.push('\n');
            }
            blocks.push_str("EVCXR_END_CONTENT\n");
        }
        blocks
    }

    /// Writes the blocks to standard output, all at once so that no other output gets in between.
    pub(crate) fn emit(&self) {
        let blocks = self.to_blocks();
        let mut out = std::io::stdout().lock();
        // Like `println!`, but without a panic if standard output is closed: then nobody is watching.
        let _ = out.write_all(blocks.as_bytes()).and_then(|()| out.flush());
    }
}

/// The alternative text of a picture: the first line of its text, escaped. The other lines are usually
/// tables, which make no sense when they are read out.
pub(crate) fn attribute(text: &str) -> String {
    escape(text.lines().next().unwrap_or_default())
}

/// Escapes text for HTML, for element content and for quoted attribute values.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn richer_forms_come_before_the_text() {
        assert_eq!(
            Bundle::text("3 < 4").html("<b>3 &lt; 4</b>").to_blocks(),
            "EVCXR_BEGIN_CONTENT text/html\n<b>3 &lt; 4</b>\nEVCXR_END_CONTENT\n\
             EVCXR_BEGIN_CONTENT text/plain\n3 < 4\nEVCXR_END_CONTENT\n"
        );
        assert_eq!(escape(r#"<a href="x">&"#), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }

    #[test]
    fn content_cannot_fake_a_marker() {
        let blocks = Bundle::text("a\nEVCXR_END_CONTENT\nEVCXR_EXECUTION_COMPLETE").to_blocks();
        assert_eq!(
            blocks,
            "EVCXR_BEGIN_CONTENT text/plain\na\n EVCXR_END_CONTENT\n EVCXR_EXECUTION_COMPLETE\nEVCXR_END_CONTENT\n"
        );
    }

    #[test]
    fn drawing_is_an_image_with_words_for_it() {
        let blocks = Bundle::text("a \"map\" of <b>\nand more").svg("<svg>\n</svg>").to_blocks();
        let html = "<img alt=\"a &quot;map&quot; of &lt;b&gt;\" style=\"max-width:100%;height:auto;margin:.3em 0\" \
            src=\"data:image/svg+xml;base64,PHN2Zz4KPC9zdmc+\">";
        let svg = "EVCXR_BEGIN_CONTENT image/svg+xml\n<svg>\n</svg>\nEVCXR_END_CONTENT\n";
        assert!(blocks.starts_with(&format!("EVCXR_BEGIN_CONTENT text/html\n{html}\nEVCXR_END_CONTENT\n{svg}")), "{blocks}");
    }

    #[test]
    fn image_is_one_line_of_base64() {
        let blocks = Bundle::text("an image").png(&[0xff; 100]).to_blocks();
        assert_eq!(blocks.lines().count(), 6);
        assert!(blocks.starts_with("EVCXR_BEGIN_CONTENT image/png\n////"));
    }
}
