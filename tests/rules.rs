//! A project's rules about hidden and changing output, and about profiles.

use crate::world::{ENGINES, World};

const PLAIN: &str = "{}";

#[test]
fn built_in_rules_are_switched_by_name_and_place() {
    let world = World::empty();
    let say = r#"println!("job 68046976-7dcb-11f0-90ac-2a20aea25780 of 2025-08-20T10:11:12Z took 1.5 s at {:p}", &1);"#;
    world.notebook("lab", "", &[("say", PLAIN, say), ("again", PLAIN, "println!(\"2025-08-20\");")]);
    let rules = "[redactions]\nuuids = true\ndurations = true\naddresses = true\ndates = { cell = \"say\" }\n";
    world.write("notebooks/nbsnap.toml", rules);
    let outcome = world.run(&["test", "-v"]);
    outcome.exits(100).says("+ job [UUID] of [DATE] took [DURATION] at [ADDRESS]\n").says("+ 2025-08-20\n");
    outcome.says("Redacted durations 1×, dates 1×, uuids 1×, addresses 1×");
    world.run(&["accept"]).exits(0);
    // Another address, and the same after that.
    world.run(&["test", "--fresh"]).exits(0);
}

#[test]
fn own_rules_have_places_and_those_that_never_apply_are_named() {
    let world = World::empty();
    world.notebook("lab", "", &[("say", PLAIN, "println!(\"took 5 rounds\");\neprintln!(\"took 6 rounds\");")]);
    let rule = |name: &str, only: &str| {
        format!(
            "[[redact]]\nname = \"{name}\"\npattern = 'took (?<n>\\d) rounds'\nreplace = \"${{n}} [ROUNDS]\"\nonly = {{ {only} }}\n"
        )
    };
    let rules = rule("out", "stream = \"stdout\"") + &rule("elsewhere", "cell = \"lob\"");
    world.write("notebooks/nbsnap.toml", &rules);
    let outcome = world.run(&["test"]);
    outcome.exits(100).says("+ 5 [ROUNDS]\n").says("+ took 6 rounds\n").says("redaction rule `elsewhere` never applied");
    outcome.does_not_say("`out` never applied");
    // What was not run may be where it applies.
    world.notebook("other", "", &[("a", PLAIN, "1;")]);
    world.run(&["test", "lab"]).exits(100).does_not_say("never applied");
}

#[test]
fn a_rule_is_for_a_notebook_as_names_are_typed_and_one_for_no_notebook_is_named_in_every_run() {
    let world = World::empty();
    world.notebook("week2/03-dice", "", &[("roll", PLAIN, "println!(\"rolled {}\", 5);")]);
    world.notebook("week2/04-other", "", &[("roll", PLAIN, "println!(\"rolled {}\", 5);")]);
    let rule = |notebook: &str| {
        format!(
            "[[redact]]\nname = \"rolls\"\npattern = 'rolled \\d'\nreplace = \"[ROLLS]\"\nonly = {{ notebook = \"{notebook}\" }}\n"
        )
    };
    for notebook in ["03-dice", "03-*", "week2/03-*"] {
        world.write("notebooks/nbsnap.toml", &rule(notebook));
        let outcome = world.run(&["test", "--fresh"]);
        outcome.exits(100).says("+ [ROLLS]").says("+ rolled 5").does_not_say("fits none").does_not_say("never applied");
        world.run(&["check", "--no-compile"]).exits(0).does_not_say("note:");
        world.run(&["test", "-E", "notebook(03-*)"]).exits(100).says("Running 1 notebook");
    }
    world.run(&["accept"]).exits(0);
    world.run(&["test"]).exits(0);
    let idle = "\n[[compare]]\nonly = { notebook = \"05-*\" }\nrelative = 0.1\n";
    world.write("notebooks/nbsnap.toml", &(rule("3-*") + "[redactions]\nuuids = { notebook = \"06\" }\n" + idle));
    for arguments in [&["check", "--no-compile"][..], &["test", "04"], &["test", "03"], &["test"]] {
        let outcome = world.run(arguments);
        outcome.says("redaction rule `rolls` is for notebook `3-*`, which fits none: mend its place, or remove it");
        outcome.says("redaction `uuids` is for notebook `06`").says("a rule of [[compare]] is for notebook `05-*`");
        outcome.does_not_say("never applied");
    }
}

#[test]
fn secrets_reach_no_report_and_no_file() {
    let mut world = World::empty();
    world.set("AWS_SECRET_ACCESS_KEY", "hunter22hunter22");
    // The notebook's own process does not have the variable; somebody wrote the key into a file, and into a
    // cell.
    world.write("notebooks/key.txt", "hunter22hunter22");
    let source = "println!(\"key {}\", std::fs::read_to_string(\"key.txt\").unwrap());\nassert!(std::env::var(\"AWS_SECRET_ACCESS_KEY\").is_err());";
    let url = "panic!(\"https://s3/x?X-Amz-Signature=0123456789abcdef0123456789abcdef&x=hunter22hunter22\");";
    world.notebook("lab", "", &[("print", PLAIN, source), ("panic", PLAIN, url)]);
    let outcome = world.run(&["test", "--junit", "j.xml", "--json", "e.jsonl"]);
    outcome.exits(100).says("+ key [SECRET]").says("X-Amz-Signature=[SECRET]&x=[SECRET]");
    let told = [outcome.stdout.clone(), outcome.stderr.clone(), world.read("j.xml"), world.read("e.jsonl")];
    let files = ["target/nbsnap/report.html", "snapshots/lab/print.snap.new"].map(|path| world.read(path));
    for text in told.iter().chain(&files) {
        assert!(!text.contains("hunter22") && !text.contains("0123456789abcdef"), "{text}");
    }
    // The executed notebook has outputs without secrets. Its source is the notebook's own.
    let executed: serde_json::Value = serde_json::from_str(&world.read("target/nbsnap/failed/lab/lab.ipynb")).unwrap();
    assert!(!executed["cells"][0]["outputs"].to_string().contains("hunter22"));
}

#[test]
fn outputs_may_differ_as_far_as_a_rule_says() {
    let world = World::empty();
    let json = |value: &str| format!("println!(\"EVCXR_BEGIN_CONTENT application/json\\n{{}}\\nEVCXR_END_CONTENT\", {value:?});");
    let cells = |mean: &str, json: &str, html: &str| {
        let html = format!("println!(\"EVCXR_BEGIN_CONTENT text/html\\n{{}}\\nEVCXR_END_CONTENT\", {html:?});");
        world.notebook(
            "lab",
            "",
            &[("mean", PLAIN, &format!("println!(\"mean {mean}\");")), ("json", PLAIN, json), ("html", PLAIN, &html)],
        );
    };
    cells("0.123456", &json(r#"{"updated":"now","value":1.0}"#), "<b class='x' id=\"y\">1</b>");
    world.run(&["test"]).exits(100);
    world.run(&["accept"]).exits(0);
    // The same JSON and HTML, written otherwise.
    cells("0.123456", &json(r#"{ "value": 1.00, "updated": "now" }"#), "<b id=y\n class=\"x\">1</b>");
    world.run(&["test"]).exits(0);
    cells("0.123457", &json(r#"{"updated":"later","value":1.0}"#), "<b class='x' id=\"y\">1</b>");
    let outcome = world.run(&["test"]);
    outcome.exits(100).says("cell 1 `mean`").says("cell 2 `json`").does_not_say("cell 3 `html`");
    let rules = "[[compare]]\nabsolute = 0.00001\nonly = { stream = \"stdout\" }\n[[compare]]\nignore = [\"/updated\"]\n";
    world.write("notebooks/nbsnap.toml", rules);
    world.run(&["test"]).exits(0);
}

#[test]
fn a_profile_says_how_it_is_run() {
    let mut world = World::of_project("output-changed");
    world.write("notebooks/nbsnap.toml", "[profile.careful]\nengine = \"evcxr\"\nupdate = \"never\"\n");
    world.run(&["test"]).exits(100).says(&format!("(engine {})", ENGINES[0]));
    assert!(world.path("snapshots/lab/say.snap.new").exists());
    std::fs::remove_file(world.path("snapshots/lab/say.snap.new")).unwrap();
    world
        .run(&["test", "--profile", "careful"])
        .exits(100)
        .says("(engine evcxr)")
        .says("nothing is written where updates are off");
    assert!(!world.path("snapshots/lab/say.snap.new").exists());
    // An argument wins.
    let outcome = world.run(&["test", "--profile", "careful", "--engine", ENGINES[0], "--update", "pending"]);
    outcome.exits(100).says(&format!("(engine {})", ENGINES[0]));
    assert!(world.path("snapshots/lab/say.snap.new").exists());
    let outcome = world.run(&["test", "--profile", "carefull"]);
    outcome.exits(96);
    assert!(
        outcome.stderr.contains("has no profile `carefull`; there are: default, careful, ci, live; did you mean `careful`?"),
        "{}",
        outcome.stderr
    );
    // A build machine has its own profile.
    world.set("CI", "true");
    world.run(&["test"]).exits(100).says("nothing is written where updates are off");
    assert!(world.path("target/nbsnap/junit.xml").is_file());
}

#[test]
fn a_drawing_is_compared_by_what_it_draws_where_that_is_asked_for() {
    let world = World::empty();
    // A plot library writes its elements in another order each time, and another identifier.
    let show = |elements: &str| {
        let svg = format!(
            r#"<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'><rect width='40' height='20' fill='white'/>{elements}</svg>"#
        );
        format!("println!(\"EVCXR_BEGIN_CONTENT image/svg+xml\\n{svg}\\nEVCXR_END_CONTENT\");")
    };
    let (red, blue) = ("<rect id='{}' width='8' height='8' fill='red'/>", "<circle cx='30' cy='10' r='5' fill='blue'/>");
    let plot = |id: &str, first: bool| {
        let red = red.replace("{}", id);
        if first { show(&format!("{red}{blue}")) } else { show(&format!("{blue}{red}")) }
    };
    world.notebook("plot", "", &[("map", PLAIN, &plot("a1", true))]);
    world.run(&["test"]).exits(100);
    world.run(&["accept"]).exits(0);
    world.notebook("plot", "", &[("map", PLAIN, &plot("b2", false))]);
    world.run(&["test"]).exits(100).says("the output is not as recorded");
    world.write("notebooks/nbsnap.toml", "[[compare]]\nsvg = \"drawing\"\n");
    world.run(&["test"]).exits(0);
    // A circle that has moved is another drawing, and the report shows both and what differs.
    world.notebook("plot", "", &[("map", PLAIN, &plot("b2", false).replace("cx='30'", "cx='25'"))]);
    world.run(&["test"]).exits(100).says("the output is not as recorded");
    let left = world.path("target/nbsnap/failed/plot");
    let pictures = ["recorded", "now", "difference"].map(|which| left.join(format!("map.image-svg-xml.{which}.png")));
    assert!(pictures.iter().all(|picture| picture.is_file()), "{:?}", std::fs::read_dir(left).unwrap().collect::<Vec<_>>());
    let report = world.read("target/nbsnap/report.html");
    assert!(report.contains("data:image/png;base64,"), "the report has no picture");
}
