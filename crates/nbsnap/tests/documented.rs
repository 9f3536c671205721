//! What the README says there is, there is, and the other way round. Settings, tags and verdicts are in the
//! guide, which is written from the code.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nbsnap::redact::BUILT_IN_RULES;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of the table below a line that begins so, cell by cell.
fn table(text: &str, head: &str) -> Vec<Vec<String>> {
    let rows = text.lines().skip_while(|line| !line.starts_with(head)).skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().replace("\\|", "|")).collect()).collect()
}

#[test]
fn every_rule_is_in_the_table_with_its_default() {
    let documented: Vec<(String, String)> =
        table(&read("README.md"), "| rule |").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let known = BUILT_IN_RULES.iter().map(|rule| (format!("`{}`", rule.name), if rule.is_on { "on" } else { "off" }.to_owned()));
    let always = ["secrets", "tokens", "ansi"].map(|rule| (format!("({rule})"), "always".to_owned()));
    assert_eq!(documented, always.into_iter().chain(known).collect::<Vec<_>>());
}

#[test]
fn every_event_is_in_the_table_with_its_members() {
    let documented = table(&read("README.md"), "| event |");
    let lines = read("src/report/snapshots/nbsnap__report__tests__json-lines.snap");
    let mut seen = BTreeSet::new();
    for line in lines.lines().filter(|line| line.starts_with('{')) {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let name = event["event"].as_str().unwrap();
        seen.insert(name.to_owned());
        let row = documented.iter().find(|row| row[0] == format!("`{name}`")).unwrap_or_else(|| panic!("{name}"));
        for member in event.as_object().unwrap().keys().filter(|key| !["version", "event"].contains(&key.as_str())) {
            assert!(row[1].contains(&format!("`{member}`")), "{name}: {member}");
        }
    }
    // These do not occur in that run.
    seen.extend(["notice", "engine-build", "preparation-progress"].map(str::to_owned));
    assert_eq!(documented.into_iter().map(|row| row[0].replace('`', "")).collect::<BTreeSet<_>>(), seen);
}

#[test]
fn every_pain_has_its_row_and_the_tests_that_it_names() {
    let rows = table(&read("user-requests.md"), "| # |");
    assert_eq!(rows.iter().map(|row| row[0].parse().unwrap()).collect::<Vec<usize>>(), (1..=25).collect::<Vec<_>>());
    for row in &rows {
        let tests: Vec<&str> = row.last().unwrap().split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty() || row[3].starts_with("not solved"), "{} is shown by nothing", row[0]);
        for test in tests {
            let (file, name) = test.split_once("::").unwrap();
            let text = read(&format!("../../tests/{file}.rs"));
            assert!(text.contains(&format!("fn {name}()")) || text.contains(&format!("    {name}: \"")), "{test}");
        }
    }
}
