//! Pages as a site: a menu, a search, a start page with pictures, and the notebooks to download. It needs no
//! server, only its folder.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::json;

use super::escape::escape;
use super::forms::PICTURES;
use super::html::{self, Written};
use super::links::encoded;
use super::page::{Data, Output, Page, Part};
use super::prose::first_paragraph;

const SCRIPT: &str = include_str!("site.js");
/// How many characters of a page's first paragraph the start page shows.
const LEAD: usize = 180;

/// The content of a site.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its pages, in order.
    pub pages: &'a [Page],
    /// The notebooks, to be downloaded, by their pages' names.
    pub notebooks: &'a BTreeMap<String, Vec<u8>>,
}

impl Site<'_> {
    /// The files of the site, by their paths in its folder.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::from([("site.js".to_owned(), SCRIPT.as_bytes().to_vec())]);
        let mut found = Vec::new();
        for (index, page) in self.pages.iter().enumerate() {
            let written = html::write(page, self.pages);
            found.push(words(page, &written));
            files.insert(format!("{}.html", page.name), self.page(index, page, &written).into_bytes());
        }
        for (name, notebook) in self.notebooks {
            files.insert(format!("notebooks/{name}.ipynb"), notebook.clone());
        }
        files.insert("search.js".to_owned(), format!("const PAGES = {};\n", json!(found)).into_bytes());
        let index = self.index(&mut files);
        files.insert("index.html".to_owned(), index.into_bytes());
        files
    }

    fn page(&self, index: usize, page: &Page, written: &Written) -> String {
        let mut download = String::new();
        if self.notebooks.contains_key(&page.name) {
            // Writing to a string cannot fail, here and below.
            let href = format!("notebooks/{}.ipynb", encoded(&page.name));
            let _ = writeln!(download, "<p class=\"download\"><a href=\"{href}\" download>Download this notebook</a></p>");
        }
        let previous = index.checked_sub(1).and_then(|index| self.pages.get(index));
        let pager = pager(previous, self.pages.get(index + 1));
        let menu = self.menu(Some((index, &html::contents(&written.prose.headings))));
        let main = format!("<main id=\"main\">\n{download}{}{pager}</main>\n", written.main);
        self.document(&page.title, &format!("<div class=\"page\">\n{menu}{main}</div>\n"))
    }

    /// The start page. Pictures that it shows become files.
    fn index(&self, files: &mut BTreeMap<String, Vec<u8>>) -> String {
        let mut main = format!("<main id=\"main\">\n<h1>{}</h1>\n<ul class=\"index\">\n", escape(self.title));
        for page in self.pages {
            let link = link(page);
            let _ = write!(main, "<li>");
            if let Some((extension, content)) = picture(page) {
                let file = format!("pictures/{}.{extension}", page.name);
                let _ = write!(main, "<img src=\"{}\" alt=\"\" loading=\"lazy\">", escape(&encoded(&file)));
                files.insert(file, content);
            }
            let _ = write!(main, "<div><h2><a href=\"{link}\">{}</a></h2>", escape(&page.title));
            if let Some(lead) = lead(page) {
                let _ = write!(main, "<p>{}</p>", escape(&lead));
            }
            let _ = writeln!(main, "</div></li>");
        }
        main.push_str("</ul>\n</main>\n");
        self.document(self.title, &format!("<div class=\"page\">\n{}{main}</div>\n", self.menu(None)))
    }

    /// The list of all pages; below the one that is shown, its headings.
    fn menu(&self, shown: Option<(usize, &str)>) -> String {
        let mut menu = String::from("<nav id=\"menu\" class=\"contents menu\" aria-label=\"Pages\">\n<ul class=\"pages\">\n");
        for (index, page) in self.pages.iter().enumerate() {
            let (link, title) = (link(page), escape(&page.title));
            let _ = match shown.filter(|(shown, _)| *shown == index) {
                Some((_, contents)) => {
                    writeln!(menu, "<li><a href=\"{link}\" aria-current=\"page\">{title}</a>\n{contents}</li>")
                }
                None => writeln!(menu, "<li><a href=\"{link}\">{title}</a></li>"),
            };
        }
        menu + "</ul>\n</nav>\n"
    }

    fn document(&self, title: &str, body: &str) -> String {
        let title = if title == self.title { title.to_owned() } else { format!("{title} - {}", self.title) };
        let bar = format!(
            "<a class=\"skip\" href=\"#main\">Skip to the text</a>\n<header class=\"bar\">\n<a class=\"home\" href=\"index.html\">{}</a>\n\
             <form class=\"search\" role=\"search\" hidden><input type=\"search\" aria-label=\"Search all pages\" placeholder=\"Search\" \
             autocomplete=\"off\"><div class=\"results\" aria-live=\"polite\" hidden></div></form>\n\
             <button class=\"menu-button\" aria-expanded=\"false\" aria-controls=\"menu\" hidden>Menu</button>\n</header>\n",
            escape(self.title)
        );
        html::document(&title, "<script src=\"site.js\" defer></script>\n", &format!("{bar}{body}"))
    }
}

/// The text for the search: a page's title and address, and the words below each of its headings.
fn words(page: &Page, written: &Written) -> serde_json::Value {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut sections = vec![json!(["", "", plain(&written.prose.lead)])];
    sections.extend(written.prose.headings.iter().map(|heading| json!([heading.text, heading.anchor, plain(&heading.words)])));
    json!({ "title": page.title, "href": format!("{}.html", encoded(&page.name)), "sections": sections })
}

/// The first paragraph, cut at a word.
fn lead(page: &Page) -> Option<String> {
    let text = page.parts.iter().find_map(|part| match part {
        Part::Prose(text, _) => first_paragraph(text),
        Part::Code(_) => None,
    })?;
    if text.chars().count() <= LEAD {
        return Some(text);
    }
    let cut: String = text.chars().take(LEAD).collect();
    let (whole, _) = cut.rsplit_once(' ').unwrap_or((&cut, ""));
    Some(format!("{}…", whole.trim_end_matches([',', ';', ':'])))
}

/// The picture of a page on the start page: the largest one.
fn picture(page: &Page) -> Option<(&'static str, Vec<u8>)> {
    let outputs = page.parts.iter().flat_map(|part| match part {
        Part::Code(code) => code.outputs.as_slice(),
        Part::Prose(..) => &[],
    });
    let displays = outputs.filter_map(|output| match output {
        Output::Display(data) => Some(data),
        _ => None,
    });
    let forms = displays.filter_map(|data| PICTURES.iter().find_map(|(mime, extension)| Some((*extension, data.get(*mime)?))));
    let contents = forms.map(|(extension, data)| match data {
        Data::Binary(_, bytes) => (extension, bytes.clone()),
        Data::Text(svg) => (extension, svg.clone().into_bytes()),
    });
    contents.max_by_key(|(_, content)| content.len())
}

fn pager(previous: Option<&Page>, next: Option<&Page>) -> String {
    let to = |page: Option<&Page>, class: &str, word: &str| match page {
        Some(page) => format!(
            "<a class=\"{class}\" rel=\"{class}\" href=\"{}\"><small>{word}</small>{}</a>\n",
            link(page),
            escape(&page.title)
        ),
        None => String::new(),
    };
    let links = to(previous, "prev", "Previous") + &to(next, "next", "Next");
    if links.is_empty() { links } else { format!("<nav class=\"pager\" aria-label=\"Previous and next page\">\n{links}</nav>\n") }
}

fn link(page: &Page) -> String {
    escape(&format!("{}.html", encoded(&page.name)))
}
