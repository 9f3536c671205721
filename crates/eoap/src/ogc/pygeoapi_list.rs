//! Results as pygeoapi lists them: `{"outputs": [{"id": …, "value": …}]}`.

use serde_json::{Map, Value, json};

use crate::ogc::documents::execution::Expected;

/// Name of an output that came without one.
pub(super) const UNNAMED: &str = "result";

/// `{"outputs": [{"id": …, "value": …}]}` as a document with a member per output. pygeoapi makes that list of
/// whatever the process gave: where it is no object with an `id`, the one entry is an object with a member
/// per output, or the one output.
pub(super) fn pygeoapi_list(object: &Map<String, Value>, expected: &Expected) -> Option<Map<String, Value>> {
    let entries = object.get("outputs").filter(|_| object.len() == 1)?.as_array()?;
    entries.iter().map(identified).collect::<Option<_>>().or_else(|| {
        let [entry] = entries.as_slice() else { return None };
        match (entry, expected.only()) {
            (Value::Object(value), None) if is_geojson(value) => {
                Some(Map::from_iter([(UNNAMED.to_owned(), json!({"value": entry}))]))
            }
            (Value::Object(outputs), None) => Some(outputs.clone()),
            (Value::Object(outputs), Some(name)) if outputs.contains_key(name) => Some(outputs.clone()),
            (_, name) => Some(Map::from_iter([(name.unwrap_or(UNNAMED).to_owned(), json!({"value": entry}))])),
        }
    })
}

/// Whether an object is a value of its own (RFC 7946) and no list of outputs.
fn is_geojson(object: &Map<String, Value>) -> bool {
    let has = |name: &str| object.contains_key(name);
    match object.get("type").and_then(Value::as_str) {
        Some("FeatureCollection") => has("features"),
        Some("Feature") => has("geometry") || has("properties"),
        Some("GeometryCollection") => has("geometries"),
        Some("Point" | "LineString" | "Polygon" | "MultiPoint" | "MultiLineString" | "MultiPolygon") => has("coordinates"),
        _ => false,
    }
}

/// An output that says which one it is.
fn identified(entry: &Value) -> Option<(String, Value)> {
    let mut entry = entry.as_object()?.clone();
    let Some(Value::String(id)) = entry.shift_remove("id") else { return None };
    (entry.contains_key("value") || entry.contains_key("href")).then_some((id, Value::Object(entry)))
}
