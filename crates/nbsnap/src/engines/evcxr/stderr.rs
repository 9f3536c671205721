//! Finds the places in the author's cell that panic messages mean: these name lines of evcxr's generated
//! program.
//!
//! Pure functions on text, for evcxr embedded and for its Jupyter kernel; nothing here runs or prints
//! anything.

use std::sync::LazyLock;

use regex::Regex;

/// Standard error with places in evcxr's generated program replaced: they move with every cell before. `line`
/// is where in the cell the last panic was.
pub fn place_panics(stderr: &str, line: Option<u32>) -> String {
    static PLACE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:ctx/)?src/lib\.rs:\d+:\d+").expect("the pattern is a constant"));
    let last = PLACE.find_iter(stderr).count();
    let mut seen = 0;
    let place = |_: &regex::Captures<'_>| {
        seen += 1;
        match line {
            Some(line) if seen == last => format!("line {line} of the cell"),
            _ => "the cell".to_owned(),
        }
    };
    PLACE.replace_all(stderr, place).into_owned()
}

/// The line of evcxr's generated program that the last panic message on standard error names.
pub fn panic_line(stderr: &str) -> Option<u32> {
    static PLACE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"panicked at (?:ctx/)?src/lib\.rs:(\d+):\d+:").expect("the pattern is a constant"));
    PLACE.captures_iter(stderr).last()?[1].parse().ok()
}

/// The cell's line that is line `generated_line` of evcxr's generated program.
///
/// evcxr keeps the cell's lines whole but says nowhere where it put them. So the line's text is looked for in
/// the cell. Where the cell has it several times, its rank among the same lines of the program decides.
pub fn line_in_cell(generated: &str, generated_line: u32, source: &str) -> Option<u32> {
    let at = usize::try_from(generated_line).ok()?.checked_sub(1)?;
    let text = generated.lines().nth(at)?.trim();
    let same = |line: &&str| -> bool { !line.is_empty() && (*line == text || text.contains(*line)) };
    let rank = generated.lines().take(at).map(str::trim).filter(|line| *line == text).count();
    let places: Vec<usize> = source.lines().enumerate().filter(|(_, line)| same(&line.trim())).map(|(index, _)| index).collect();
    let exact: Vec<usize> =
        places.iter().copied().filter(|index| source.lines().nth(*index).map(str::trim) == Some(text)).collect();
    let candidates = if exact.is_empty() { &places } else { &exact };
    let found = candidates.get(rank.min(candidates.len().checked_sub(1)?))?;
    u32::try_from(found + 1).ok()
}

/// The message of the last panic on standard error, without its place and the notes after it.
pub fn panic_message(stderr: &str) -> String {
    static PANIC: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^thread '[^\n]*' (?:\(\d+\) )?panicked at [^\n]*:\n").expect("the pattern is a constant")
    });
    let Some(last) = PANIC.find_iter(stderr).last() else { return String::new() };
    let rest = &stderr[last.end()..];
    let end = ["\nnote: run with", "\nstack backtrace:"].iter().filter_map(|mark| rest.find(mark)).min();
    rest[..end.unwrap_or(rest.len())].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STDERR: &str = "\nthread 'main' (4711) panicked at src/lib.rs:5:1:\nassertion `left == right` failed\n  left: 1\n right: 2\n\
                          note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";

    #[test]
    fn a_panic_is_read_from_what_the_standard_library_prints() {
        assert_eq!(panic_line(STDERR), Some(5));
        assert_eq!(panic_message(STDERR), "assertion `left == right` failed\n  left: 1\n right: 2");
        assert_eq!(panic_message("nothing"), "");
        assert!(place_panics(STDERR, Some(3)).contains("panicked at line 3 of the cell:\n"));
        assert!(place_panics(STDERR, None).contains("panicked at the cell:\n"));
    }

    #[test]
    fn a_generated_line_is_found_in_the_cell() {
        let cell = "let a = 1;\nassert_eq!(a, 2);\nlet b = 3;";
        let generated = "fn x() {\nlet y;\n{\nlet a = 1;\nassert_eq!(a, 2);\nlet b = 3;\n}}";
        assert_eq!(line_in_cell(generated, 5, cell), Some(2));
        assert_eq!(line_in_cell(generated, 1, cell), None);
        assert_eq!(line_in_cell(generated, 99, cell), None);
        assert_eq!(line_in_cell("a!();\nx\na!();", 3, "a!();\n\na!();"), Some(3));
    }
}
