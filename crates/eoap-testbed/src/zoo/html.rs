//! The two pages for people that the landing page links to: itself, and the API's documentation.
//!
//! Both are lists and nothing more, written from the JSON documents. No other resource has a page.

use serde_json::Value;

use super::answer::Answer;
use super::call::Call;
use super::{landing, openapi};

const HTML: &str = "text/html;charset=UTF-8";

/// The landing page as a list of its links.
pub(super) fn landing(call: &Call<'_>) -> Answer {
    let document = landing::document(call);
    let links = document["links"].as_array().into_iter().flatten();
    let items = links.map(|link| format!("<a href=\"{}\">{}</a>", text(&link["href"]), text(&link["title"])));
    page(&document, items)
}

/// The operations of the API.
pub(super) fn api(call: Call<'_>) -> Answer {
    let document = openapi::document(call);
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, item)| {
        let operations = item.as_object().into_iter().flatten().filter(|(_, operation)| operation.is_object());
        operations.map(move |(method, operation)| {
            format!("<code>{} {path}</code> {}", method.to_uppercase(), text(&operation["summary"]))
        })
    });
    page(&document["info"], operations)
}

fn page(about: &Value, items: impl Iterator<Item = String>) -> Answer {
    let title = text(&about["title"]);
    let list: String = items.map(|item| format!("<li>{item}</li>\n")).collect();
    let head = format!("<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n");
    let body = format!("<body>\n<h1>{title}</h1>\n<p>{}</p>\n<ul>\n{list}</ul>\n</body>\n</html>\n", text(&about["description"]));
    Answer::new(200, HTML, head + &body)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
