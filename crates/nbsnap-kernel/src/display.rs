//! A cell's displays as Jupyter's messages: shown, updated in place, or cleared.
//!
//! A block whose MIME type has a parameter `display_id` (`text/html; display_id=map`) is shown once and then
//! updated in place. A block of the type [`CLEAR`] clears the output of the cell. With `wait`, that happens
//! when the next output comes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// The MIME type of a block that clears the output.
pub(crate) const CLEAR: &str = "application/vnd.jupyter.clear-output";

/// The kind and the content of the message for a display. `ids` are those that were shown before.
pub(crate) fn message(display: BTreeMap<String, String>, ids: &mut BTreeSet<String>) -> (&'static str, Value) {
    if let Some(how) = display.get(CLEAR) {
        return ("clear_output", json!({"wait": how.trim() == "wait"}));
    }
    let mut id = None;
    let mut data = Map::new();
    for (mime, text) in display {
        let (plain, parameters) = mime.split_once(';').unwrap_or((&mime, ""));
        let own = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("display_id="));
        let mime = if own.is_some() { plain.trim() } else { &mime };
        id = own.map(|own| own.trim().trim_matches('"').to_owned()).or(id);
        data.insert(mime.to_owned(), value(mime, text));
    }
    let transient = id.as_ref().map_or_else(|| json!({}), |id| json!({"display_id": id}));
    let is_known = id.is_some_and(|id| !ids.insert(id));
    let kind = if is_known { "update_display_data" } else { "display_data" };
    (kind, json!({"data": data, "metadata": {}, "transient": transient}))
}

/// JSON as JSON, all else as text.
fn value(mime: &str, text: String) -> Value {
    let is_json = mime == "application/json" || mime.ends_with("+json");
    is_json.then(|| serde_json::from_str(&text).ok()).flatten().unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(mime: &str, text: &str, ids: &mut BTreeSet<String>) -> (&'static str, Value) {
        message([(mime.to_owned(), text.to_owned())].into(), ids)
    }

    #[test]
    fn displays_with_a_name_are_updated() {
        let mut ids = BTreeSet::new();
        let (first, content) = shown("text/html; display_id=map", "1", &mut ids);
        assert_eq!(
            (first, &content["data"], &content["transient"]["display_id"]),
            ("display_data", &json!({"text/html": "1"}), &json!("map"))
        );
        assert_eq!(shown("text/html; display_id=map", "2", &mut ids).0, "update_display_data");
        assert_eq!(shown("text/html; charset=utf-8", "2", &mut ids).1["data"], json!({"text/html; charset=utf-8": "2"}));
    }

    #[test]
    fn json_is_json_where_it_can_be_read() {
        let mut ids = BTreeSet::new();
        assert_eq!(shown("application/geo+json", "[1]", &mut ids).1["data"]["application/geo+json"], json!([1]));
        assert_eq!(shown("application/json", "[1", &mut ids).1["data"]["application/json"], "[1");
        assert_eq!(shown(CLEAR, "wait", &mut ids), ("clear_output", json!({"wait": true})));
    }
}
