//! What GDAL writes about bands into TIFF tag 42112: an XML text with items such as
//! `<Item name="SCALE" sample="0" role="scale">0.0001</Item>`.
//!
//! Reads scale, offset and unit; all other items are left alone.

/// Scale, offset and unit of a band.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BandScaling {
    pub(crate) scale: f64,
    pub(crate) offset: f64,
    pub(crate) unit: Option<String>,
}

impl Default for BandScaling {
    fn default() -> Self {
        Self { scale: 1.0, offset: 0.0, unit: None }
    }
}

/// The scaling of each of `count` bands.
pub(crate) fn scalings(xml: &str, count: usize) -> Vec<BandScaling> {
    let mut bands = vec![BandScaling::default(); count];
    for item in xml.split("<Item ").skip(1) {
        let Some((attributes, rest)) = item.split_once('>') else { continue };
        let text = rest.split('<').next().unwrap_or("").trim();
        let sample = attribute(attributes, "sample").and_then(|sample| sample.parse::<usize>().ok());
        let Some(band) = sample.and_then(|sample| bands.get_mut(sample)) else { continue };
        match (attribute(attributes, "role"), text.parse::<f64>()) {
            (Some("scale"), Ok(scale)) => band.scale = scale,
            (Some("offset"), Ok(offset)) => band.offset = offset,
            (Some("unittype"), _) if !text.is_empty() => band.unit = Some(unescape(&unescape(text))),
            _ => {}
        }
    }
    bands
}

fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = attributes.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

/// GDAL escapes twice: the value, then the whole text.
fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_offset_and_unit() {
        let xml = r#"<GDALMetadata>
  <Item name="OFFSET" sample="0" role="offset">1000</Item>
  <Item name="SCALE" sample="0" role="scale">0.0001</Item>
  <Item name="UNITTYPE" sample="1" role="unittype">m &amp;amp; s</Item>
  <Item name="SCALE" sample="7" role="scale">2</Item>
  <Item name="LAYER_TYPE">athematic</Item>
</GDALMetadata>"#;
        let bands = scalings(xml, 2);
        assert_eq!(bands[0], BandScaling { scale: 0.0001, offset: 1000.0, unit: None });
        assert_eq!(bands[1], BandScaling { unit: Some("m & s".into()), ..BandScaling::default() });
        assert_eq!(scalings("<Item ", 1), [BandScaling::default()]);
    }
}
