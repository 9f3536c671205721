#!/usr/bin/env python3
"""Notebooks in Python that others have written get the same verdict from nbsnap as from nbclient.

The notebooks are those that nbclient, nbval and papermill test themselves with: displays that are updated, widgets, magics, exceptions that are meant and others,
kernels that are killed, cells that ask for input or take too long. They are taken from the packages' source distributions on PyPI, given the cell
ids that they lack (`nbsnap check --fix`), and executed by both as a whole, without comparing outputs. Prints a line a notebook, and exits non-zero when the two
disagree. Everything is installed below target/peers/nbclient-verdicts. Arguments are parts of names.
"""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from virtual_environment import PEERS, ROOT, virtual_environment

HOME = PEERS / "nbclient-verdicts"
SOURCES = ["nbclient==0.11.0", "nbval==0.11.0", "papermill==2.7.0"]
REQUIREMENTS = ["nbclient==0.11.0", "ipykernel==7.4.0", "ipywidgets==8.1.9", "matplotlib==3.11.2", "pandas", "requests", "sympy"]
NBSNAP = ROOT / "target/debug/nbsnap"
# Seconds that a cell may take. One of the notebooks sleeps for longer.
TIMEOUT = 6
# Where the two are meant to disagree, with the reason.
NBVALS = "its exceptions and skipped cells are marked by nbval's comments, of which nbclient knows nothing"
MEANT = {
    "nbval-index": NBVALS,
    "nbval-exceptions": NBVALS,
    "nbval-test-exceptions-fail-storedmismatch": NBVALS,
    "nbval-sample_notebook": NBVALS,
    "papermill-blank-vscode": "it breaks the format: the version of its language is a number",
}


def notebooks(python):
    """The notebooks of the packages, as name and JSON; those for other languages than Python are left out."""
    sources = HOME / "sources"
    if not sources.exists():
        fetch = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", sources, *SOURCES]
        subprocess.run(fetch, check=True)
    for archive in sorted(sources.glob("*.tar.gz")):
        with tarfile.open(archive) as package:
            for member in sorted(package.getmembers(), key=lambda member: member.name):
                if not member.name.endswith(".ipynb"):
                    continue
                try:
                    notebook = json.load(package.extractfile(member))
                except ValueError:
                    continue
                kernel = notebook.get("metadata", {}).get("kernelspec", {})
                if notebook.get("nbformat") != 4 or not kernel.get("language", "python").startswith("python"):
                    continue
                notebook["metadata"]["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
                name = f"{archive.name.split('-')[0]}-{Path(member.name).stem}"
                yield name.replace(" ", "-").lower(), notebook


def nbclient_verdict(path):
    """In the Python that has nbclient: whether the notebook runs to its end, and what nbclient says if it does not."""
    import nbclient
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=TIMEOUT, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}})
    try:
        # What kernels print would stand between the lines.
        client.execute(stderr=subprocess.DEVNULL)
    except Exception as error:
        words = f"{type(error).__name__}: {' '.join(str(error).split())[-90:]}"
        return False, words
    return True, ""


def nbsnap_verdict(path, environment):
    """Whether the notebook runs to its end, and what nbsnap says if it does not; none if it is no notebook to nbsnap."""
    others = ["outputs", "counts", "metadata", "empty-cells"]
    allowed = [word for rule in others for word in ("--allow", rule)]
    check = subprocess.run([NBSNAP, "check", "--fix", "--no-compile", *allowed, path], capture_output=True, text=True, check=False)
    if check.stderr:
        return None, check.stderr.rsplit(": ", 1)[-1].strip()
    command = [NBSNAP, "run", "--project", path.parents[1], path, "-o", HOME / "executed.ipynb"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 100):
        sys.exit(f"nbsnap breaks down over {path.name}:\n{run.stdout}{run.stderr}")
    lines = [line.strip() for line in run.stdout.splitlines()]
    labels = ("FAIL", "DIED", "TIMEOUT", "ERROR")
    found = next((index for index, line in enumerate(lines) if line.startswith(labels)), None)
    return run.returncode == 0, "" if found is None else " ".join(lines[found + 2:found + 3])[:90]


def main():
    python = virtual_environment("nbclient-verdicts", *REQUIREMENTS)
    if sys.prefix != str(HOME):
        subprocess.run(["cargo", "build", "--quiet"], cwd=ROOT, check=True)
        os.execv(python, [str(python), __file__, *sys.argv[1:]])
    folder = HOME / "project/notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nbsnap.toml").write_text(f'cell-timeout = "{TIMEOUT}s"\nmax-output = "16 MiB"\n')
    environment = {**os.environ, "VIRTUAL_ENV": str(HOME)}
    environment.pop("JUPYTER_PATH", None)
    wrong, green, red, meant = [], 0, 0, 0
    for name, notebook in notebooks(python):
        if sys.argv[1:] and not any(part in name for part in sys.argv[1:]):
            continue
        path = folder / f"{name}.ipynb"
        path.write_text(json.dumps(notebook, indent=1))
        (theirs, why), (ours, why_here) = nbclient_verdict(path), nbsnap_verdict(path, environment)
        green, red = green + (theirs and ours is True), red + (not theirs and ours is False)
        word = {(True, True): "green", (False, False): "red"}.get((theirs, ours), "DIFFERENT")
        if word == "DIFFERENT":
            if name in MEANT:
                word = "meant"
                meant += 1
            else:
                wrong.append(name)
        print(f"{word:9} {name:50} {why_here or '-'}", flush=True)
        if theirs != ours:
            print(f"{'':9} {'':50} nbclient says {'green' if theirs else 'red'}: {why} {MEANT.get(name, '')}", flush=True)
    if wrong:
        sys.exit(f"different verdicts: {', '.join(wrong)}")
    print(f"the same verdicts: {green} green, {red} red; otherwise for a reason: {meant}")


if __name__ == "__main__":
    main()
