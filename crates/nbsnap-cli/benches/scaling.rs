//! How the time of a run grows with the cells of a notebook and with notebooks: the real binary, with its
//! default engine, on notebooks made for it.
//!
//! Each figure is the time from an edit to the verdict (a comment in the last cell changes), the median of
//! several, and in brackets the processor time, which says more on a machine that does other things too.
//! `just scaling` runs it; numbers after `--` are sizes other than those it has by itself, and words are
//! kinds of notebooks.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the table is what this is for")]

#[path = "scaling/cells.rs"]
mod cells;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often each figure is measured; there is one run more before, which is not counted.
const ROUNDS: usize = 3;
const SIZES: [usize; 5] = [10, 50, 100, 200, 400];
const NOTEBOOKS: [usize; 4] = [1, 10, 20, 40];

/// A whole run.
struct Timed {
    elapsed: Duration,
    /// Processor time of all its processes.
    worked: Duration,
    /// The most memory that the runner itself took, in MiB.
    memory: u64,
    said: String,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let numbers: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if numbers.is_empty() { SIZES.to_vec() } else { numbers };
    let words: Vec<&String> = arguments.iter().filter(|argument| argument.parse::<usize>().is_err()).collect();
    let wanted = |kind: &str| words.is_empty() || words.iter().any(|word| kind.contains(word.as_str()));

    println!("Seconds from an edit to the verdict, by the number of cells, and processor seconds (median of {ROUNDS}):\n");
    println!("{:<12}{}", "cells", sizes.iter().map(|size| format!("{size:>14}")).collect::<String>());
    for kind in cells::KINDS.iter().filter(|kind| wanted(kind.name)) {
        print!("{:<12}", kind.name);
        for size in &sizes {
            let project = project(kind.name);
            write_notebook(&project, "lab", &kind.cells(*size), 0);
            accept(&project);
            let mut runs: Vec<(Duration, Duration)> = (1..=ROUNDS)
                .map(|edit| {
                    write_notebook(&project, "lab", &kind.cells(*size), edit);
                    let run = test(&project);
                    assert!(run.said.contains(&format!("({size} cells)")), "not green:\n{}", run.said);
                    (run.elapsed, run.worked)
                })
                .collect();
            runs.sort();
            let (elapsed, worked) = runs[ROUNDS / 2];
            print!("{:>14}", format!("{:.2} ({:.2})", elapsed.as_secs_f64(), worked.as_secs_f64()));
            std::io::Write::flush(&mut std::io::stdout()).unwrap();
        }
        println!();
    }
    if !wanted("notebooks") {
        return;
    }
    println!("\nNotebooks of 12 cells, each edited:\n\nnotebooks   seconds  each   processor   the runner's memory");
    for count in NOTEBOOKS {
        let project = project("notebooks");
        let mixed = cells::KINDS.iter().find(|kind| kind.name == "mixed").unwrap();
        for edit in 0..2 {
            for number in 1..=count {
                write_notebook(&project, &format!("lab-{number:02}"), &mixed.cells(12), edit);
            }
            if edit == 0 {
                accept(&project);
            }
        }
        let Timed { elapsed, worked, memory, said } = test(&project);
        assert!(said.contains(&format!("{count} passed")), "{said}");
        let (seconds, each) = (elapsed.as_secs_f64(), elapsed.as_secs_f64() / count as f64);
        println!("{count:>9} {seconds:>9.2} {each:>5.2} {:>11.2}   {memory} MiB", worked.as_secs_f64());
    }
}

/// An empty project, beside those of other kinds; what was built for it is kept.
fn project(kind: &str) -> PathBuf {
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scaling").join(kind);
    for folder in ["notebooks", "snapshots"] {
        let _ = std::fs::remove_dir_all(project.join(folder));
    }
    std::fs::create_dir_all(project.join("notebooks")).unwrap();
    project
}

fn write_notebook(project: &Path, name: &str, cells: &[String], edit: usize) {
    let mut cells = cells.to_vec();
    cells.last_mut().unwrap().push_str(&format!("\n// edit {edit}"));
    let cells: Vec<_> = cells
        .iter()
        .enumerate()
        .map(|(index, source)| {
            serde_json::json!({"cell_type": "code", "id": format!("cell-{index}"), "metadata": {}, "execution_count": null,
                               "outputs": [], "source": source})
        })
        .collect();
    let notebook = serde_json::json!({
        "cells": cells,
        "metadata": {"kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"}, "language_info": {"name": "rust"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    });
    std::fs::write(project.join("notebooks").join(name).with_extension("ipynb"), notebook.to_string()).unwrap();
}

/// Makes what the notebooks show now their snapshots.
fn accept(project: &Path) {
    test(project);
    let accepted = command(project, &["accept"]).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(accepted.success());
}

fn test(project: &Path) -> Timed {
    let (started, before) = (Instant::now(), processor_time());
    let mut child = command(project, &["test"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut stdout = child.stdout.take().unwrap();
    let said = std::thread::spawn(move || {
        let mut said = String::new();
        stdout.read_to_string(&mut said).map(|_| said)
    });
    let mut memory = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        memory = peak.unwrap_or(0).max(memory);
        std::thread::sleep(Duration::from_millis(2));
    }
    let (elapsed, worked) = (started.elapsed(), processor_time() - before);
    Timed { elapsed, worked, memory: memory / 1024, said: said.join().unwrap().unwrap() }
}

/// The processor time of all processes that were started here and have ended, and of those that they started.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // Fields 16 and 17 of proc(5), in hundredths of a second; the second one is in brackets, and may be any
    // text.
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
    let ticks: u64 = fields.skip(13).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

fn command(project: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nbsnap"));
    command.args(arguments).arg("--project").arg(project).env("NO_COLOR", "1").env_remove("CI").stdin(Stdio::null());
    command
}
