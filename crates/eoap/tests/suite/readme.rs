//! The programs that the README and the cookbook show are those that are compiled here, line by line.

use std::path::Path;

#[test]
fn programs_of_the_readme_are_the_examples() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(folder.join("README.md")).expect("README");
    let mut count = 0;
    for part in readme.split("](examples/").skip(1) {
        let Some((name, rest)) = part.split_once(')') else { continue };
        let Some(code) = rest.trim_start_matches(":\n\n").strip_prefix("```rust\n") else { continue };
        let code = code.split("```").next().expect("code");
        let example = std::fs::read_to_string(folder.join("examples").join(name)).expect(name);
        let lines: Vec<&str> = example.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
        let shown: Vec<&str> = code.lines().collect();
        assert!(lines.windows(shown.len()).any(|part| part == shown), "{name} is not what the README shows");
        count += 1;
    }
    assert_eq!(count, 5);
}

#[test]
fn test_of_the_cookbook_is_the_one_that_runs_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cookbook = std::fs::read_to_string(folder.join("../../docs/src/cookbook.md")).expect("cookbook");
    let program = std::fs::read_to_string(folder.join("tests/suite/program_of_the_cookbook.rs")).expect("program");
    let (_, code) = program.split_once("\n\n").expect("code after the comment");
    assert!(cookbook.contains(&format!("```rust,no_run\n{code}```\n")), "recipe 14 is not what runs here");
}
