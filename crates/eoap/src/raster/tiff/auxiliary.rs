//! What GDAL writes beside a raster (`.aux.xml`, its "persistent auxiliary metadata"): items of each band.

use std::collections::BTreeMap;

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// Items of the bands, numbered from 1, of the default domain.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Auxiliary {
    pub(crate) bands: BTreeMap<usize, BTreeMap<String, String>>,
}

impl Auxiliary {
    /// Reads as much as there is; what is damaged is left out.
    pub(crate) fn read(xml: &str) -> Self {
        let mut auxiliary = Self::default();
        let mut reader = Reader::from_str(xml);
        let (mut band, mut is_default, mut item) = (None, false, None);
        loop {
            match reader.read_event() {
                Ok(Event::Start(start)) => match start.name().as_ref() {
                    b"PAMRasterBand" => band = attribute(&start, "band").and_then(|number| number.parse().ok()),
                    b"Metadata" => is_default = attribute(&start, "domain").is_none_or(|domain| domain.is_empty()),
                    b"MDI" => item = attribute(&start, "key").map(|key| (key, String::new())),
                    _ => {}
                },
                Ok(Event::Text(text)) => {
                    if let Some((_, value)) = &mut item {
                        value.push_str(&text.decode().unwrap_or_default());
                    }
                }
                Ok(Event::End(end)) => match end.name().as_ref() {
                    b"PAMRasterBand" => band = None,
                    b"MDI" => {
                        if let (Some(band), Some((key, value)), true) = (band, item.take(), is_default) {
                            auxiliary.bands.entry(band).or_default().insert(key, value);
                        }
                    }
                    _ => {}
                },
                Ok(Event::Eof) | Err(_) => return auxiliary,
                _ => {}
            }
        }
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok().flatten()?;
    Some(String::from_utf8_lossy(&attribute.value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_bands() {
        let xml = r#"<PAMDataset><Metadata><MDI key="A">b</MDI></Metadata>
  <PAMRasterBand band="2"><Metadata domain="IMAGE"><MDI key="NBITS">1</MDI></Metadata>
    <Metadata><MDI key="STATISTICS_MEAN">7.5</MDI></Metadata></PAMRasterBand></PAMDataset>"#;
        let band = BTreeMap::from([("STATISTICS_MEAN".to_owned(), "7.5".to_owned())]);
        assert_eq!(Auxiliary::read(xml).bands, BTreeMap::from([(2, band)]));
        for xml in ["", "<PAMRasterBand band='x'><MDI key='a'>1</MDI>", "<PAMRasterBand", "</MDI>"] {
            assert_eq!(Auxiliary::read(xml), Auxiliary::default());
        }
    }
}
