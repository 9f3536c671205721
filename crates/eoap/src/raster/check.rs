//! Does a file agree with its STAC item?
//!
//! [`AssetReport`] compares what an item and its asset state (projection, raster and file extensions,
//! bounding box, footprint) with the file. A member that the item lacks is no fault. Nothing is printed.

use std::fmt;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::dataset::Raster;
use crate::{
    display::{Align, Bundle, Table},
    error::{Error, Result},
};

/// rio-stac reads images in this size for statistics.
const MAX_SIZE: u32 = 1024;
/// What counts as the same place: a tenth of a millimetre of a reference system in metres, some centimetres
/// in degrees.
const LENGTH: f64 = 1e-4;
const DEGREES: f64 = 1e-6;
/// Values this long are cut in the table.
const SHOWN: usize = 60;

/// What an item states about an asset, member by member, and what the file says, from [`check_asset`]. In a
/// notebook it shows as a table.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AssetReport {
    /// Address of the file.
    pub raster: String,
    /// What was compared.
    pub findings: Vec<Finding>,
}

/// A member that was compared.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// Name of the member, such as `proj:shape` or `raster:bands[0].statistics`.
    pub member: String,
    /// What the item or the asset states.
    pub stated: Value,
    /// What the file says.
    pub found: Value,
    /// Whether that is the same.
    pub agrees: bool,
}

/// Opens an asset of an item and compares what both say: `proj:epsg` or `proj:code`, `proj:shape`,
/// `proj:transform`, `proj:bbox`, `proj:geometry`, the item's `bbox` and `geometry`, media type and
/// `file:size`.
///
/// Bands are compared, too: `raster:bands` (STAC 1.0), or `bands` and what the asset states for all of them
/// (STAC 1.1). Their statistics and histograms are computed anew.
///
/// # Errors
///
/// [`Error::Url`] if the item has no such asset, and those of [`Raster::open`] and [`Raster::statistics`].
/// Differences are no errors: see [`AssetReport::agrees`].
///
/// ```no_run
/// # async fn run(items: eoap::ItemCollection) -> Result<(), eoap::Error> {
/// let report = eoap::check_asset(&items[0], "data").await?;
/// assert!(report.agrees(), "{report}");
/// # Ok(())
/// # }
/// ```
pub fn check_asset<'a>(item: &'a stac::Item, asset: &'a str) -> BoxFuture<'a, Result<AssetReport>> {
    Box::pin(async move {
        let Some(found) = item.assets.get(asset) else {
            let keys: Vec<&str> = item.assets.keys().map(String::as_str).collect();
            let reason = format!("item {} has no asset {asset:?}; it has {}", item.id, keys.join(", "));
            return Err(Error::Url { url: asset.to_owned(), reason });
        };
        Raster::open(found).await?.check_asset(item, asset).await
    })
}

impl Raster {
    /// Compares this raster with what an item says of one of its assets; see [`check_asset`].
    ///
    /// # Errors
    ///
    /// Those of [`Raster::statistics`].
    pub fn check_asset<'a>(&'a self, item: &'a stac::Item, asset: &'a str) -> BoxFuture<'a, Result<AssetReport>> {
        Box::pin(async move {
            let item = serde_json::to_value(item).map_err(|source| Error::Encode { what: "the item".to_owned(), source })?;
            let mut report = AssetReport { raster: self.name().to_owned(), findings: Vec::new() };
            self.check_projection(&item, asset, &mut report);
            self.check_place(&item, &mut report);
            let asset = &item["assets"][asset];
            if let Some(stated) = StatedBands::of(asset, self.profile().count.into()) {
                let found = json!(self.statistics(MAX_SIZE).await?);
                report.compare_bands(&stated, found.as_array().map_or(&[], Vec::as_slice));
            }
            report.compare("file:size", &asset["file:size"], json!(self.file_size()), 0.0);
            if let Some(media_type) = asset["type"].as_str() {
                let agrees = media_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("image/tiff"));
                report.findings.push(Finding {
                    member: "type".into(),
                    stated: media_type.into(),
                    found: "image/tiff".into(),
                    agrees,
                });
            }
            Ok(report)
        })
    }

    fn check_projection(&self, item: &Value, asset: &str, report: &mut AssetReport) {
        // A statement of the asset comes before one of the item.
        let stated = |name: &str| match &item["assets"][asset][name] {
            Value::Null => item["properties"][name].clone(),
            own => own.clone(),
        };
        let epsg = self.crs().and_then(|crs| crs.epsg);
        let (affine, bounds) = (self.transform(), self.bounds());
        report.compare("proj:epsg", &stated("proj:epsg"), json!(epsg), 0.0);
        report.compare("proj:code", &stated("proj:code"), json!(epsg.map(|code| format!("EPSG:{code}"))), 0.0);
        report.compare("proj:shape", &stated("proj:shape"), json!([self.height(), self.width()]), 0.0);
        let mut matrix = vec![affine.a, affine.b, affine.c, affine.d, affine.e, affine.f, 0.0, 0.0, 1.0];
        let transform = stated("proj:transform");
        matrix.truncate(transform.as_array().map_or(9, |stated| stated.len().clamp(6, 9)));
        report.compare("proj:transform", &transform, json!(matrix), LENGTH);
        report.compare("proj:bbox", &stated("proj:bbox"), json!(bounds.to_array()), LENGTH);
        let mut ring = bounds.corners().to_vec();
        ring.push(ring[0]);
        report.compare("proj:geometry", &stated("proj:geometry"), json!({"type": "Polygon", "coordinates": [ring]}), LENGTH);
    }

    fn check_place(&self, item: &Value, report: &mut AssetReport) {
        let found = |value: Result<Value>| value.unwrap_or_else(|error| Value::from(error.to_string()));
        report.compare("bbox", &item["bbox"], found(self.bounds_wgs84().map(|bounds| json!(bounds.to_array()))), DEGREES);
        report.compare("geometry", &item["geometry"], found(self.footprint().map(|footprint| json!(footprint))), DEGREES);
    }
}

/// What an asset states about its bands.
struct StatedBands {
    /// Name of the list.
    member: &'static str,
    bands: Vec<Map<String, Value>>,
}

impl StatedBands {
    /// In `raster:bands` (STAC 1.0 with the raster extension 1), else in `bands` and beside it (STAC 1.1 with
    /// the raster extension 2). There, a statement of the asset counts for each band that does not have its
    /// own. Nothing if neither states anything that can be compared with a file.
    fn of(asset: &Value, count: usize) -> Option<Self> {
        const COMMON: [&str; 4] = ["data_type", "nodata", "unit", "statistics"];
        const RASTER: [&str; 7] =
            ["sampling", "scale", "offset", "histogram", "bits_per_sample", "spatial_resolution", "statistics"];
        if let Some(bands) = asset["raster:bands"].as_array() {
            let bands = bands.iter().map(|band| band.as_object().cloned().unwrap_or_default()).collect();
            return Some(Self { member: "raster:bands", bands });
        }
        let plain = |members: &Value| -> Map<String, Value> {
            let common = COMMON.iter().filter_map(|name| Some(((*name).to_owned(), members.get(*name)?.clone())));
            let raster =
                RASTER.iter().filter_map(|name| Some(((*name).to_owned(), members.get(format!("raster:{name}"))?.clone())));
            common.chain(raster).filter(|(_, value)| !value.is_null()).collect()
        };
        let of_all = plain(asset);
        let bands: Vec<_> = match asset["bands"].as_array() {
            Some(bands) => bands.iter().map(|band| of_all.clone().into_iter().chain(plain(band)).collect()).collect(),
            None => vec![of_all; count],
        };
        bands.iter().any(|band: &Map<_, _>| !band.is_empty()).then_some(Self { member: "bands", bands })
    }
}

impl AssetReport {
    /// Whether the file agrees with everything that is stated. An item that states nothing does not agree.
    pub fn agrees(&self) -> bool {
        !self.findings.is_empty() && self.findings.iter().all(|finding| finding.agrees)
    }

    /// The members with which the file does not agree.
    pub fn differences(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.agrees)
    }

    fn compare(&mut self, member: &str, stated: &Value, found: Value, tolerance: f64) {
        if !stated.is_null() {
            let agrees = same(stated, &found, tolerance);
            self.findings.push(Finding { member: member.to_owned(), stated: stated.clone(), found, agrees });
        }
    }

    fn compare_bands(&mut self, stated: &StatedBands, found: &[Value]) {
        let list = stated.member;
        self.compare(&format!("{list}, number of"), &json!(stated.bands.len()), json!(found.len()), 0.0);
        for (index, (stated, found)) in stated.bands.iter().zip(found).enumerate() {
            for (name, stated) in stated {
                let member = format!("{list}[{index}].{name}");
                // Members that are no statement about the file's values (names of bands, resolutions …) have
                // nothing to compare with.
                if let Some(found) = found.get(name) {
                    self.compare(&member, stated, found.clone(), 0.0);
                } else if matches!(name.as_str(), "nodata" | "sampling" | "unit") {
                    self.compare(&member, stated, Value::Null, 0.0);
                }
            }
        }
    }

    /// Shows the report in a notebook.
    pub fn evcxr_display(&self) {
        Bundle::text(self.to_string()).html(self.table().to_html()).emit();
    }

    fn table(&self) -> Table {
        let mut table = Table::new(["member", "agrees", "stated", "in the file"].map(|name| (name, Align::Left)));
        let short = |value: &Value| {
            let text = value.to_string();
            if text.chars().count() <= SHOWN { text } else { text.chars().take(SHOWN).chain("…".chars()).collect() }
        };
        for finding in &self.findings {
            let found = if finding.agrees { "the same".to_owned() } else { short(&finding.found) };
            table.row([
                finding.member.clone(),
                if finding.agrees { "yes" } else { "NO" }.to_owned(),
                short(&finding.stated),
                found,
            ]);
        }
        table
    }
}

impl fmt::Display for AssetReport {
    /// A line with the verdict, and a table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let differences = self.differences().count();
        let verdict = match (self.findings.len(), differences) {
            (0, _) => "nothing is stated about it".to_owned(),
            (count, 0) => format!("says what its item says ({count} members compared)"),
            (count, _) => format!("differs from its item in {differences} of {count} members"),
        };
        write!(f, "{} {verdict}\n{}", self.raster, self.table().to_text())
    }
}

/// Whether two values are the same, numbers within a tolerance. An object must have the members that are
/// stated, and may have more.
fn same(stated: &Value, found: &Value, tolerance: f64) -> bool {
    match (stated, found) {
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= tolerance,
            _ => a == b,
        },
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, tolerance)),
        (Value::Object(a), Value::Object(b)) => a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b, tolerance))),
        _ => stated == found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_by_what_they_mean() {
        assert!(same(&json!({"a": [1, 2.0]}), &json!({"a": [1.0, 2], "b": 3}), 0.0));
        assert!(!same(&json!({"a": 1, "b": 2}), &json!({"a": 1}), 0.0));
        assert!(same(&json!([1.0]), &json!([1.00001]), 1e-4) && !same(&json!([1.0]), &json!([1.1]), 1e-4));
        assert!(!same(&json!([1, 2]), &json!([1]), 1.0) && !same(&json!("1"), &json!(1), 1.0));
    }
}
