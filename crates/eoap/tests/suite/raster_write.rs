//! Arrays that are written as Cloud Optimized GeoTIFFs, and read again.

use eoap::{
    Crs, Raster, Resampling, Sample,
    ndarray::{Array2, Array3},
    raster::{Affine, Cog},
};
use proptest::prelude::*;

const PLACE: Affine = Affine { a: 30.0, b: 0.0, c: 636_975.0, d: 0.0, e: -30.0, f: 4_410_555.0 };

fn again(cog: &Cog) -> Raster {
    eoap::blocking::run(Raster::open_bytes(cog.to_bytes().expect("bytes"))).expect("raster")
}

fn comes_back<T: Sample>(value: impl Fn(usize) -> T, (bands, height, width): (usize, usize, usize)) {
    let array =
        Array3::from_shape_fn((bands, height, width), |(band, row, column)| value((band * height + row) * width + column));
    let raster = again(&Cog::of_bands(&array).transform(PLACE).crs(Crs::from_epsg(32610)));
    assert_eq!(raster.profile().dtype, T::TYPE);
    assert_eq!(eoap::blocking::run(raster.read::<T>()).expect("pixels"), array, "{}", T::TYPE);
}

#[test]
fn values_of_all_types_come_back() {
    comes_back(|n| (n * 7) as u8, (1, 700, 600));
    comes_back(|n| (n * 7) as i8, (2, 20, 30));
    comes_back(|n| (n * 977) as u16, (3, 520, 30));
    comes_back(|n| (n * 977) as i16, (1, 30, 520));
    comes_back(|n| (n * 99_991) as u32, (2, 40, 50));
    comes_back(|n| -((n * 99_991) as i32), (1, 513, 513));
    comes_back(|n| u64::MAX - n as u64, (1, 9, 9));
    comes_back(|n| i64::MIN + n as i64, (2, 9, 9));
    comes_back(|n| n as f32 / 7.0 - 1000.0, (3, 520, 40));
    comes_back(|n| (n as f64).sin() * 1e30, (2, 40, 520));
}

#[test]
fn place_no_data_and_overviews_are_written() {
    let values =
        Array2::from_shape_fn((1500, 1100), |(row, column)| if row < 10 { -9999.0 } else { (row * 1100 + column) as f32 });
    let cog = Cog::of_band(&values).transform(PLACE).crs(Crs::from_epsg(32610)).nodata(-9999.0);
    let raster = again(&cog);
    let profile = raster.profile();
    assert_eq!((profile.transform, raster.crs(), profile.nodata), (PLACE, Some(Crs::from_epsg(32610)), Some(-9999.0)));
    assert_eq!(eoap::blocking::run(raster.overviews()).expect("overviews"), [(550, 750), (275, 375)]);
    let valid = eoap::blocking::run(raster.read_mask()).expect("mask").iter().filter(|valid| **valid).count();
    assert_eq!(valid, 1490 * 1100);
    let small = eoap::blocking::run(raster.read::<f32>().band(1).shape(750, 550)).expect("overview");
    assert_eq!(small[[100, 100]], values[[200, 200]]);

    let averages = again(&cog.clone().overviews(Resampling::Average));
    let small = eoap::blocking::run(averages.read::<f32>().band(1).shape(750, 550)).expect("overview");
    let four = [values[[200, 200]], values[[200, 201]], values[[201, 200]], values[[201, 201]]];
    assert_eq!((small[[0, 0]], small[[100, 100]]), (-9999.0, four.iter().sum::<f32>() / 4.0));

    // The header comes first, so that one request fetches it.
    let rotated = Affine { b: 2.0, d: 1.0, ..PLACE };
    let raster = again(&Cog::of_band(&values).transform(rotated).crs(Crs::wgs84()));
    assert_eq!((raster.transform(), raster.crs().and_then(|crs| crs.epsg)), (rotated, Some(4326)));
    let like = again(&Cog::of_band(&values).like(&raster));
    assert_eq!((like.transform(), like.crs()), (raster.transform(), raster.crs()));
}

/// Writes COGs of all types into the folder that `EOAP_WRITTEN` names, each with its values beside it, for
/// rasterio and `rio cogeo` to look at: `just raster-written`.
#[test]
fn files_are_written_for_rasterio() {
    let Some(folder) = std::env::var_os("EOAP_WRITTEN").map(std::path::PathBuf::from) else { return };
    write_samples(&folder, |n| (n * 7) as u8);
    write_samples(&folder, |n| (n * 7) as i8);
    write_samples(&folder, |n| (n * 977) as u16);
    write_samples(&folder, |n| (n * 977) as i16);
    write_samples(&folder, |n| (n * 99_991) as u32);
    write_samples(&folder, |n| -((n * 99_991) as i32));
    write_samples(&folder, |n| n as u64 * 99_999_991);
    write_samples(&folder, |n| -(n as i64 * 99_999_991));
    write_samples(&folder, |n| (n as f32 / 700.0).sin() * 1000.0);
    write_samples(&folder, |n| (n as f64 / 700.0).sin() * 1e30);
}

fn write_samples<T: Sample + LeBytes>(folder: &std::path::Path, value: impl Fn(usize) -> T) {
    for (bands, height, width) in [(1, 1300, 700), (3, 40, 30), (4, 600, 520)] {
        let array =
            Array3::from_shape_fn((bands, height, width), |(band, row, column)| value((band * height + row) * width + column));
        let name = format!("{}-{bands}x{height}x{width}", T::TYPE);
        for (ending, resampling) in [("nearest", Resampling::Nearest), ("average", Resampling::Average)] {
            let cog = Cog::of_bands(&array).transform(PLACE).crs(Crs::from_epsg(32610)).nodata(0.0).statistics();
            cog.overviews(resampling).save(folder.join(format!("{name}-{ending}.tif"))).expect("saved");
        }
        let bytes: Vec<u8> = array.iter().flat_map(|value| value.le()).collect();
        std::fs::write(folder.join(format!("{name}.bin")), bytes).expect("values");
    }
}

/// The bytes of a value, the lowest first.
trait LeBytes {
    fn le(self) -> Vec<u8>;
}

macro_rules! le_bytes {
    ($($type:ident)*) => {
        $(impl LeBytes for $type {
            fn le(self) -> Vec<u8> {
                self.to_le_bytes().to_vec()
            }
        })*
    };
}

le_bytes!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);

#[test]
fn statistics_are_written_down() {
    let values = Array3::from_shape_fn((2, 30, 40), |(band, row, column)| match (band, row) {
        (0, 0..3) => -9999.0,
        _ => (row * 40 + column) as f32 - 500.0 * band as f32,
    });
    let raster = again(&Cog::of_bands(&values).nodata(-9999.0).statistics());
    let computed = eoap::blocking::run(raster.statistics(0)).expect("statistics");
    for band in 1..=2 {
        let recorded = eoap::blocking::run(raster.recorded_statistics(band)).expect("tags").expect("statistics");
        let computed = &computed[band - 1];
        assert_eq!((Some(recorded.minimum), Some(recorded.maximum)), (computed.minimum, computed.maximum));
        assert_eq!(recorded.valid_percent, Some(computed.valid_percent));
        for (ours, theirs) in [(recorded.mean, computed.mean), (recorded.standard_deviation, computed.stddev)] {
            let theirs = theirs.expect("valid values");
            assert!((ours - theirs).abs() <= 1e-5 * theirs.abs(), "{ours} and {theirs}");
        }
    }
    let empty = again(&Cog::of_band(&Array2::from_elem((5, 5), 7_u8)).nodata(7.0).statistics());
    assert_eq!(eoap::blocking::run(empty.recorded_statistics(1)).expect("tags"), None);
}

#[test]
fn what_cannot_be_written_is_said() {
    let one = Array2::<u8>::zeros((1, 1));
    let error = |cog: Cog| cog.to_bytes().expect_err("not written").to_string();
    assert!(error(Cog::of_band(&Array2::<u8>::zeros((0, 5)))).contains("no pixels"));
    assert!(error(Cog::of_band(&one).nodata(-1.0)).contains("no data"));
    let named = Crs::from_epsg(999_999);
    assert!(error(Cog::of_band(&one).crs(named)).contains("EPSG"));
    let folder = std::env::temp_dir().join(format!("eoap-cog-{}", std::process::id()));
    let saved = Cog::of_band(&one).save(folder.join("a").join("x.tif"));
    saved.expect("saved");
    assert!(Cog::of_band(&one).save(&folder).expect_err("a folder").to_string().contains("folder"));
    std::fs::remove_dir_all(folder).expect("removed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn arrays_of_any_shape_come_back(bands in 1_usize..5, height in 1_usize..40, width in 1_usize..40, seed: u64) {
        let value = |n: usize| seed.wrapping_mul(n as u64 + 1).rotate_left(17);
        comes_back(|n| value(n) as u8, (bands, height, width));
        comes_back(|n| value(n) as i32, (bands, height, width));
        comes_back(|n| f32::from_bits(value(n) as u32 & 0x7f7f_ffff), (bands, height, width));
    }
}
