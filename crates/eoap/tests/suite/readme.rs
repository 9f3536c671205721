//! The programs that the README shows are those in `examples/`, line by line.

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
