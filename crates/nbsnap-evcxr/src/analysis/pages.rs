//! Makes rust-analyzer's texts readable: shows examples as rustdoc does, and hides private fields.

use rust_cells::analysis::Explanation;

/// The explanation that this Markdown is.
pub(super) fn readable(markdown: &str) -> Explanation {
    let (mut lines, mut plain): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut block: Option<Block> = None;
    for line in markdown.trim().lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            if let Some(block) = block.take() {
                if block.hides_fields {
                    let end = lines.iter().rposition(|line| line == "}").unwrap_or(lines.len());
                    lines.insert(end, "    // some fields are private".to_owned());
                }
                lines.push(line.to_owned());
            } else {
                // An example in Rust says how it is tested, which is of no interest here.
                let words = ["", "no_run", "ignore", "should_panic", "compile_fail", "rust"];
                let is_rust = language.split(',').all(|word| words.contains(&word.trim()) || word.starts_with("edition"));
                block = Some(Block { is_rust, ..Block::default() });
                lines.push(if is_rust { "```rust".to_owned() } else { line.to_owned() });
            }
            continue;
        }
        if block.as_mut().is_some_and(|block| block.is_hidden(line)) {
            continue;
        }
        if block.is_some() || line != "---" {
            plain.push(line);
        }
        // There, headings are those of a page. Here they are part of a few lines.
        let is_heading = block.is_none() && line.trim_start_matches('#').starts_with(' ') && line.starts_with('#');
        lines.push(if is_heading { format!("###{line}") } else { line.to_owned() });
    }
    let mut text = plain.join("\n");
    while text.contains("\n\n\n") {
        text = text.replace("\n\n\n", "\n\n");
    }
    Explanation { plain: text.trim().to_owned(), markdown: lines.join("\n") }
}

/// A block of code.
#[derive(Default)]
struct Block {
    is_rust: bool,
    /// Whether it is the declaration of a type with fields.
    is_type: bool,
    hides_fields: bool,
}

impl Block {
    /// Whether a line of it is not for readers.
    fn is_hidden(&mut self, line: &str) -> bool {
        let is_field = self.is_type && line.starts_with("    ") && line.ends_with(',') && line.contains(": ");
        let is_private = is_field && !line.trim_start().starts_with("pub");
        self.is_type |= line.starts_with("pub struct ") && line.ends_with('{') || line.starts_with("pub union ");
        self.hides_fields |= is_private;
        // Lines of examples that rustdoc hides.
        is_private || self.is_rust && (line.trim() == "#" || line.trim_start().starts_with("# "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_shown_as_it_is_meant() {
        let markdown = "```rust\nm\n```\n\n---\n\n# Title\n\n```no_run\n# use m::a;\n#\na();\n```\n\n```text\n# x\n```";
        let Explanation { plain, markdown } = readable(markdown);
        assert_eq!(markdown, "```rust\nm\n```\n\n---\n\n#### Title\n\n```rust\na();\n```\n\n```text\n# x\n```");
        assert_eq!(plain, "m\n\n# Title\n\na();\n\n# x");
    }

    #[test]
    fn private_fields_are_not_shown() {
        let shown =
            readable("```rust\npub struct Client {\n    pub name: String,\n    transport: Arc<T>,\n    prefer: P,\n}\n```").plain;
        assert_eq!(shown, "pub struct Client {\n    pub name: String,\n}");
        let shown = readable("```rust\npub struct Client {\n    a: u8,\n}\n```").markdown;
        assert_eq!(shown, "```rust\npub struct Client {\n    // some fields are private\n}\n```");
        let variants = "```rust\npub enum E {\n    A { x: u8 },\n    B,\n}\n```";
        assert_eq!(readable(variants).markdown, variants);
    }
}
