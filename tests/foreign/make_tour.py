#!/usr/bin/env python3
"""Writes project/notebooks/tour.ipynb: a walk through what evcxr can do, in the form in which evcxr's own tour is kept.

That is format 4.2, so without cell ids; outputs of several sittings, with counts in no order; streams in either order; the error of a cell
that does not compile; a kernelspec and a language_info as evcxr's kernel writes them. Run it again after a change: the file is its output."""

import json
import pathlib

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def markdown(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(True)}


def code(source, count=None, outputs=(), **metadata):
    return {"cell_type": "code", "execution_count": count, "metadata": metadata, "outputs": list(outputs), "source": source.splitlines(True)}


def stream(name, text):
    return {"name": name, "output_type": "stream", "text": text.splitlines(True)}


def result(count, **data):
    data = {mime.replace("_", "/"): text.splitlines(True) for mime, text in data.items()}
    return {"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"}


cells = [
    markdown("# A walk through the kernel\nEvery cell is compiled by itself; variables, functions and types stay.\n\n## Print and show"),
    code('println!("to stdout");\neprintln!("to stderr");\nformat!("shown: {}", 6 * 7)', 2,
         [stream("stderr", "to stderr\n"), stream("stdout", "to stdout\n"), result(2, text_plain='"shown: 42"')]),
    markdown("## Variables\nOne cell makes it, the next one changes it."),
    code("let mut words = vec![\"one\".to_owned()];", 3),
    code(":vars", 4, [result(4, text_plain="words: Vec<String>\n")]),
    code('words.push("two".to_owned());', 5),
    code("words", 6, [result(6, text_plain='["one", "two"]')]),
    markdown("## Functions\nA second definition takes the place of the first."),
    code("pub fn next(x: u64) -> u64 {\n    x + 2\n}", 7),
    code("(1..5).map(next).collect::<Vec<_>>()", 8, [result(8, text_plain="[3, 4, 5, 6]")]),
    code("pub fn next(x: u64) -> u64 {\n    x + 1\n}\n(1..5).map(next).collect::<Vec<_>>()", 9, [result(9, text_plain="[2, 3, 4, 5]")]),
    markdown("## Threads"),
    code("use std::sync::{Arc, Mutex};\n\nlet total = Arc::new(Mutex::new(0));\nlet adder = {\n    let total = Arc::clone(&total);\n"
         "    std::thread::spawn(move || (1..=100).for_each(|number| *total.lock().unwrap() += number))\n};", 2),
    code("adder.join().unwrap();\nlet sum = *total.lock()?;\nsum", 3, [result(3, text_plain="5050")]),
    markdown("## Crates"),
    code(":dep sums = { path = \"../sums\" }\nsums::is_palindrome(\"level\")", 14, [result(14, text_plain="true")]),
    markdown("## Types that show themselves"),
    code("pub struct Grid {\n    pub cells: Vec<u8>,\n    pub columns: usize,\n}\n\nimpl Grid {\n    pub fn evcxr_display(&self) {\n"
         "        let row = |row: &[u8]| row.iter().map(|cell| format!(\"<td>{cell}</td>\")).collect::<String>();\n"
         "        let rows: String = self.cells.chunks(self.columns).map(|cells| format!(\"<tr>{}</tr>\", row(cells))).collect();\n"
         "        println!(\"EVCXR_BEGIN_CONTENT text/html\\n<table>{rows}</table>\\nEVCXR_END_CONTENT\");\n    }\n}", 15),
    code("Grid { cells: vec![1, 2, 3, 4], columns: 2 }", 16,
         [result(16, text_html="<table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>")]),
    code(f'println!("EVCXR_BEGIN_CONTENT image/png\\n{PIXEL}\\nEVCXR_END_CONTENT");', 17,
         [{"data": {"image/png": PIXEL}, "execution_count": 17, "metadata": {}, "output_type": "execute_result"}]),
    markdown("## Errors\nOne that the compiler finds, one that `?` meets, one that panics."),
    code("let mut text = String::new();\ntext.push_str(format!(\"{}\", 42));", 18,
         [{"ename": "Error", "evalue": "mismatched types", "output_type": "error",
           "traceback": ["\u001b[91m^^^^^\u001b[0m \u001b[94mexpected &str, found String\u001b[0m", "mismatched types"]}],
         tags=["raises-exception"]),
    code('let port: u16 = "99999".parse()?;', 19, [stream("stderr", "number too large to fit in target type\n")], tags=["raises-exception"]),
    code('assert_eq!(next(1), 3, "the first definition is gone");', 20, tags=["raises-exception"]),
    code(""),
]
notebook = {
    "cells": cells,
    "metadata": {
        "kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"},
        "language_info": {
            "codemirror_mode": "rust", "file_extension": ".rs", "mimetype": "text/rust", "name": "Rust", "pygment_lexer": "rust", "version": "",
        },
    },
    "nbformat": 4,
    "nbformat_minor": 2,
}
path = pathlib.Path(__file__).parent / "project/notebooks/tour.ipynb"
path.write_text(json.dumps(notebook, indent=1) + "\n")
