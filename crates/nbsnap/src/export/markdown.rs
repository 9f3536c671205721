//! A page as Markdown, with its pictures in a folder, for sites that have their own look.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::addresses::{self, Use};
use super::page::{Code, Data, Output, Page, Part, Shown};
use super::{forms, links};

/// The Markdown of one of the pages that are written together, and the files that it shows, by their paths
/// from its folder.
pub fn render(page: &Page, pages: &[Page]) -> (String, BTreeMap<String, Vec<u8>>) {
    let mut out = String::new();
    let addresses = links::addresses(page, pages, "md");
    let mut files = Files { folder: format!("{}_files", page.name), files: BTreeMap::new(), addresses };
    for part in &page.parts {
        if !out.is_empty() {
            out.push('\n');
        }
        match part {
            Part::Prose(text, pictures) => {
                let text = addresses::in_markdown(text.trim_end(), &mut |kind, address| match pictures.get(address) {
                    Some(Data::Binary(file, bytes)) if kind == Use::Picture => {
                        Some(files.add(file.rsplit(';').next().unwrap_or(file), bytes))
                    }
                    _ => files.addresses.get(address).cloned(),
                });
                // Writing to a string cannot fail.
                let _ = writeln!(out, "{text}");
            }
            Part::Code(code) => write_code(&mut out, code, &page.language, &mut files),
        }
    }
    (out, files.files)
}

struct Files {
    folder: String,
    files: BTreeMap<String, Vec<u8>>,
    /// The new addresses of links.
    addresses: BTreeMap<String, String>,
}

impl Files {
    /// Keeps a file, and gives the path by which the page names it.
    fn add(&mut self, name: &str, content: &[u8]) -> String {
        let path = format!("{}/{name}", self.folder);
        self.files.insert(path.clone(), content.to_vec());
        links::encoded(&path)
    }
}

fn write_code(out: &mut String, code: &Code, language: &str, files: &mut Files) {
    let mut blocks = Vec::new();
    match code.source_shown {
        Shown::Open => blocks.push(fenced(language, &code.source)),
        Shown::Folded => blocks.push(folded("Code", &fenced(language, &code.source))),
        Shown::Not => {}
    }
    let outputs = code.outputs.iter().map(|output| match output {
        Output::Stdout(text) => fenced("text", text),
        Output::Stderr(text) => format!("Standard error:\n\n{}", fenced("text", text)),
        Output::Error(text) => format!("The cell fails:\n\n{}", fenced("text", text)),
        Output::Display(data) => display(code, data, files),
    });
    let mut outputs: Vec<String> = outputs.collect();
    if code.is_stale && !outputs.is_empty() {
        outputs.insert(0, "*This output is of an earlier version of the code.*\n".to_owned());
    }
    match code.outputs_shown {
        Shown::Open => blocks.extend(outputs),
        Shown::Folded if !outputs.is_empty() => blocks.push(folded("Output", &outputs.join("\n"))),
        Shown::Folded | Shown::Not => {}
    }
    out.push_str(&blocks.join("\n"));
}

fn display(code: &Code, data: &BTreeMap<String, Data>, files: &mut Files) -> String {
    let text = data.get("text/plain").and_then(|text| match text {
        Data::Text(text) => Some(text.as_str()),
        Data::Binary(..) => None,
    });
    let form = forms::first(data, &["text/markdown"], &["text/html"]);
    let json = || data.iter().find(|(mime, _)| mime.ends_with("json")).map(|(mime, content)| (mime.as_str(), content));
    match form {
        Some(("text/markdown", Data::Text(text))) => {
            let text = addresses::in_markdown(text.trim_end(), &mut |_, address| files.addresses.get(address).cloned());
            format!("{text}\n")
        }
        // An empty line would end the HTML.
        Some(("text/html", Data::Text(html))) => {
            let html = addresses::in_html(html, &mut |_, address| files.addresses.get(address).cloned());
            let lines: Vec<&str> = html.lines().filter(|line| !line.trim().is_empty()).collect();
            format!("<div>{}</div>\n", lines.join("\n"))
        }
        Some(("image/svg+xml", Data::Text(svg))) => {
            let name = format!("{}.svg", code.id.as_deref().unwrap_or("picture"));
            picture(text, &files.add(&name, svg.as_bytes()))
        }
        Some((_, Data::Binary(name, bytes))) => picture(text, &files.add(name, bytes)),
        _ => match (text, json()) {
            (Some(text), _) => fenced("text", text),
            (None, Some((_, Data::Text(json)))) => fenced("json", json),
            _ => format!("*Output of type {} that cannot be shown here.*\n", data.keys().cloned().collect::<Vec<_>>().join(", ")),
        },
    }
}

fn picture(text: Option<&str>, path: &str) -> String {
    let first = text.and_then(|text| text.lines().next()).unwrap_or("picture").replace(['[', ']', '\\', '`'], "");
    format!("![{first}]({path})\n")
}

/// A code block whose fence is longer than any in its text.
fn fenced(language: &str, text: &str) -> String {
    let longest = text.lines().map(|line| line.chars().take_while(|c| *c == '`').count()).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let newline = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{text}{newline}{fence}\n")
}

fn folded(summary: &str, block: &str) -> String {
    format!("<details><summary>{summary}</summary>\n\n{block}\n</details>\n")
}
