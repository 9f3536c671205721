//! Well-known text of reference systems in its first version (OGC 01-009), as GDAL 3 writes it.
//!
//! [`Node`] reads and writes the text; [`as_gdal`] turns definitions of the EPSG registry as older programs
//! write them into GDAL's spelling. The meaning of the words is not known here.

use std::fmt;

/// A keyword with its values: `UNIT["metre",1]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) keyword: String,
    pub(crate) values: Vec<Value>,
}

/// One value of a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// In quotes.
    Text(String),
    /// A number, or a word such as `NORTH`.
    Word(String),
    Node(Node),
}

impl Node {
    pub(crate) fn new(keyword: &str, values: impl IntoIterator<Item = Value>) -> Self {
        Self { keyword: keyword.to_owned(), values: values.into_iter().collect() }
    }

    /// Reads a text; nothing if it is not well formed.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (node, rest) = parse_node(text)?;
        rest.trim().is_empty().then_some(node)
    }

    /// The first value, if it is a text: the name of what the node defines.
    pub(crate) fn name(&self) -> Option<&str> {
        self.values.iter().find_map(|value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The first node within this one that has this keyword.
    pub(crate) fn child(&self, keyword: &str) -> Option<&Self> {
        self.children(keyword).next()
    }

    pub(crate) fn children(&self, keyword: &str) -> impl Iterator<Item = &Self> {
        self.values.iter().filter_map(move |value| match value {
            Value::Node(node) if node.keyword == keyword => Some(node),
            _ => None,
        })
    }

    /// The value at a place, if it is a text.
    pub(crate) fn text(&self, index: usize) -> Option<&str> {
        match self.values.get(index)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value at a place, if it is a number.
    pub(crate) fn number(&self, index: usize) -> Option<f64> {
        match self.values.get(index)? {
            Value::Word(word) => word.parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    fn nodes(&mut self) -> impl Iterator<Item = &mut Self> {
        self.values.iter_mut().filter_map(|value| match value {
            Value::Node(node) => Some(node),
            _ => None,
        })
    }

    fn has(&self, keyword: &str) -> bool {
        self.values.iter().any(|value| value.is_node(keyword))
    }
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(crate) fn word(word: &str) -> Self {
        Self::Word(word.to_owned())
    }

    /// A number as GDAL writes it: 15 digits.
    pub(crate) fn number(number: f64) -> Self {
        Self::Word(fifteen_digits(number))
    }

    fn is_node(&self, keyword: &str) -> bool {
        matches!(self, Self::Node(node) if node.keyword == keyword)
    }
}

impl From<Node> for Value {
    fn from(node: Node) -> Self {
        Self::Node(node)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[", self.keyword)?;
        for (index, value) in self.values.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match value {
                Value::Text(text) => write!(f, "{comma}\"{text}\"")?,
                Value::Word(word) => write!(f, "{comma}{word}")?,
                Value::Node(node) => write!(f, "{comma}{node}")?,
            }
        }
        f.write_str("]")
    }
}

/// A definition of the EPSG registry in GDAL 3's spelling: no datum shifts, numbers of 15 digits, axes always
/// and by their long names, parameters in the registry's order.
pub(crate) fn as_gdal(mut node: Node) -> Node {
    respell(&mut node);
    match node.keyword.as_str() {
        "GEOGCS" if !node.has("AXIS") => add_axes(&mut node, [("Latitude", "NORTH"), ("Longitude", "EAST")]),
        // Where northing comes first, older programs left the axes out.
        "PROJCS" if !node.has("AXIS") => add_axes(&mut node, [("Northing", "NORTH"), ("Easting", "EAST")]),
        "PROJCS" => node.nodes().filter(|node| node.keyword == "AXIS").for_each(rename_axis),
        _ => {}
    }
    if node.keyword == "PROJCS" {
        arrange_parameters(&mut node.values);
    }
    node
}

fn respell(node: &mut Node) {
    node.values.retain(|value| !value.is_node("TOWGS84"));
    let is_proj = node.keyword == "EXTENSION" && node.name() == Some("PROJ4");
    for value in &mut node.values {
        match value {
            Value::Node(node) => respell(node),
            Value::Word(word) if word.contains('.') => {
                if let Ok(number) = word.parse() {
                    *word = fifteen_digits(number);
                }
            }
            Value::Text(text) if is_proj => {
                *text = text.split(' ').map(|word| word.trim_end_matches(".0")).collect::<Vec<_>>().join(" ")
            }
            _ => {}
        }
    }
}

fn add_axes(node: &mut Node, axes: [(&str, &str); 2]) {
    let end = node.values.iter().position(|value| value.is_node("AUTHORITY")).unwrap_or(node.values.len());
    let axes = axes.map(|(name, direction)| Node::new("AXIS", [Value::text(name), Value::word(direction)]).into());
    node.values.splice(end..end, axes);
}

fn rename_axis(axis: &mut Node) {
    if let [Value::Text(name), Value::Word(direction)] = &mut axis.values[..] {
        let long = match direction.as_str() {
            "EAST" => "Easting",
            "NORTH" => "Northing",
            "SOUTH" => "Southing",
            "WEST" => "Westing",
            _ => return,
        };
        *name = long.to_owned();
    }
}

/// Standard parallels come after the origin, and a polar projection is written without a scale of 1.
fn arrange_parameters(values: &mut Vec<Value>) {
    let of = |value: &Value, keyword: &str, begin: &str| matches!(value, Value::Node(node) if node.keyword == keyword && node.name().is_some_and(|name| name.starts_with(begin)));
    if values.iter().any(|value| of(value, "PROJECTION", "Polar_Stereographic")) {
        let one = Value::word("1");
        values.retain(|value| !matches!(value, Value::Node(node) if of(value, "PARAMETER", "scale_factor") && node.values[1..] == [one.clone()]));
    }
    let position = |name: &str| values.iter().position(|value| of(value, "PARAMETER", name));
    if let (Some(first), Some(second)) = (position("standard_parallel_1"), position("standard_parallel_2"))
        && second == first + 1
        && values.get(second + 2).is_some_and(|value| of(value, "PARAMETER", "longitude") || of(value, "PARAMETER", "central"))
        && of(&values[second + 1], "PARAMETER", "latitude")
    {
        values[first..first + 4].rotate_left(2);
    }
}

/// C's `%.15g`.
fn fifteen_digits(number: f64) -> String {
    let scientific = format!("{number:.14e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    if (-4..15).contains(&exponent) {
        trim(&format!("{number:.*}", (14 - exponent) as usize))
    } else {
        format!("{}E{}{:02}", trim(digits), if exponent < 0 { '-' } else { '+' }, exponent.abs())
    }
}

fn parse_node(text: &str) -> Option<(Node, &str)> {
    let (keyword, mut rest) = text.trim_start().split_once('[')?;
    if !keyword.chars().all(|character| character.is_ascii_alphanumeric() || character == '_') {
        return None;
    }
    let mut values = Vec::new();
    loop {
        rest = rest.trim_start();
        let value;
        if let Some(quoted) = rest.strip_prefix('"') {
            let (text, after) = quoted.split_once('"')?;
            (value, rest) = (Value::text(text), after);
        } else {
            let end = rest.find(['[', ',', ']'])?;
            if rest[end..].starts_with('[') {
                let (node, after) = parse_node(rest)?;
                (value, rest) = (Value::Node(node), after);
            } else {
                (value, rest) = (Value::word(rest[..end].trim()), &rest[end..]);
            }
        }
        values.push(value);
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(']') {
            return Some((Node { keyword: keyword.to_owned(), values }, after));
        }
        rest = rest.strip_prefix(',')?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_and_written() {
        let text = r#"GEOGCS["WGS 84",UNIT["degree",0.0174532925199433],AXIS["Latitude",NORTH]]"#;
        let node = Node::parse(text).expect("WKT");
        assert_eq!((node.name(), node.to_string().as_str()), (Some("WGS 84"), text));
        for broken in ["", "A", "A[", r#"A["x"#, "A[1", "A[1]]", "A[1]B", "A B[1]"] {
            assert_eq!(Node::parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn numbers_of_c() {
        for (number, text) in
            [(1.0, "1"), (0.9996, "0.9996"), (0.0174532925199433, "0.0174532925199433"), (38.333333333333336, "38.3333333333333")]
        {
            assert_eq!(fifteen_digits(number), text);
        }
        for (number, text) in
            [(1e-5, "1E-05"), (1e15, "1E+15"), (-2500000.0, "-2500000"), (0.0, "0"), (999999999999999.9, "1E+15")]
        {
            assert_eq!(fifteen_digits(number), text);
        }
    }

    #[test]
    fn older_definitions_are_respelled() {
        let old = r#"PROJCS["x",GEOGCS["y",DATUM["z",SPHEROID["s",1.5,294.9786982138982],TOWGS84[0,0,0,0,0,0,0]]],PROJECTION["Lambert_Conformal_Conic_2SP"],PARAMETER["standard_parallel_1",1],PARAMETER["standard_parallel_2",2],PARAMETER["latitude_of_origin",3],PARAMETER["central_meridian",4],AXIS["X",EAST],AXIS["Y",NORTH]]"#;
        let new = r#"PROJCS["x",GEOGCS["y",DATUM["z",SPHEROID["s",1.5,294.978698213898]]],PROJECTION["Lambert_Conformal_Conic_2SP"],PARAMETER["latitude_of_origin",3],PARAMETER["central_meridian",4],PARAMETER["standard_parallel_1",1],PARAMETER["standard_parallel_2",2],AXIS["Easting",EAST],AXIS["Northing",NORTH]]"#;
        assert_eq!(as_gdal(Node::parse(old).expect("WKT")).to_string(), new);
    }
}
