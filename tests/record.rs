//! `nbsnap record`: notebooks are run against a deployment once, and are green without it from then on.
//!
//! The deployment is another testbed. `just record-test` uses a real pygeoapi and a real S3 server.

use std::collections::BTreeMap;

use crate::serve::Served;
use crate::world::{Outcome, World, workspace};

const CELLS: [(&str, &str, &str); 4] = [
    ("deps", "{}", ":dep eoap = { path = \"{workspace}/crates/eoap\" }\nuse eoap::{Client, Execution, Raster, Store};"),
    (
        "job",
        "{}",
        "let token = std::env::var(\"OGC_TOKEN\")?;\n\
         let client = Client::builder(\"http://zoo-project-dru-service/acme/ogc-api\").bearer(token).build()?;\n\
         let execution = Execution::new()\n    \
             .input(\"stac_items\", [\"https://planetarycomputer.microsoft.com/api/stac/v1/collections/landsat-c2-l2/items/LC08_L2SP_044032_20231208_02_T1\"])\n    \
             .input(\"aoi\", \"-121.399,39.834,-120.74,40.472\").input(\"epsg\", \"EPSG:4326\").input(\"bands\", [\"green\", \"nir08\"]);\n\
         let job = client.execute(\"water-bodies\", &execution).await?;\n\
         println!(\"{}\", job.status_url());\n\
         job.wait().on_status(|status| println!(\"{} {:?}\", status.status, status.progress)).await?;",
    ),
    (
        "results",
        "{}",
        "let items = job.results().await?.item_collection(\"stac_catalog\")?;\n\
         let raster = Raster::open(&items[0].assets[\"data\"]).await?;\n\
         println!(\"{} {}\", raster.name(), raster.profile().width);",
    ),
    (
        "listing",
        "{}",
        "let store = Store::for_asset(&items[0].assets[\"data\"])?;\n\
         println!(\"{}\", store.list(&format!(\"s3://results/{job}/{job}/{item}/\", job = job.id(), item = items[0].id)).await?);",
    ),
];

/// A project with that notebook, whose tests use the recording.
fn project() -> World {
    let mut world = World::empty();
    world.write("notebooks/nbsnap.toml", "[environment]\nscenario = \"../recorded\"\n");
    write(&world, &CELLS);
    world.share_build();
    world
}

fn write(world: &World, cells: &[(&str, &str, &str)]) {
    let place = workspace().display().to_string();
    let sources: Vec<String> = cells.iter().map(|(.., source)| source.replace("{workspace}", &place)).collect();
    let cells: Vec<(&str, &str, &str)> =
        cells.iter().zip(&sources).map(|((id, metadata, _), source)| (*id, *metadata, source.as_str())).collect();
    world.notebook("lab", "", &cells);
}

/// A cell that speaks HTTP by hand, as somebody's own client may.
const BY_HAND: &str = "use std::io::{Read, Write};\n\
    fn ask(method: &str, path: &str, body: &str) -> std::io::Result<String> {\n    \
        let proxy = std::env::var(\"http_proxy\").unwrap();\n    \
        let mut server = std::net::TcpStream::connect(proxy.trim_start_matches(\"http://\").trim_end_matches('/'))?;\n    \
        write!(server, \"{method} http://zoo-project-dru-service{path} HTTP/1.1\\r\\nHost: zoo-project-dru-service\\r\\nConnection: close\\r\\nContent-Length: {}\\r\\n\\r\\n{body}\", body.len())?;\n    \
        let mut answer = String::new();\n    \
        server.read_to_string(&mut answer)?;\n    \
        Ok(answer.lines().next().unwrap_or_default().to_owned())\n\
    }";

/// A project whose notebook logs in by hand, with credentials that begin with a word.
fn by_hand(word: &str) -> World {
    let world = World::empty();
    world.write("notebooks/nbsnap.toml", "[environment]\nscenario = \"../recorded\"\n");
    write_logins(&world, word, "ann");
    world
}

fn write_logins(world: &World, word: &str, user: &str) {
    let form = format!(
        "grant_type=authorization_code&code={word}0123456789abcdef&client_secret={word}-1&refresh_token={word}-2&password={word}"
    );
    let json = format!(r#"{{"user": "{user}", "password": "{word} horse", "client_secret": "{word}\"staple"}}"#);
    let query = format!("/data?api-key={word}-3&subscription-key={word}-4&sv=1&sig={word}DEF0123%2Babcdef%3D&signature=0.73");
    let address = format!("db = postgres://{user}:{word}@db/x");
    let ask = |method: &str, path: &str, body: &str| format!("println!(\"{{}}\", ask({method:?}, {path:?}, {body:?})?);");
    world.notebook(
        "lab",
        "",
        &[
            ("ask", "{}", BY_HAND),
            ("form", "{}", &ask("POST", "/oauth/token", &form)),
            ("json", "{}", &ask("POST", "/login", &json)),
            ("query", "{}", &ask("GET", &query, "")),
            ("address", "{}", &ask("POST", "/databases", &address)),
        ],
    );
}

#[test]
fn credentials_in_forms_json_and_addresses_are_not_recorded() {
    let mut world = by_hand("correcthorse");
    record(&mut world, "recorded").exits(0).says("recorded 4 exchanges and 0 objects into recorded");
    let files = below(&world, "recorded");
    let all: Vec<String> = files.values().map(|content| String::from_utf8_lossy(content).into_owned()).collect();
    let all = all.join("\n");
    assert!(!all.contains("correcthorse") && !all.contains("staple"), "{all}");
    for said in [
        "grant_type=authorization_code&code=***&client_secret=***&refresh_token=***&password=***",
        "\"user\": \"ann\"",
        "?api-key=***&subscription-key=***&sv=1&sig=***&signature=0.73",
        "db = postgres://ann:***@db/x",
    ] {
        assert!(all.contains(said), "{said} is not in {all}");
    }
    // Another person plays it back, with other credentials.
    write_logins(&world, "sesameopen", "ann");
    world.run(&["test"]).exits(100).says("NEW").does_not_say("was not recorded");
    world.run(&["accept"]).exits(0);
    world.run(&["test", "--fresh"]).exits(0);
    // Values that are not credentials are compared.
    write_logins(&world, "sesameopen", "bob");
    world.run(&["test"]).exits(100).says("POST http://zoo-project-dru-service/login was not recorded").says("another body");
}

/// Records the project's notebook against a deployment, into a folder.
fn record(world: &mut World, folder: &str) -> Outcome {
    let deployment = Served::start(world, &["--quiet"]);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"] {
        world.set(name, &deployment.environment[name]);
    }
    let known_as = "http://zoo-project-dru-service/acme/ogc-api";
    let (ogc, s3) = (deployment.address("OGC"), deployment.address("S3"));
    world.write("live.env", "OGC_TOKEN=opensesame-of-somebody\nOGC_TENANT=acme\n");
    let to =
        ["--upstream", ogc, "--s3", s3, "--as", known_as, "--into", folder, "--poll-interval", "1ms", "--env-file", "live.env"];
    let outcome = world.run(&[&["record"], &to[..]].concat());
    deployment.close();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"] {
        world.set(name, "");
    }
    outcome
}

/// The files below a folder of the project.
fn below(world: &World, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let files = world.files().into_iter();
    files.filter_map(|(name, content)| Some((name.strip_prefix(&format!("{folder}/"))?.to_owned(), content))).collect()
}

#[test]
fn a_recorded_notebook_is_green_without_the_deployment() {
    let mut world = project();
    record(&mut world, "recorded").exits(0).says("recorded 12 exchanges and 2 objects into recorded");
    // The output comes from the recording. It becomes the snapshot, and stays the same.
    world.run(&["test"]).exits(100);
    world.run(&["accept"]).exits(0);
    world.run(&["test", "--fresh"]).exits(0);
    let job = world.read("snapshots/lab/job.snap");
    assert!(job.contains("/acme/ogc-api/jobs/00000001-0000-4000-8000-000000000000"), "{job}");
    assert_eq!(job.matches("running").count(), 9, "{job}");
    let settings = world.read("recorded/scenario.toml");
    assert!(settings.contains("[environment]\n\"OGC_TENANT\" = \"acme\"\n\"OGC_TOKEN\" = \"***\"\n"), "{settings}");
    assert!(world.read("snapshots/lab/listing.snap").contains("406547"), "{}", world.read("snapshots/lab/listing.snap"));

    // A second recording of the same conversation is the same folder, with nothing in it that lets others in.
    record(&mut world, "again").exits(0);
    let (first, second) = (below(&world, "recorded"), below(&world, "again"));
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (name, content) in first.iter().filter(|(name, _)| *name != "scenario.toml") {
        assert!(*content == second[name], "{name} is another in a second recording");
        assert!(!String::from_utf8_lossy(content).contains("opensesame"), "{name} holds the token");
    }

    // A request that was not recorded is red. The message names the nearest recorded one.
    let mut cells = CELLS;
    cells[3].2 = "println!(\"{}\", client.process(\"echo\").await?.id);";
    write(&world, &cells);
    let red = world.run(&["test"]);
    red.exits(100).says("GET http://zoo-project-dru-service/acme/ogc-api/processes/echo was not recorded; nearest is");
}

#[test]
fn a_notebook_that_fails_is_not_recorded() {
    let mut world = project();
    let mut cells = CELLS;
    cells[3].2 = "panic!(\"not today\");";
    write(&world, &cells);
    record(&mut world, "recorded").exits(100).says("nothing is recorded");
    assert!(!world.path("recorded").exists());
}

#[test]
fn what_cannot_be_recorded_is_told_before_anything_runs() {
    let world = project();
    let unusable = world.run(&["record", "--upstream", "ftp://example.org", "--into", "recorded"]);
    unusable.exits(96);
    assert!(
        unusable.stderr.contains("\"ftp://example.org\" cannot be recorded: it has to be http:// or https://"),
        "{}",
        unusable.stderr
    );
    let unmapped = world.run(&["record", "--upstream", "http://a", "--map", "zoo", "--into", "recorded"]);
    unmapped.exits(2);
    assert!(unmapped.stderr.contains("two addresses with `=` between them"), "{}", unmapped.stderr);
}
