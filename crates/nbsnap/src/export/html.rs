//! A page as HTML: one file with everything it shows, for light and dark themes, for screen and paper.

use std::collections::BTreeMap;
use std::fmt::Write;

use base64::Engine as _;

use super::escape::escape;
use super::highlight::highlight;
use super::page::{Code, Data, Output, Page, Part, Shown};
use super::prose::{Heading, Prose};
use super::{forms, links, remote};

const CSS: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Output that is longer is scrolled in its own box.
const LINES: usize = 40;

/// The HTML of a page that needs no other file, but for those that its links lead to.
pub fn render(page: &Page) -> String {
    let Written { main, prose } = write(page, std::slice::from_ref(page));
    let nav = format!("<nav class=\"contents\" aria-label=\"Contents\">\n{}</nav>\n", contents(&prose.headings));
    document(&page.title, "", &format!("<div class=\"page\">\n{nav}<main id=\"main\">\n{main}</main>\n</div>\n"))
}

/// The cells of a page as HTML, with what was found in its prose.
pub(super) struct Written {
    pub(super) main: String,
    pub(super) prose: Prose,
}

/// Writes one of the pages that are written together.
pub(super) fn write(page: &Page, pages: &[Page]) -> Written {
    let mut prose = Prose::with_addresses(links::addresses(page, pages, "html"));
    let mut main = String::new();
    // Writing to a string cannot fail, here and below.
    for part in &page.parts {
        match part {
            Part::Prose(text, pictures) => {
                let _ = writeln!(main, "<section class=\"prose\">\n{}</section>", prose.write_html(text, pictures));
            }
            Part::Code(code) => {
                if code.source_shown != Shown::Not {
                    prose.add_words(&code.source);
                }
                write_code(&mut main, code, &page.language, &prose);
            }
        }
    }
    Written { main, prose }
}

/// A whole document. `head` is added to the head that every page has.
pub(super) fn document(title: &str, head: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"generator\" content=\"nbsnap {}\">\n<title>{}</title>\n<style>\n{CSS}</style>\n{head}</head>\n<body>\n{body}<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
        escape(title)
    )
}

/// The table of contents: headings down to the third level.
pub(super) fn contents(headings: &[Heading]) -> String {
    let mut list = String::from("<ul>\n");
    for heading in headings.iter().filter(|heading| heading.level <= 3) {
        let Heading { level, text, anchor, .. } = heading;
        let _ = writeln!(list, "<li class=\"level-{level}\"><a href=\"#{anchor}\">{}</a></li>", escape(text));
    }
    list + "</ul>\n"
}

fn write_code(out: &mut String, code: &Code, language: &str, prose: &Prose) {
    let name = code.id.as_ref().map(|id| format!(" id=\"cell-{}\"", escape(id))).unwrap_or_default();
    let _ = writeln!(out, "<section class=\"cell\"{name}>");
    let number =
        code.number.map(|number| format!("<span class=\"number\" aria-hidden=\"true\">{number}</span>")).unwrap_or_default();
    let text = if language == "rust" { highlight(&code.source) } else { escape(&code.source) };
    let source = format!("<div class=\"source\">{number}<pre class=\"code\"><code>{text}</code></pre></div>");
    write_shown(out, code.source_shown, "Code", &source);
    let mut outputs: String = code.outputs.iter().map(|one| output(one, prose)).collect();
    if !outputs.is_empty() {
        if code.is_stale {
            outputs.insert_str(0, "<p class=\"stale\">This output is of an earlier version of the code.</p>\n");
        }
        write_shown(out, code.outputs_shown, "Output", &format!("<div class=\"outputs\">\n{outputs}</div>"));
    }
    out.push_str("</section>\n");
}

fn write_shown(out: &mut String, shown: Shown, what: &str, html: &str) {
    let _ = match shown {
        Shown::Open => writeln!(out, "{html}"),
        Shown::Folded => writeln!(out, "<details><summary>{what}</summary>\n{html}\n</details>"),
        Shown::Not => Ok(()),
    };
}

fn output(output: &Output, prose: &Prose) -> String {
    match output {
        Output::Stdout(text) => block("stdout", text),
        Output::Stderr(text) => block("stderr", text),
        Output::Error(text) => block("error", text),
        Output::Display(data) => display(data, prose),
    }
}

/// The note below HTML that loads something when it is shown.
fn needs(html: &str) -> String {
    let hosts = remote::hosts(html);
    if hosts.is_empty() {
        return String::new();
    }
    let hosts: Vec<String> = hosts.iter().map(|host| escape(host)).collect();
    format!("<p class=\"needs\">To show this, your browser fetches from {}.</p>\n", hosts.join(" and "))
}

fn block(class: &str, text: &str) -> String {
    let long = if text.lines().count() > LINES { " long" } else { "" };
    // Line feeds at the end would only add empty lines.
    format!("<pre class=\"{class}{long}\">{}</pre>\n", escape(text.trim_end_matches('\n')))
}

fn display(data: &BTreeMap<String, Data>, prose: &Prose) -> String {
    let alt = match data.get("text/plain") {
        Some(Data::Text(text)) => escape(text.trim_end()),
        _ => String::new(),
    };
    let form = forms::first(data, &["text/html"], &["text/markdown", "text/plain"]);
    let json = || data.iter().find(|(mime, _)| mime.ends_with("json")).map(|(_, content)| content);
    match form {
        Some(("text/html", Data::Text(html))) => {
            format!("<div class=\"display html\">{}</div>\n{}", prose.of_display(html), needs(html))
        }
        Some(("image/svg+xml", Data::Text(svg))) => format!("<figure class=\"display\">{svg}</figure>\n"),
        Some(("text/markdown", Data::Text(text))) => {
            format!("<div class=\"display prose\">{}</div>\n", prose.for_display().write_html(text, &BTreeMap::new()))
        }
        Some((mime, Data::Binary(_, bytes))) => {
            let content = base64::engine::general_purpose::STANDARD.encode(bytes);
            format!("<figure class=\"display\"><img src=\"data:{mime};base64,{content}\" alt=\"{alt}\"></figure>\n")
        }
        Some((_, Data::Text(text))) => block("display", text),
        None => match json() {
            Some(Data::Text(json)) => block("display", json),
            _ => format!("<p class=\"display\">Output of type {} that cannot be shown here.</p>\n", {
                escape(&data.keys().cloned().collect::<Vec<_>>().join(", "))
            }),
        },
    }
}
