//! What the notebooks' snapshots must say: the values that the documented run shows, each in the cell that
//! shows it.
//!
//! Snapshots follow the notebooks: accept a wrong output and it is the new truth. This table does not follow.
//! It lies beside the snapshots because `cargo insta review` looks for snapshots beside the sources of test
//! targets.

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
    lab_shows("04-execute-and-monitor", cell, texts);
}

#[track_caller]
fn lab_shows(notebook: &str, cell: &str, texts: &[&str]) {
    let body = snapshot(notebook, cell);
    for text in texts {
        assert!(body.contains(text), "cell `{cell}` of {notebook} does not show `{text}`:\n{body}");
    }
}

const TITLE: &str = "Water bodies detection based on NDWI and otsu threshold";
const DESCRIPTION: &str = "Water bodies detection based on NDWI and otsu threshold applied to Sentinel-2 COG STAC items";
/// The root that the server of the 2024 labs was configured with: its links begin with it, whatever host was
/// asked.
const ROOT_2024: &str = "http://localhost:8080/acme/ogc-api";

#[test]
fn lab_01_undeploys_and_is_refused_a_package_that_the_server_cannot_fetch() {
    let href = "https://github.com/eoap/mastering-app-package/releases/download/1.0.0/app-water-bodies-cloud-native.1.0.0.cwl";
    let body = format!(r#"{{"executionUnit":{{"href":"{href}","type":"application/cwl"}}}}"#);
    lab_shows("01-deploy", "undeploy", &["water-bodies was undeployed"]);
    lab_shows("01-deploy", "reference", &["Content-Type: application/ogcapppkg+json", &body]);
    let problem = ["\"title\": \"NoApplicableCode\"", "\"type\": \"NoApplicableCode\"", "\"detail\": \"file not found\""];
    lab_shows("01-deploy", "fetch", &problem);
}

#[test]
fn lab_01_deploys_the_documented_process() {
    lab_shows("01-deploy", "deploy", &["water-bodies was not deployed", "Content-Type: application/cwl+yaml", "201 deployed"]);
    let execute = format!(
        "\"href\": \"{ROOT_2024}/processes/water-bodies/execution\",\n            \
         \"rel\": \"http://www.opengis.net/def/rel/ogc/1.0/execute\",\n            \"title\": \"Execute End Point\""
    );
    lab_shows(
        "01-deploy",
        "summary",
        &[
            "\"id\": \"water-bodies\"",
            &format!("\"title\": \"{TITLE}\""),
            &format!("\"description\": \"{DESCRIPTION}\""),
            "\"mutable\": true",
            "\"version\": \"1.0.0\"",
            "\"role\": \"https://schema.org/softwareVersion\",\n            \"value\": \"1.0.0\"",
            "\"@type\": \"Person\"",
            "Jane Doe",
            "jane.doe@acme.earth",
            "ACME",
            "\"outputTransmission\": [\n        \"value\",\n        \"reference\"\n    ]",
            "\"jobControlOptions\": [\n        \"async-execute\",\n        \"dismiss\"\n    ]",
            &execute,
        ],
    );
    lab_shows(
        "01-deploy",
        "headers",
        &[
            "x-powered-by: ZOO-Project-DRU\n",
            "x-also-powered-by: jwt.securityIn\n",
            "x-also-also-powered-by: dru.securityIn\n",
            "x-also-also-also-powered-by: dru.securityOut\n",
            "content-type: application/json;charset=UTF-8\n",
            &format!("location: {ROOT_2024}/processes/water-bodies\n"),
        ],
    );
}

/// The lab deploys what the scenario says was deployed: otherwise its process would not be the one of the
/// other labs.
#[test]
fn lab_01_has_the_package_of_the_scenario() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(workspace.join(path)).unwrap();
    let scenario = "crates/eoap-testbed/scenarios/water-bodies/processes/water-bodies/package.cwl";
    assert!(read("notebooks/water-bodies.cwl") == read(scenario), "notebooks/water-bodies.cwl differs from {scenario}");
}

#[test]
fn lab_02_lists_the_documented_processes() {
    lab_shows("02-list", "list", &["echo ", "water-bodies "]);
    let expected = format!(
        "Number of processes: 2\n\nProcess ID: water-bodies\nTitle: {TITLE}\nDescription: {DESCRIPTION}\nVersion: 1.0.0\nMutable: true\n\
         Job control options: async-execute, dismiss\nOutput transmission: value, reference\n\
         Link: Process Description -> {ROOT_2024}/processes/water-bodies\n"
    );
    lab_shows("02-list", "each", &[&expected]);
}

#[test]
fn lab_03_describes_the_documented_inputs_and_output() {
    let head = format!("Process ID: water-bodies\nTitle: {TITLE}\nDescription: {DESCRIPTION}\nVersion: 1.0.0\nMutable: true\n");
    lab_shows("03-describe", "process", &[&head]);
    let body = snapshot("03-describe", "inputs");
    let inputs: Vec<Vec<&str>> = body
        .split("Input: ")
        .skip(1)
        .map(|input| {
            input.lines().filter(|line| !line.contains("═══") && !line.contains("Description:")).map(str::trim).collect()
        })
        .collect();
    let input = |id, title, kind, default, nullable, most, required| vec![id, title, kind, default, nullable, most, required];
    assert_eq!(
        inputs,
        [
            input(
                "aoi",
                "Title: area of interest",
                "Type: string",
                "Default: N/A",
                "Nullable: false",
                "At most: once",
                "Required: true"
            ),
            input(
                "bands",
                "Title: bands used for the NDWI",
                "Type: string",
                r#"Default: ["green","nir"]"#,
                "Nullable: false",
                "At most: 999",
                "Required: false"
            ),
            input(
                "epsg",
                "Title: EPSG code",
                "Type: string | null",
                "Default: EPSG:4326",
                "Nullable: true",
                "At most: once",
                "Required: false"
            ),
            input(
                "stac_items",
                "Title: Sentinel-2 STAC items",
                "Type: string",
                "Default: N/A",
                "Nullable: false",
                "At most: 999",
                "Required: true"
            ),
        ]
    );
    lab_shows("03-describe", "outputs", &["Output: stac_catalog\n", "Description: None\n"]);
}

#[test]
fn lab_05_shows_what_is_recorded_of_jobs() {
    lab_shows("05-manage-jobs", "submit", &[JOB]);
    lab_shows("05-manage-jobs", "dismiss", &["dismissed: ZOO-Kernel successfully dismissed your service!", "404", "NoSuchJob"]);
    lab_shows(
        "05-manage-jobs",
        "progress",
        &[" 23%  running     execution submitted", "ZOO-Kernel successfully run your service!"],
    );
    let failed = "Unable to run the Service. The message returned back by the Service was the following: ";
    lab_shows("05-manage-jobs", "failed", &[failed, "500: NoApplicableCode (The service failed to execute.)"]);
    // Ten for two items: four bands cropped, two indices, two thresholds, the catalogue, the delivery.
    let logs =
        ["node_crop", "node_crop_2", "node_crop_3", "node_crop_4", "node_normalized_difference", "node_normalized_difference_2"];
    let logs = logs.iter().chain(&["node_otsu", "node_otsu_2", "node_stac", "node_stage_out"]);
    let lines: String = logs.map(|log| format!("Tool log {log}.log\n")).collect();
    lab_shows("05-manage-jobs", "logs", &[&lines]);
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
fn the_timeline_tells_the_stages_of_a_real_run_with_the_times_of_the_server() {
    shows(
        "timeline",
        &[
            &format!("Job {JOB}: successful after 1 min 22 s\n"),
            "Pre-execution hook\n",
            "processing environment created, preparing execution\n",
            "     16 s  1 min 1 s  running         23 %        6  execution submitted\n",
            "delivering outputs, logs and usage report\n",
            "ZOO-Kernel successfully run your service!\n",
        ],
    );
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

/// An asset of the documented results, apart from its address and two numbers.
const ASSET: &str = r#"HREF
{
    "href": "HREF",
    "raster:bands": [
        {
            "data_type": "uint8",
            "histogram": {
                "buckets": [
                    0,
                    0,
                    0,
                    0,
                    0,
                    COUNT,
                    0,
                    0,
                    0,
                    0
                ],
                "count": 11,
                "max": 1.5,
                "min": 0.5
            },
            "nodata": 0.0,
            "offset": 0.0,
            "sampling": "area",
            "scale": 1.0,
            "statistics": {
                "maximum": 1,
                "mean": 1.0,
                "minimum": 1,
                "stddev": 0.0,
                "valid_percent": PERCENT
            }
        }
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
}
"#;

#[test]
fn both_assets_are_shown_as_documented_json_with_sorted_keys() {
    let body = snapshot("04-execute-and-monitor", "assets");
    let asset = |item: &str, count: &str, percent: &str| {
        let href = format!("s3://results/{JOB}/{JOB}/{item}/otsu.tif");
        ASSET.replace("HREF", &href).replace("COUNT", count).replace("PERCENT", percent)
    };
    let first = asset("LC08_L2SP_044032_20231208_02_T1", "481086", "60.46467784749034");
    let second = asset("LC08_L2SP_043033_20231201_02_T1", "34314", "12.31976677389706");
    assert!(body.contains(&(first + &second)), "the assets differ from the documented ones:\n{body}");
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

/// Areas follow from the documented numbers of pixels and the documented 30 m. The shares of the sample are
/// the documented ones, to two places; that all pixels together agree with the sample to a tenth of a percent
/// is the notebook's own assertion.
#[test]
fn the_water_is_measured_and_its_share_is_the_documented_one() {
    for (item, pixels, sample) in [
        ("LC08_L2SP_044032_20231208_02_T1", 2402 * 1821, 60.46467784749034),
        ("LC08_L2SP_043033_20231201_02_T1", 482 * 1821, 12.31976677389706),
    ] {
        let scene = f64::from(pixels) * 900.0 / 1e6;
        let share = format!("({sample:.2} % of the sample, as documented)\n");
        shows("water", &[&format!("{item}\n    water   "), &format!("    scene   {scene:7.1} km²\n"), &share]);
    }
}

/// The four kinds of pixels of the strip make up the second scene: 482 × 1821 pixels of 900 m².
#[test]
fn both_scenes_are_compared_where_both_are() {
    let body = snapshot("04-execute-and-monitor", "both");
    let areas: Vec<f64> =
        body.lines().filter_map(|line| line.strip_suffix(" km²")?.split_whitespace().last()?.parse().ok()).collect();
    assert_eq!(areas.len(), 4, "{body}");
    let strip = 482.0 * 1821.0 * 900.0 / 1e6;
    assert!((areas.iter().sum::<f64>() - strip).abs() < 0.2, "the parts of {strip} km² are {areas:?}");
}

/// The maps say in words what they show: where the footprints lie (the corners of the documented UTM boxes in
/// WGS 84), the documented area of interest, and the share of water.
#[test]
fn the_maps_show_the_documented_places() {
    let area = "area  121.399° W  39.834° N  120.740° W  40.472° N  3973";
    let first = "121.399° W  39.823° N  120.740° W  40.483° N  3933";
    let second = "121.399° W  39.823° N  120.757° W  39.964° N   789";
    shows("map", &[&format!("1     {first}  2023-12-08"), &format!("2     {second}  2023-12-01"), area, "image/svg+xml"]);
    shows("water-first", &[&format!("raster  {first}  1 is blue, 60."), "<image ", "image/svg+xml"]);
    shows("water-second", &[&format!("raster  {second}  1 is blue, 12."), "<image ", "image/svg+xml"]);
}

#[test]
fn the_results_are_taken_home_with_the_documented_size() {
    // 406547 bytes, as the listing says.
    shows("home", &["LC08_L2SP_044032_20231208_02_T1/otsu.tif, 406.5 kB\n", "2 items read from items.json"]);
}
