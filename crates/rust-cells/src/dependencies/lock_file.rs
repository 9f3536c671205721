//! Lock files, without the packages that only represent notebooks.

use toml::{Table, Value};

/// The packages that this and other engines generate for a notebook's dependencies.
const MEMBERS: &[&str] = &["ctx", "fused", "no-dependencies"];
const MEMBER_PREFIXES: &[&str] = &["cells-deps-", "notebook-"];

/// A lock file without the packages that only represent notebooks. The rest is the same for every notebook.
pub fn without_members(lock: &str) -> String {
    let Ok(mut table) = lock.parse::<Table>() else { return lock.to_owned() };
    let Some(Value::Array(packages)) = table.get_mut("package") else { return lock.to_owned() };
    packages.retain(|package| {
        let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
        let is_member = MEMBERS.contains(&name) || MEMBER_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        package.get("source").is_some() || !is_member
    });
    let head: String = lock.lines().take_while(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    let mut text = head;
    if let Some(version) = table.get("version") {
        text.push_str(&format!("version = {version}\n"));
    }
    let Some(Value::Array(packages)) = table.get("package") else { return text };
    for package in packages {
        text.push_str("\n[[package]]\n");
        for key in ["name", "version", "source", "checksum"] {
            if let Some(value) = package.get(key).and_then(Value::as_str) {
                text.push_str(&format!("{key} = {value:?}\n"));
            }
        }
        if let Some(Value::Array(dependencies)) = package.get("dependencies") {
            text.push_str("dependencies = [\n");
            dependencies.iter().filter_map(Value::as_str).for_each(|name| text.push_str(&format!(" {name:?},\n")));
            text.push_str("]\n");
        }
    }
    text
}

/// Whether two lock files pin the same.
pub fn same_lock(one: &str, other: &str) -> bool {
    without_members(one) == without_members(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_that_hold_dependencies_are_left_out() {
        let lock = "# This file is generated.\nversion = 4\n\n[[package]]\nname = \"notebook-lab\"\nversion = \"1.0.0\"\ndependencies = [\n \"own\",\n]\n\n\
                    [[package]]\nname = \"own\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"regex\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\nchecksum = \"00\"\n";
        let left = without_members(lock);
        assert!(!left.contains("notebook-lab") && left.contains("\"own\"") && left.contains("\"regex\""));
        assert_eq!(left, without_members(&left));
    }
}
