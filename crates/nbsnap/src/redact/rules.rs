//! The built-in rules: their names, whether they are on unless a project says otherwise, and their patterns.
//!
//! What is on by default never has a meaning in a notebook. What a notebook may want to show, such as a date,
//! is off by default. This module only holds patterns; applying them is the work of the
//! [`Redactor`](super::Redactor).

/// A rule that can be switched on and off by its name.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BuiltInRule {
    /// The name in `[redactions]`.
    pub name: &'static str,
    /// Whether it is on unless a project says otherwise.
    pub is_on: bool,
    /// What it looks for, each with its replacement. Folders are not among them: they are known only when a
    /// run begins.
    pub(super) patterns: &'static [(&'static str, &'static str)],
}

/// All of them, in the order in which they apply.
pub const BUILT_IN_RULES: &[BuiltInRule] = &[
    BuiltInRule {
        name: "paths",
        is_on: true,
        patterns: &[
            // Names of folders that `tempfile` makes.
            (r"\[TMP\]/\.tmp[A-Za-z0-9]{6}\b", "[TMP]/[DIR]"),
            (r"/rustc/[0-9a-f]{40}/", "[RUSTC]/"),
        ],
    },
    BuiltInRule { name: "ports", is_on: true, patterns: &[] },
    BuiltInRule {
        name: "thread-ids",
        is_on: true,
        patterns: &[(r"thread '(?<name>[^'\n]*)' \(\d+\) (?<what>panicked|has overflowed)", "thread '${name}' ${what}")],
    },
    BuiltInRule {
        name: "generated-lines",
        is_on: true,
        patterns: &[
            (r"(?m)(?<before>^|[^/\w.\]])(?:ctx/)?src/lib\.rs:\d+(?::\d+)?", "${before}[CELL]"),
            // What IPython calls the file that holds a cell's code.
            (r"(?:\[TMP\]|/tmp)/ipykernel_\d+/\d+\.py(?::\d+)?", "[CELL]"),
        ],
    },
    BuiltInRule {
        name: "backtraces",
        is_on: true,
        patterns: &[(
            r"(?m)^[Ss]tack backtrace:\n(?:[ \t]+\d+: .*(?:\n|\z)(?:[ \t]+at .*(?:\n|\z))*)+(?:note: Some details are omitted.*(?:\n|\z))?",
            "[BACKTRACE]\n",
        )],
    },
    BuiltInRule {
        name: "durations",
        is_on: false,
        patterns: &[(
            r"\b(?:\d+(?:\.\d+)?\s?h(?:ours?)?\s?)?(?:\d+\s?m(?:in)?\s?\d+(?:\.\d+)?\s?s|\d+(?:\.\d+)?\s?(?:ns|µs|us|ms|s|secs?|seconds?|min|minutes?|hours?|milliseconds?|microseconds?|nanoseconds?))\b",
            "[DURATION]",
        )],
    },
    BuiltInRule {
        name: "dates",
        is_on: false,
        patterns: &[
            (r"\b\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?(?:[Zz]|UTC|[+-]\d{2}:?\d{2})\b)?)?", "[DATE]"),
            (
                r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} (?:GMT|UTC|[+-]\d{4})",
                "[DATE]",
            ),
        ],
    },
    BuiltInRule {
        name: "uuids",
        is_on: false,
        patterns: &[(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b", "[UUID]")],
    },
    BuiltInRule { name: "object-addresses", is_on: true, patterns: &[(r" at 0x[0-9a-fA-F]{6,16}>", " at [ADDRESS]>")] },
    BuiltInRule { name: "addresses", is_on: false, patterns: &[(r"\b0x[0-9a-fA-F]{6,16}\b", "[ADDRESS]")] },
];

/// Escape sequences for terminals.
pub(crate) const ANSI: &str = r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\x{9c}]*(?:\x07|\x1b\\|\x{9c})|\x1b[ -/]*[0-OQ-WYZ\\`-~]|\x{9b}[0-?]*[ -/]*[@-~]";
/// A port on the loopback interface.
pub(super) const LOOPBACK: &str = r"(?<host>\b127\.0\.0\.1|\blocalhost|\[::1\]):(?<port>\d{4,5})\b";
/// From here on systems give ports to programs that ask for any (Linux from here, others from 49152). Lower
/// ports were chosen by somebody, and are the same everywhere.
pub(super) const FIRST_CHANCE_PORT: u16 = 32768;
