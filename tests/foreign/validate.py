#!/usr/bin/env python3
"""Holds what `nbsnap run` writes against Python's own tools: nbformat validates it and writes the same bytes, nbconvert opens it.

Installs nbformat and nbconvert under target/foreign. The foreign notebooks here and the workspace's labs are run into a folder of their own;
with --no-labs only the former."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HOME = ROOT / "target/foreign"
PYTHON = HOME / "bin/python"
NBSNAP = ROOT / "target/debug/nbsnap"


def install():
    if not PYTHON.exists():
        venv.create(HOME, with_pip=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "nbformat==5.*", "nbconvert==7.*"], check=True)


def run(project, folder, *options):
    subprocess.run([NBSNAP, "run", "--project", project, "-o", f"{folder}/", *options], check=True)


def validate(folder):
    """In the Python that has nbformat: every notebook is valid, and nbformat would write the bytes that are there."""
    import nbformat

    for path in sorted(folder.glob("*.ipynb")):
        text = path.read_text()
        notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
        again = nbformat.writes(notebook, version=nbformat.NO_CONVERT)
        assert again.rstrip("\n") == text.rstrip("\n"), f"{path.name}: nbformat writes it otherwise"
        counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
        assert counts == list(range(1, len(counts) + 1)), f"{path.name}: counts {counts}"
        outputs = sum(len(cell.outputs) for cell in notebook.cells if cell.cell_type == "code")
        print(f"{path.name}: valid, same bytes, {len(counts)} code cells, {outputs} outputs")


def convert(folder):
    for form, end in [("html", "html"), ("markdown", "md"), ("script", "rs")]:
        subprocess.run([PYTHON, "-m", "nbconvert", "--log-level=ERROR", "--to", form, *sorted(folder.glob("*.ipynb"))], check=True)
        for path in folder.glob("*.ipynb"):
            converted = path.with_suffix(f".{end}")
            # nbconvert takes a script's ending from language_info, which not every notebook has.
            converted = converted if converted.exists() else path.with_suffix(".txt")
            print(f"{path.name}: nbconvert wrote {converted.name}, {converted.stat().st_size} bytes")


def main():
    subprocess.run(["cargo", "build", "--quiet"], cwd=ROOT, check=True)
    install()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        project, folder = scratch / "project", scratch / "executed"
        shutil.copytree(HERE / "project", project)
        # The tour has no cell ids; `check --fix` still finds fault with its `:vars`.
        subprocess.run([NBSNAP, "check", "--project", project, "--fix"], stdout=subprocess.DEVNULL)
        run(project, folder)
        if "--no-labs" not in sys.argv:
            run(ROOT, folder)
        subprocess.run([PYTHON, __file__, "--validate", folder], check=True)
        convert(folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--validate"]:
        validate(pathlib.Path(sys.argv[2]))
    else:
        main()
