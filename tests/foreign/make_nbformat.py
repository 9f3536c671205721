#!/usr/bin/env python3
"""Writes project/notebooks/made-by-nbformat.ipynb with the Python package nbformat (5.11), as any tool may that is not Jupyter's editor.

Run it with a Python that has nbformat after a change (`just foreign` makes one, target/foreign/bin/python): the file is its output. Its
ids come from a fixed seed, as nbformat draws them at random."""

import pathlib
import random

import nbformat
import nbformat.v4

random.seed(5)
nbformat.v4.nbbase.random_cell_id = lambda: "".join(random.choice("0123456789abcdef") for _ in range(8))

notebook = nbformat.v4.new_notebook()
notebook.metadata.kernelspec = {"name": "rust", "display_name": "Rust", "language": "rust"}
notebook.metadata.authors = [{"name": "Ångström"}]
notebook.cells = [
    nbformat.v4.new_markdown_cell("# Made by a program\n\nwith *Markdown* and a formula: $a^2 + b^2$"),
    nbformat.v4.new_code_cell("let side: u32 = 3;", metadata={"tags": ["parameters"]}),
    nbformat.v4.new_raw_cell("raw: not for readers"),
    nbformat.v4.new_code_cell("let squares: Vec<u32> = (1..=side).map(|n| n * n).collect();\nprintln!(\"Σ {}\", squares.iter().sum::<u32>());\nsquares"),
    nbformat.v4.new_code_cell(
        "// what stands here from an earlier run\nside",
        execution_count=41,
        outputs=[
            nbformat.v4.new_output("stream", name="stdout", text="an old line\n"),
            nbformat.v4.new_output("execute_result", {"text/plain": "9"}, execution_count=41),
        ],
    ),
]
nbformat.validate(notebook)
nbformat.write(notebook, pathlib.Path(__file__).parent / "project/notebooks/made-by-nbformat.ipynb")
