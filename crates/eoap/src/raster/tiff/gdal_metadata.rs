//! What GDAL writes into TIFF tag 42112: an XML text with items such as
//! `<Item name="SCALE" sample="0" role="scale">0.0001</Item>`.
//!
//! [`GdalMetadata`] has the items of the file and of its bands. An item that is damaged is left out, as are
//! those of other domains.

use std::collections::BTreeMap;

use quick_xml::{
    Reader,
    escape::{resolve_predefined_entity, unescape},
    events::{BytesStart, Event},
};

/// Items of the file and of its bands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct GdalMetadata {
    /// Items that belong to the file as a whole.
    pub(crate) tags: BTreeMap<String, String>,
    /// What is known of each band.
    pub(crate) bands: Vec<BandMetadata>,
}

/// Scale, offset, unit, description and further items of a band.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BandMetadata {
    pub(crate) scale: f64,
    pub(crate) offset: f64,
    pub(crate) unit: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Default for BandMetadata {
    fn default() -> Self {
        Self { scale: 1.0, offset: 0.0, unit: None, description: None, tags: BTreeMap::new() }
    }
}

/// An item that is being read.
#[derive(Default)]
struct Item {
    name: String,
    sample: Option<usize>,
    role: String,
    domain: String,
    text: String,
}

impl GdalMetadata {
    /// Reads the items of a file with `count` bands.
    pub(crate) fn read(xml: &str, count: usize) -> Self {
        let mut metadata = Self { tags: BTreeMap::new(), bands: vec![BandMetadata::default(); count] };
        let mut reader = Reader::from_str(xml);
        let mut item: Option<Item> = None;
        loop {
            match (reader.read_event(), &mut item) {
                (Ok(Event::Start(start)), _) if start.name().as_ref() == b"Item" => item = Some(Item::of(&start)),
                (Ok(Event::Text(text)), Some(item)) => item.text.push_str(&text.decode().unwrap_or_default()),
                (Ok(Event::GeneralRef(entity)), Some(item)) => {
                    let name = entity.decode().unwrap_or_default();
                    match (resolve_predefined_entity(&name), entity.resolve_char_ref()) {
                        (Some(text), _) => item.text.push_str(text),
                        (None, Ok(Some(character))) => item.text.push(character),
                        _ => {}
                    }
                }
                (Ok(Event::End(_)), Some(_)) => {
                    if let Some(item) = item.take() {
                        metadata.add(item);
                    }
                }
                (Ok(Event::Eof) | Err(_), _) => return metadata,
                _ => {}
            }
        }
    }

    fn add(&mut self, item: Item) {
        // GDAL escapes twice: the value, then the whole text.
        let text = unescape(&item.text).map_or(item.text.clone(), |text| text.into_owned());
        let band = match item.sample {
            None if item.domain.is_empty() => {
                self.tags.insert(item.name, text);
                return;
            }
            Some(sample) => match self.bands.get_mut(sample) {
                Some(band) => band,
                None => return,
            },
            None => return,
        };
        match (item.role.as_str(), text.trim().parse::<f64>()) {
            ("scale", Ok(scale)) => band.scale = scale,
            ("offset", Ok(offset)) => band.offset = offset,
            ("unittype", _) if !text.is_empty() => band.unit = Some(text),
            ("description", _) if !text.is_empty() => band.description = Some(text),
            ("", _) if item.domain.is_empty() => {
                band.tags.insert(item.name, text);
            }
            _ => {}
        }
    }
}

impl Item {
    fn of(start: &BytesStart<'_>) -> Self {
        let attribute = |name: &str| {
            let attribute = start.try_get_attribute(name).ok().flatten()?;
            let text = String::from_utf8_lossy(&attribute.value).into_owned();
            Some(unescape(&text).map_or(text.clone(), |text| text.into_owned()))
        };
        let text = |name: &str| attribute(name).unwrap_or_default();
        Self {
            name: text("name"),
            // A sample that is not a number belongs to no band of this file.
            sample: attribute("sample").map(|sample| sample.parse().unwrap_or(usize::MAX)),
            role: text("role"),
            domain: text("domain"),
            text: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_offset_unit_and_items() {
        let xml = r#"<GDALMetadata>
  <Item name="OFFSET" sample="0" role="offset">1000</Item>
  <Item name="SCALE" sample="0" role="scale">0.0001</Item>
  <Item name="UNITTYPE" sample="1" role="unittype">m &amp;amp; s</Item>
  <Item name="DESCRIPTION" sample="1" role="description">near infrared</Item>
  <Item name="SCALE" sample="7" role="scale">2</Item>
  <Item name="STATISTICS_MAXIMUM" sample="0">7</Item>
  <Item name="SOURCE" domain="IMD">elsewhere</Item>
  <Item name="LAYER_TYPE">athematic</Item>
</GDALMetadata>"#;
        let metadata = GdalMetadata::read(xml, 2);
        assert_eq!((metadata.bands[0].scale, metadata.bands[0].offset), (0.0001, 1000.0));
        assert_eq!(metadata.bands[0].tags["STATISTICS_MAXIMUM"], "7");
        assert_eq!(metadata.bands[1].unit.as_deref(), Some("m & s"));
        assert_eq!(metadata.bands[1].description.as_deref(), Some("near infrared"));
        assert_eq!(metadata.tags, BTreeMap::from([("LAYER_TYPE".to_owned(), "athematic".to_owned())]));
    }

    #[test]
    fn damaged_texts_do_no_harm() {
        for xml in
            ["", "<Item ", "<GDALMetadata><Item name=\"A\">x", "<a>&nosuch;</a></a>", "<Item sample=\"-1\">&#x110000;</Item>"]
        {
            assert_eq!(GdalMetadata::read(xml, 1).bands, [BandMetadata::default()]);
        }
    }
}
