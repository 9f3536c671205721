#!/usr/bin/env python3
"""Edits a small project at random, and demands that the verdict is the one that an empty build folder gives.

Whatever a verdict can rest on is edited: cells, a library, what it includes, its build script and what that reads, variables, data,
settings, snapshots. After each edit the project is tested twice, with everything kept and with nothing kept; both must say the same.
It takes about four seconds an edit. A run that is stopped with Ctrl-C says how far it came. Usage: tests/random_edits.py [EDITS] [SEED]
"""

import collections
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

EDITS = int(sys.argv[1]) if len(sys.argv) > 1 else 500
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
NBSNAP = pathlib.Path(__file__).resolve().parent.parent / "target/debug/nbsnap"

CELLS = {
    "tool": [':dep tool = { path = "../tool" }\nprintln!("{}", tool::value());', ':dep tool = { path = "../tool" }\nprintln!("<{}>", tool::value());'],
    "data": ['println!("{}", std::fs::read_to_string("../data/x.txt").unwrap_or_default());', 'println!("{:?}", std::fs::read("../data/x.txt").map(|b| b.len()).ok());'],
    "list": ['let mut names: Vec<_> = std::fs::read_dir("../data").unwrap().map(|e| e.unwrap().file_name()).collect();\nnames.sort();\nprintln!("{names:?}");'],
    "there": ['println!("{}", std::path::Path::new("../data/maybe.txt").exists());'],
    "included": ['println!("{}", include_str!("FOLDER/shared/cell.txt"));'],
    "user": ['println!("{}", std::env::var("USER").unwrap_or_default());'],
    "sum": ["let total = 1 + 2;\ntotal", "let total = 1 + 3;\ntotal"],
}
LIBRARIES = [
    'pub fn value() -> String { format!("{}{}{}{}", include_str!("../../shared/part.txt"), env!("FROM_SCRIPT"), option_env!("TOOL_MODE").unwrap_or("-"), inner::N) }\n#[path = "../../shared/inner.rs"]\nmod inner;\n',
    'pub fn value() -> String { format!("{}|{}", env!("FROM_SCRIPT"), include_str!("../../shared/part.txt")) }\n',
]
SCRIPTS = [
    'fn main() { println!("cargo::rerun-if-changed=../shared/script.txt"); println!("cargo::rerun-if-env-changed=SCRIPT_MODE"); println!("cargo::rustc-env=FROM_SCRIPT={}{}", std::fs::read_to_string("../shared/script.txt").unwrap().trim(), std::env::var("SCRIPT_MODE").unwrap_or_default()); }\n',
    'fn main() { println!("cargo::rerun-if-changed=build.rs"); println!("cargo::rustc-env=FROM_SCRIPT=fixed"); }\n',
]
SETTINGS = ["", '[[redact]]\nname = "digits"\npattern = "[0-9]+"\nreplace = "N"\n', 'cell-timeout = "20s"\n']
WORDS = ["one", "two", "three"]


class Project:
    def __init__(self, root, dice):
        self.root, self.dice = root, dice
        self.variables = {"USER": "ann", "TOOL_MODE": "plain", "SCRIPT_MODE": "plain"}
        self.chosen = {name: 0 for name in CELLS}
        for folder in ["notebooks", "tool/src", "shared", "data"]:
            (root / folder).mkdir(parents=True)
        self.write("tool/Cargo.toml", '[package]\nname = "tool"\nversion = "1.0.0"\nedition = "2024"\n[workspace]\n')
        self.write("tool/src/lib.rs", LIBRARIES[0])
        self.write("tool/build.rs", SCRIPTS[0])
        self.write("shared/inner.rs", "pub const N: u32 = 1;\n")
        for name in ["shared/part.txt", "shared/script.txt", "shared/cell.txt", "data/x.txt"]:
            self.write(name, "one")
        self.write("notebooks/nbsnap.toml", "")
        self.notebook()

    def write(self, name, text):
        (self.root / name).write_text(text)

    def notebook(self):
        cells = [
            {"cell_type": "code", "execution_count": None, "id": name, "metadata": {}, "outputs": [],
             "source": CELLS[name][number].replace("FOLDER", str(self.root)).splitlines(keepends=True)}
            for name, number in self.chosen.items()
        ]
        kernel = {"display_name": "Rust", "language": "rust", "name": "rust"}
        self.write("notebooks/lab.ipynb", json.dumps({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}, indent=1))

    def edit(self):
        """Does one edit, and returns its kind."""
        dice = self.dice
        word = dice.choice(WORDS)
        kind = dice.choice(["data", "data", "name", "maybe", "included by a cell", "included by the library", "a module elsewhere", "read by the script",
                            "cell", "cell", "library", "script", "variable of the machine", "variable of the library", "variable of the script", "settings",
                            "snapshot", "touched", "moved in", "data by another process"])
        if kind == "data":
            self.write("data/x.txt", word)
        elif kind == "name":
            extra = self.root / "data" / f"{word}.csv"
            extra.unlink() if extra.exists() else extra.write_text("")
        elif kind == "maybe":
            maybe = self.root / "data/maybe.txt"
            maybe.unlink() if maybe.exists() else maybe.write_text("")
        elif kind == "included by a cell":
            self.write("shared/cell.txt", word)
        elif kind == "included by the library":
            self.write("shared/part.txt", word)
        elif kind == "a module elsewhere":
            self.write("shared/inner.rs", f"pub const N: u32 = {dice.randrange(3)};\n")
        elif kind == "read by the script":
            self.write("shared/script.txt", word)
        elif kind == "cell":
            name = dice.choice(list(CELLS))
            self.chosen[name] = dice.randrange(len(CELLS[name]))
            self.notebook()
        elif kind == "library":
            self.write("tool/src/lib.rs", dice.choice(LIBRARIES))
        elif kind == "script":
            self.write("tool/build.rs", dice.choice(SCRIPTS))
        elif kind.startswith("variable"):
            self.variables[{"m": "USER", "l": "TOOL_MODE", "s": "SCRIPT_MODE"}[kind.split("the ")[1][0]]] = word
        elif kind == "settings":
            self.write("notebooks/nbsnap.toml", dice.choice(SETTINGS))
        elif kind == "snapshot":
            snapshot = self.root / "snapshots/lab/sum.snap"
            snapshot.write_text(snapshot.read_text().replace("\n3\n", "\n4\n") if dice.random() < 0.5 else snapshot.read_text().replace("\n4\n", "\n3\n"))
        elif kind == "touched":
            (self.root / "data/x.txt").touch()
            (self.root / "shared/part.txt").touch()
        elif kind == "moved in":
            new = self.root / "new.txt"
            new.write_text(word)
            os.utime(new, (1_600_000_000, 1_600_000_000))
            new.rename(self.root / dice.choice(["data/x.txt", "shared/part.txt", "shared/script.txt"]))
        elif kind == "data by another process":
            subprocess.run(["sh", "-c", f"printf {word} > data/x.txt"], cwd=self.root, check=True)
        return kind

    def test(self, cache, update="never"):
        """What comes of a run that keeps what it builds in this folder: its exit code, and what became of each cell."""
        # As on CI nothing is written beside the snapshots, so that both runs find the same tree; `CI` itself would run everything.
        command = [NBSNAP, "test", "--cache-dir", cache, "--update", update]
        # In a session of its own, so that Ctrl-C ends this script and not the run.
        ran = subprocess.run(command, cwd=self.root, env={**os.environ, **self.variables}, capture_output=True, text=True, start_new_session=True)
        wrong = sorted({line.split("`")[1] for line in ran.stdout.splitlines() if ", cell " in line and "`" in line})
        return ran.returncode, wrong, "CACHED" in ran.stdout, ran.stdout + ran.stderr


def main():
    os.environ.pop("CI", None)
    dice = random.Random(SEED)
    print(f"{EDITS} edits, seed {SEED}")
    kinds, cached, red, started = collections.Counter(), 0, 0, time.time()
    stop = []
    signal.signal(signal.SIGINT, lambda *_: stop.append(True))
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "project"
        root.mkdir()
        project = Project(root, dice)
        kept = root / "kept"
        project.test(kept)
        subprocess.run([NBSNAP, "test", "--cache-dir", kept], cwd=root, env={**os.environ, **project.variables}, capture_output=True)
        subprocess.run([NBSNAP, "accept"], cwd=root, check=True, capture_output=True)
        for number in range(EDITS):
            if stop:
                break
            if dice.random() < 0.5:
                # What is so now is right from now on, and known to be.
                project.test(kept, "pending")
                subprocess.run([NBSNAP, "accept"], cwd=root, capture_output=True)
                project.test(kept)
            kind = project.edit()
            kinds[kind] += 1
            code, wrong, was_cached, text = project.test(kept)
            nothing = root / "nothing"
            shutil.rmtree(nothing, ignore_errors=True)
            other_code, other_wrong, _, other_text = project.test(nothing)
            cached += was_cached
            red += code != 0
            if (code, wrong) != (other_code, other_wrong):
                print(f"edit {number + 1} ({kind}): with what was kept {code} {wrong}, with nothing {other_code} {other_wrong}\n{text}\n---\n{other_text}")
                sys.exit(1)
    print(f"{kinds.total()} edits, all the same in {time.time() - started:.0f} s; {red} red, {cached} taken from the cache; edits by kind:")
    for kind, count in sorted(kinds.items()):
        print(f"  {count:4} {kind}")


main()
