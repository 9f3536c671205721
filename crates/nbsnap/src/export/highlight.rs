//! The Rust of a cell as HTML, with its words marked by their kind. rust-analyzer's parser finds the kinds.
//!
//! Classes: `kw` keywords, `ty` types, `fn` functions and methods, `ma` macros, `st` text, `nu` numbers, `co`
//! comments, `at` attributes, `li` lifetimes, `cm` evcxr's own commands.

use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxElement, SyntaxKind, SyntaxToken};

use super::escape::escape;

const BEGIN: &str = "fn cell() {\n";
const END: &str = "\n}";

/// The HTML for a cell's source.
pub(super) fn highlight(source: &str) -> String {
    // Commands are not Rust. Blanks replace them, so that everything else keeps its position.
    let mut commands = Vec::new();
    let mut rust = String::with_capacity(source.len());
    for line in source.split_inclusive('\n') {
        let text = line.strip_suffix('\n').unwrap_or(line);
        if text.trim_start().starts_with(':') {
            commands.push(rust.len()..rust.len() + text.len());
            rust.push_str(&" ".repeat(text.len()));
            rust.push_str(&line[text.len()..]);
        } else {
            rust.push_str(line);
        }
    }
    let file = SourceFile::parse(&format!("{BEGIN}{rust}{END}"), Edition::Edition2024).tree();
    let mut html = String::new();
    let mut done = 0;
    let mut commands = commands.into_iter().peekable();
    let mut plain = |html: &mut String, from: usize, to: usize| {
        let mut from = from;
        while let Some(command) = commands.next_if(|command| command.start < to) {
            html.push_str(&escape(&source[from..command.start]));
            html.push_str(&format!("<span class=\"cm\">{}</span>", escape(&source[command.clone()])));
            from = command.end;
        }
        html.push_str(&escape(&source[from..to]));
    };
    for token in file.syntax().descendants_with_tokens().filter_map(SyntaxElement::into_token) {
        let range = token.text_range();
        let (start, end) = (usize::from(range.start()), usize::from(range.end()));
        let (Some(start), true) = (start.checked_sub(BEGIN.len()), end <= BEGIN.len() + source.len()) else { continue };
        let Some(class) = class(&token) else { continue };
        plain(&mut html, done, start);
        done = end - BEGIN.len();
        html.push_str(&format!("<span class=\"{class}\">{}</span>", escape(&source[start..done])));
    }
    plain(&mut html, done, source.len());
    html
}

/// The kind of a word.
fn class(token: &SyntaxToken) -> Option<&'static str> {
    use SyntaxKind::*;
    let kind = token.kind();
    if kind == COMMENT {
        return Some("co");
    }
    if token.parent_ancestors().any(|node| node.kind() == ATTR) {
        return (kind != WHITESPACE).then_some("at");
    }
    match kind {
        STRING | BYTE_STRING | C_STRING | CHAR | BYTE => Some("st"),
        INT_NUMBER | FLOAT_NUMBER => Some("nu"),
        LIFETIME_IDENT => Some("li"),
        IDENT => class_of_name(token),
        BANG => token.parent().filter(|parent| parent.kind() == MACRO_CALL).map(|_| "ma"),
        _ if kind.is_keyword(Edition::Edition2024) => Some("kw"),
        _ => None,
    }
}

fn class_of_name(token: &SyntaxToken) -> Option<&'static str> {
    use SyntaxKind::*;
    let parent = token.parent()?;
    let begins_great = token.text().starts_with(|c: char| c.is_ascii_uppercase());
    let is_constant = begins_great && token.text().len() > 1 && !token.text().contains(|c: char| c.is_ascii_lowercase());
    let is_followed_by = |kind| token.next_token().is_some_and(|next| next.kind() == kind);
    match (parent.kind(), parent.parent().map(|node| node.kind())) {
        (TOKEN_TREE, _) if is_followed_by(BANG) => Some("ma"),
        (TOKEN_TREE, _) if begins_great && !is_constant => Some("ty"),
        (TOKEN_TREE, _) if is_followed_by(L_PAREN) => Some("fn"),
        (NAME, Some(FN)) => Some("fn"),
        (NAME, Some(STRUCT | ENUM | UNION | TRAIT | TYPE_ALIAS | TYPE_PARAM | VARIANT)) => Some("ty"),
        (NAME_REF, Some(METHOD_CALL_EXPR)) => Some("fn"),
        (NAME_REF, Some(PATH_SEGMENT)) => {
            let path = parent.parent()?.parent()?;
            let whole = path.parent();
            match whole.as_ref().map(|node| node.kind()) {
                Some(MACRO_CALL) => Some("ma"),
                Some(PATH_EXPR) if whole?.parent().is_some_and(|call| call.kind() == CALL_EXPR) && !begins_great => Some("fn"),
                Some(PATH_TYPE) if !is_constant => Some("ty"),
                _ if begins_great && !is_constant => Some("ty"),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_marked_by_what_they_are() {
        let html = highlight(
            ":dep x = \"1\"\n// <note>\nlet job: Vec<u8> = client.get(&\"a\", 1.5)?;\n:vars\nprintln!(\"{}\", Some(f(1)));\nuse a::B;",
        );
        let expected = "<span class=\"cm\">:dep x = &quot;1&quot;</span>\n<span class=\"co\">// &lt;note&gt;</span>\n\
<span class=\"kw\">let</span> job: <span class=\"ty\">Vec</span>&lt;<span class=\"ty\">u8</span>&gt; = client.<span class=\"fn\">get</span>(\
&amp;<span class=\"st\">&quot;a&quot;</span>, <span class=\"nu\">1.5</span>)?;\n<span class=\"cm\">:vars</span>\n\
<span class=\"ma\">println</span><span class=\"ma\">!</span>(<span class=\"st\">&quot;{}&quot;</span>, <span class=\"ty\">Some</span>(\
<span class=\"fn\">f</span>(<span class=\"nu\">1</span>)));\n<span class=\"kw\">use</span> a::<span class=\"ty\">B</span>;";
        assert_eq!(html, expected);
    }

    #[test]
    fn whatever_it_is_it_is_all_there() {
        let tag = regex::Regex::new("<[^>]*>").unwrap();
        for source in ["", ":", "}", "fn {", "\"open", "水 = 1\n:dep\n", "/* ", "a\r\nb", "}\nfn x() {", "'a' 'b r#\"\n"] {
            let text = tag.replace_all(&highlight(source), "").into_owned();
            assert_eq!(text, escape(source));
        }
    }
}
