#!/usr/bin/env python3
"""Which faults of a notebook do test tools see? Makes small notebooks in Python, runs each with nbval, nbmake, nbclient, papermill and nbsnap
on the real ipykernel, and prints a table of who is red; `--write` puts it into the guide's comparison.

Each notebook is run and recorded first, and then edited. What was recorded are its own outputs (nbval compares with those) and snapshots.
Installs the tools below target/peers. `just verdicts`.
"""

import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from virtual_environment import ROOT, version_of, virtual_environment

NBSNAP = Path(os.environ.get("NBSNAP", ROOT / "target/debug/nbsnap"))
PAGE = ROOT / "docs/src/comparison.md"
BEGIN, END = "<!-- verdicts: written by tests/peers/verdicts.py -->", "<!-- end of verdicts -->"
TOOLS = ["nbval", "nbmake", "nbclient", "papermill"]
PICTURE = '''import base64, zlib, struct
from IPython.display import display
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
def png(grey):
    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    return b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress((b"\\0" + bytes([grey]) * 8) * 8, LEVEL)) + chunk(b"IEND", b"")
display({"image/png": base64.b64encode(png(GREY)).decode()}, raw=True)'''
DATA = 'from IPython.display import display\ndisplay({"application/json": VALUE, "text/plain": "data"}, raw=True)'
# Why tools differ.
COMPARES = "only nbval and nbsnap compare"
MUST_RAISE = "the tag allows an error; nbval and nbsnap demand one"
NBVALS = "a tag of nbval's"
# What is wrong; the cell as it was recorded; the cell now; tags; whether a test should be red; why tools differ.
CASES = [
    ("nothing", "print(1)", "print(1)", [], False, ""),
    ("a cell raises", "print(1)", "print(1 / 0)", [], True, ""),
    ("a syntax error", "print(1)", "print(1", [], True, ""),
    ("an assertion fails", "x = 1\nassert x == 1", "x = 2\nassert x == 1", [], True, ""),
    ("another output", "print(1)", "print(2)", [], True, COMPARES),
    ("output on standard error", "print(1)", "import sys\nprint(1)\nprint('careful', file=sys.stderr)", [], True, COMPARES),
    ("no output where there was some", "print(1)", "x = 1", [], True, COMPARES),
    ("another picture", PICTURE.replace("GREY", "40").replace("LEVEL", "9"), PICTURE.replace("GREY", "80").replace("LEVEL", "9"), [], True,
     "only nbsnap compares pictures"),
    ("the same picture, packed otherwise", PICTURE.replace("GREY", "40").replace("LEVEL", "9"), PICTURE.replace("GREY", "40").replace("LEVEL", "0"), [], False, ""),
    ("another value in JSON", DATA.replace("VALUE", "{'a': 1, 'b': 2}"), DATA.replace("VALUE", "{'a': 1, 'b': 3}"), [], True, COMPARES),
    ("JSON with its members in another order", DATA.replace("VALUE", "{'a': 1, 'b': 2}"), DATA.replace("VALUE", "{'b': 2, 'a': 1}"), [], False, ""),
    ("another output, `# NBVAL_IGNORE_OUTPUT`", "# NBVAL_IGNORE_OUTPUT\nprint(1)", "# NBVAL_IGNORE_OUTPUT\nprint(2)", [], False, ""),
    ("tagged `raises-exception`, and raises", "raise ValueError(1)", "raise ValueError(1)", ["raises-exception"], False, "papermill does not know the tag"),
    ("tagged `raises-exception`, and does not", "raise ValueError(1)", "x = 1", ["raises-exception"], True, MUST_RAISE),
    ("tagged `raises-exception`, and ends the kernel", "raise ValueError(1)", "import os\nos._exit(1)", ["raises-exception"], True, ""),
    ("tagged `skip-execution`, and would raise", "print(1)", "raise ValueError(1)", ["skip-execution"], False, "nbval does not know the tag"),
    ("tagged `nbval-skip`, and would raise", "print(1)", "raise ValueError(1)", ["nbval-skip"], False, NBVALS),
    ("a cell ends the kernel with code 0", "print(1)", "import os\nprint(1, flush=True)\nos._exit(0)", [], True, ""),
    ("a signal ends the kernel", "print(1)", "import os\nprint(1, flush=True)\nos.kill(os.getpid(), 9)", [], True, ""),
    ("a cell calls `sys.exit(0)`", "print(1)", "import sys\nprint(1)\nsys.exit(0)", [], True, "papermill takes code 0 for success"),
    ("a cell runs too long", "print(1)", "print(1)\nimport time\ntime.sleep(60)", [], True, ""),
    ("a cell asks for input", "print(1)", "print(1)\ninput()", [], True, ""),
]
LIMIT = 10

def notebook(source, tags):
    cell = {"cell_type": "code", "id": "cell", "execution_count": None, "metadata": {"tags": tags}, "outputs": [], "source": source}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": [cell]}


def run(command, folder, environment):
    """The exit code; a tool that has not ended after a minute is neither red nor green."""
    try:
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=60).returncode
    except subprocess.TimeoutExpired:
        return None


def verdicts(python, case):
    """The exit codes of all tools on one case."""
    _, before, now, tags, _, _ = case
    tools = python.parent
    plain = {name: value for name, value in os.environ.items() if name != "CI"}
    environment = {**plain, "VIRTUAL_ENV": str(tools.parent), "PATH": f"{tools}:{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory(prefix="verdicts-") as folder:
        file = Path(folder) / "notebooks/lab.ipynb"
        file.parent.mkdir()
        (file.parent / "nbsnap.toml").write_text(f'cell-timeout = "{LIMIT}s"\n')
        write = lambda content: file.write_text(json.dumps(content))
        # What is skipped cannot be recorded.
        write(notebook(before, [tag for tag in tags if tag != "skip-execution"]))
        for command in [[NBSNAP, "test"], [NBSNAP, "accept"], [tools / "jupyter-execute", "--inplace", "--allow-errors", file]]:
            run(command, folder, environment)
        recorded = json.loads(file.read_text())
        assert recorded["cells"][0]["execution_count"], "the notebook has to be executed first"
        recorded["cells"][0]["source"] = now
        recorded["cells"][0]["metadata"]["tags"] = tags
        write(recorded)
        pytest = [python, "-m", "pytest", "--quiet", "-p", "no:cacheprovider"]
        codes = {
            "nbval": run([*pytest, "--nbval", f"--nbval-cell-timeout={LIMIT}", file], folder, environment),
            "nbmake": run([*pytest, "--nbmake", f"--nbmake-timeout={LIMIT}", file], folder, environment),
            "nbclient": run([tools / "jupyter-execute", f"--timeout={LIMIT}", file], folder, environment),
            "papermill": run([tools / "papermill", "--no-progress-bar", f"--execution-timeout={LIMIT}", file, Path(folder) / "out.ipynb"], folder, environment),
        }
        write(notebook(now, tags))
        codes["nbsnap"] = run([NBSNAP, "test"], folder, environment)
        return codes


def table(python):
    names = [*TOOLS, "nbsnap"]
    lines = [f"| what is wrong | should be | {' | '.join(names)} | why they differ |", "|---" * (len(names) + 3) + "|"]
    for case in CASES:
        found = verdicts(python, case)
        colour = lambda code: "hangs" if code is None else "red" if code else "green"
        meant = "red" if case[4] else "green"
        cells = [colour(found[name]) if colour(found[name]) == meant else f"**{colour(found[name])}**" for name in names]
        if any("*" in cell for cell in cells) != bool(case[5]):
            sys.exit(f"{case[0]}: {found}, and the reason why tools differ is `{case[5]}`")
        lines.append(f"| {case[0]} | {meant} | {' | '.join(cells)} | {case[5]} |")
        print(lines[-1], file=sys.stderr, flush=True)
    versions = ", ".join(f"{name} {version_of(python, name)}" for name in [*TOOLS, "ipykernel"])
    return f"Measured on {date.today()} with `just verdicts`. Bold is a wrong verdict.\nVersions: {versions}.\n\n" + "\n".join(lines)


def main():
    python = virtual_environment("verdicts", "nbval==0.11.0", "nbmake==1.5.5", "nbclient==0.11.0", "papermill==2.7.0", "ipykernel==7.4.0")
    text = table(python)
    if sys.argv[1:] == ["--write"]:
        page = PAGE.read_text()
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
    else:
        print(text)


if __name__ == "__main__":
    main()
