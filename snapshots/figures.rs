//! What the notebooks' snapshots must say: the values that the documented run shows, each in the cell that shows it.
//!
//! Snapshots follow the notebooks: accept a wrong output and it is the new truth. This table does not follow. It lies beside the
//! snapshots because `cargo insta review` looks for snapshots beside the sources of test targets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;

const JOB: &str = "68046976-7dcb-11f0-90ac-2a20aea25780";

/// The body of a cell's snapshot.
fn snapshot(notebook: &str, cell: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../snapshots").join(notebook).join(format!("{cell}.snap"));
    let snapshot = insta::Snapshot::from_file(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    snapshot.contents().as_text().unwrap().to_string()
}

#[track_caller]
fn shows(cell: &str, texts: &[&str]) {
    let body = snapshot("04-execute-and-monitor", cell);
    for text in texts {
        assert!(body.contains(text), "cell `{cell}` does not show `{text}`:\n{body}");
    }
}

#[test]
fn the_execution_has_the_documented_inputs() {
    shows("client", &["http://zoo-project-dru-service/acme/ogc-api"]);
    let items = "https://planetarycomputer.microsoft.com/api/stac/v1/collections/landsat-c2-l2/items";
    shows(
        "inputs",
        &[
            "\"aoi\": \"-121.399,39.834,-120.74,40.472\"",
            "\"epsg\": \"EPSG:4326\"",
            "\"green\",\n            \"nir08\"",
            &format!("\"{items}/LC08_L2SP_044032_20231208_02_T1\",\n            \"{items}/LC08_L2SP_043033_20231201_02_T1\""),
        ],
    );
}

#[test]
fn the_job_has_the_documented_id_and_status_url() {
    shows(
        "submit",
        &[
            &format!("Job submitted successfully. Job ID: {JOB}\n"),
            &format!("Monitor job status at: http://zoo-project-dru-service/acme/ogc-api/jobs/{JOB}\n"),
        ],
    );
}

#[test]
fn the_job_is_running_nine_times_and_then_successful() {
    let body = snapshot("04-execute-and-monitor", "monitor");
    let statuses: Vec<&str> = body.lines().filter_map(|line| line.strip_prefix("Job status: ")).collect();
    assert_eq!(statuses, [vec!["running"; 9], vec!["successful"]].concat());
    shows("monitor", &[&format!("Monitoring job status (job ID: {JOB})...")]);
}

#[test]
fn the_items_have_the_documented_grids() {
    shows("results", &["LC08_L2SP_044032_20231208_02_T1", "LC08_L2SP_043033_20231201_02_T1", "2023-12-08", "2023-12-01"]);
    let grid = |id: &str, shape: &str, bbox: &str| {
        format!("{id}\n    EPSG code    32610\n    shape        {shape}\n    bounding box {bbox}\n")
    };
    shows(
        "grid",
        &[
            &grid("LC08_L2SP_044032_20231208_02_T1", "[2402,1821]", "[636975.0,4410555.0,691605.0,4482615.0]"),
            &grid("LC08_L2SP_043033_20231201_02_T1", "[482,1821]", "[636975.0,4410555.0,691605.0,4425015.0]"),
        ],
    );
}

#[test]
fn both_assets_are_shown_as_documented_json_with_sorted_keys() {
    let body = snapshot("04-execute-and-monitor", "assets");
    let asset = |item: &str, count: &str, percent: &str| {
        let href = format!("s3://results/{JOB}/{JOB}/{item}/otsu.tif");
        format!(
            r#"{href}
{{
    "href": "{href}",
    "raster:bands": [
        {{
            "data_type": "uint8",
            "histogram": {{
                "buckets": [
                    0,
                    0,
                    0,
                    0,
                    0,
                    {count},
                    0,
                    0,
                    0,
                    0
                ],
                "count": 11,
                "max": 1.5,
                "min": 0.5
            }},
            "nodata": 0.0,
            "offset": 0.0,
            "sampling": "area",
            "scale": 1.0,
            "statistics": {{
                "maximum": 1,
                "mean": 1.0,
                "minimum": 1,
                "stddev": 0.0,
                "valid_percent": {percent}
            }}
        }}
    ],
    "roles": [
        "data",
        "visual"
    ],
    "storage:endpoint": "http://eoap-zoo-project-localstack.eoap-zoo-project.svc.cluster.local:4566",
    "storage:platform": "eoap",
    "storage:region": "us-east-1",
    "storage:requester_pays": false,
    "storage:tier": "Standard",
    "type": "image/tiff; application=geotiff"
}}
"#
        )
    };
    let expected = [
        asset("LC08_L2SP_044032_20231208_02_T1", "481086", "60.46467784749034"),
        asset("LC08_L2SP_043033_20231201_02_T1", "34314", "12.31976677389706"),
    ]
    .concat();
    assert!(body.contains(&expected), "the assets differ from the documented ones:\n{body}");
}

#[test]
fn the_profile_is_the_documented_one() {
    let profile = concat!(
        "{'driver': 'GTiff', 'dtype': 'uint8', 'nodata': 0.0, 'width': 1821, 'height': 2402, 'count': 1, ",
        "'crs': CRS.from_wkt('PROJCS[\"WGS 84 / UTM zone 10N\",GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",",
        "SPHEROID[\"WGS 84\",6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],",
        "PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],",
        "AUTHORITY[\"EPSG\",\"4326\"]],PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",0],",
        "PARAMETER[\"central_meridian\",-123],PARAMETER[\"scale_factor\",0.9996],PARAMETER[\"false_easting\",500000],",
        "PARAMETER[\"false_northing\",0],UNIT[\"metre\",1,AUTHORITY[\"EPSG\",\"9001\"]],AXIS[\"Easting\",EAST],",
        "AXIS[\"Northing\",NORTH],AUTHORITY[\"EPSG\",\"32610\"]]'), 'transform': Affine(30.0, 0.0, 636975.0,\n",
        "       0.0, -30.0, 4482615.0), 'blockxsize': 512, 'blockysize': 512, 'tiled': True, 'compress': 'lzw', ",
        "'interleave': 'band'}\n",
    );
    shows("open", &[profile, &format!("{JOB}/{JOB}/LC08_L2SP_044032_20231208_02_T1/otsu.tif\n")]);
    shows("profile", &[profile, "text/html"]);
}

#[test]
fn the_statistics_are_computed_and_as_documented() {
    let cell = |item: &str, valid: u64, of: u64, percent: &str| {
        format!("{item}: {valid} valid pixels of {of}\n    computed   {percent} %\n    documented {percent} %\n")
    };
    shows(
        "statistics",
        &[
            &cell("LC08_L2SP_044032_20231208_02_T1", 481_086, 1024 * 777, "60.46467784749034"),
            &cell("LC08_L2SP_043033_20231201_02_T1", 34_314, 272 * 1024, "12.31976677389706"),
        ],
    );
}

#[test]
fn the_folder_lists_with_the_documented_sizes_and_dates() {
    shows(
        "listing",
        &["2025-08-20 13:42:57       3447 LC08_L2SP_044032_20231208_02_T1.json\n2025-08-20 13:42:57     406547 otsu.tif\n"],
    );
}
