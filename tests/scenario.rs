//! An author of a tutorial makes a scenario, breaks it, and learns what is wrong.

use crate::world::World;

/// What an author asks of a served scenario: a job from its creation to its results.
const SESSION: &str = r#"
    root=http://processes.example/acme/ogc-api
    ask() { curl -s -H 'Content-Type: application/json' "$@"; }
    ask $root/processes/field | grep -o '"title":"Vegetation of a field"'
    ask -H 'Prefer: respond-async' -d "{\"inputs\": {\"area\": $1}}" $root/processes/field/execution > created.json
    job=$(sed 's/.*"jobID":"\([^"]*\)".*/\1/' created.json)
    ask $root/jobs/$job > running.json
    ask $root/jobs/$job > ended.json
    grep -o '"message":"[^"]*\(\\"[^"]*\)*"' ended.json
    ask $root/jobs/$job/results
"#;

#[test]
fn a_new_scenario_is_right_and_is_served() {
    let world = World::empty();
    world
        .run(&["scenario", "new", "courses/station"])
        .exits(0)
        .says("wrote courses/station/scenario.toml")
        .says("nbsnap serve ./courses/station");
    let right = "station is right: 1 process (field), 1 object on S3";
    world.run(&["scenario", "check", "courses/station"]).exits(0).says(right);
    let ask = |area: &str| world.run(&["serve", "--quiet", "./courses/station", "--", "bash", "-c", SESSION, "session", area]);
    let recorded = ask("[12.6, 41.7, 12.8, 41.9]");
    recorded.exits(0).says("Vegetation of a field").says("successfully run").says("\"mean\":0.42").says("ndvi.csv");
    // Rome's numbers are not those of Paris.
    ask("[2.2, 48.8, 2.4, 48.9]").says("area is [12.6,41.7,12.8,41.9], not [2.2,48.8,2.4,48.9]").does_not_say("0.42");

    let again = world.run(&["scenario", "new", "courses/station"]);
    again.exits(96);
    assert!(again.stderr.contains("courses/station is there already: name a new folder"), "{}", again.stderr);
}

#[test]
fn every_mistake_is_said_with_file_member_and_what_was_meant() {
    let world = World::empty();
    world.run(&["scenario", "new", "station"]).exits(0);
    let replace = |file: &str, from: &str, to: &str| {
        let text = world.read(file);
        assert!(text.contains(from), "{file} lacks {from}");
        world.write(file, &text.replacen(from, to, 1));
    };
    let process = "station/processes/field/process.toml";
    replace("station/scenario.toml", "clock = \"poll\"", "clock = \"pol\"");
    replace("station/scenario.toml", "http://processes.example/acme", "processes.example/acme");
    replace(process, "progress = 50", "progres = 50");
    replace(process, "input = \"year\"", "input = \"yaer\"");
    replace(process, "inputs = { area", "inputs = { aera");
    replace("station/processes/field/results.json", "\"mean\"", "\"maen\"");
    replace("station/processes/field/results.json", "ndvi.csv", "nvdi.csv");
    let said = world.run(&["scenario", "check", "station"]);
    said.exits(96).says("\n9 mistakes in station");
    for mistake in [
        "station/scenario.toml:12: jobs.clock: \"pol\" is neither \"poll\" nor \"real\"",
        "station/scenario.toml:6: server.root: ",
        "station/processes/field/process.toml:17: unknown field `progres`",
        "did you mean `progress`?",
        "process.toml:11: recorded: the process has no input \"aera\": did you mean `area`?",
        "process.toml: recorded.inputs: it is not known which \"area\" the results are for",
        "process.toml:29: failure.input: the process has no input \"yaer\": did you mean `year`?",
        "results.json: maen: the description has no output of this name: did you mean `mean`?",
        "results.json: mean: the description has this output, and the results have not",
        "results.json: s3://results/5a0e3b10-c7f5-11ef-8b51-0242ac120002/nvdi.csv: there is no object",
    ] {
        said.says(mistake);
    }
    let outside = world.run(&["scenario", "check"]);
    outside.exits(96);
    assert!(outside.stderr.contains("name a folder"), "{}", outside.stderr);
    let nowhere = world.run(&["scenario", "check", "nowhere"]);
    nowhere.exits(96);
    assert!(nowhere.stderr.contains("no scenario nowhere: there is no file nowhere/scenario.toml"), "{}", nowhere.stderr);
}

#[test]
fn without_a_name_it_is_the_projects_scenario() {
    let world = World::empty();
    world.run(&["scenario", "new", "station"]).exits(0);
    world.notebook("lab", "", &[("a", "{}", "1")]);
    world.write("notebooks/nbsnap.toml", "[environment]\nscenario = \"../station\"\n");
    world.run(&["scenario", "check"]).exits(0).says("station is right");
}
