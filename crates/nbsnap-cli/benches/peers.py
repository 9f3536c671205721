#!/usr/bin/env python3
"""Times whole runs of the notebooks: nbsnap against nbclient, nbmake and papermill with evcxr_jupyter, interleaved, same notebooks, same testbed.

The peers are tuned: their build folder is kept, their opt-level is 0, and everything is run once before anything is timed. What is
needed is installed under target/bench. The figures are printed and written to `peers.md` beside this file.

    peers.py [--rounds N] [--only NOTEBOOK …] [--peers nbclient nbmake papermill]
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
import venv
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BENCH = ROOT / "target" / "bench"
PROJECT = BENCH / "project"
RESULTS = Path(__file__).with_name("peers.md")
SCENARIO = "../crates/eoap-testbed/scenarios/water-bodies"
EVCXR_JUPYTER = "0.22.0"
NBSNAP = ROOT / "target/debug/nbsnap"
# What a notebook prints when it has done its work: the peers' exit code does not say.
PROOF = {
    "01-deploy": ["201 deployed", "version 1.0.1"],
    "02-list": ["Process ID: water-bodies"],
    "03-describe": ["Default: EPSG:4326"],
    "04-execute-and-monitor": ["Job status: successful", "481086 valid pixels"],
    "05-manage-jobs": ["Tool log node_stage_out.log"],
}


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


def install():
    """The peers in a virtual environment, evcxr_jupyter from its published lock, and a kernel that is tuned."""
    python = BENCH / "venv/bin/python"
    if not python.exists():
        venv.create(BENCH / "venv", with_pip=True)
    run(python, "-m", "pip", "install", "--quiet", "nbclient", "nbformat", "nbmake", "papermill")
    kernel = BENCH / "kernel/bin/evcxr_jupyter"
    if not kernel.exists():
        print("building evcxr_jupyter, which takes some ten minutes once …", flush=True)
        run("cargo", "install", "evcxr_jupyter", "--version", EVCXR_JUPYTER, "--locked", "--root", BENCH / "kernel",
            "--target-dir", BENCH / "kernel-target")
    config = BENCH / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "evcxr.toml").write_text('[evcxr]\nopt_level = "0"\noffline_mode = true\n')
    spec = BENCH / "jupyter/kernels/rust"
    spec.mkdir(parents=True, exist_ok=True)
    (spec / "kernel.json").write_text(json.dumps({
        "argv": [str(kernel), "--control_file", "{connection_file}"],
        "display_name": "Rust",
        "language": "rust",
        "interrupt_mode": "message",
    }))
    run("cargo", "build", "--quiet", cwd=ROOT)
    return python


def lay_out():
    """A copy of the project whose notebooks can be edited; it depends on the real crates and builds where the real one does."""
    shutil.rmtree(PROJECT, ignore_errors=True)
    for folder in ["notebooks", "snapshots"]:
        shutil.copytree(ROOT / folder, PROJECT / folder, ignore=shutil.ignore_patterns("*.snap.new", ".ipynb_checkpoints"))
    (PROJECT / "crates").symlink_to(ROOT / "crates")


def edit(notebook, count=[0]):
    """Changes the last code cell in a way that changes no output."""
    path = PROJECT / "notebooks" / f"{notebook}.ipynb"
    document = json.loads(path.read_text())
    cell = [cell for cell in document["cells"] if cell["cell_type"] == "code"][-1]
    count[0] += 1
    cell["source"] = [f"// edit {count[0]}\n"] + [line for line in cell["source"] if not line.startswith("// edit ")]
    path.write_text(json.dumps(document))


def nbsnap(*arguments):
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment["NBSNAP_CACHE_DIR"] = str(ROOT / "target/nbsnap")
    started = time.perf_counter()
    run(NBSNAP, "--project", PROJECT, "test", *arguments, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


NBCLIENT = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=600, kernel_name="rust", resources={"metadata": {"path": sys.argv[2]}}).execute()
nbformat.write(notebook, sys.argv[3])
"""


def command(peer, python, notebook, output):
    folder = notebook.parent
    return {
        "nbclient": [python, "-c", NBCLIENT, notebook, folder, output],
        "nbmake": [python, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "--nbmake", "--nbmake-timeout=600",
                   "--nbmake-kernel=rust", "--overwrite", output],
        "papermill": [python, "-m", "papermill", "--kernel", "rust", "--cwd", folder, notebook, output],
    }[peer]


def of_peer(peer, python, notebook):
    """One run; a fresh testbed for each, as nbsnap has. Its start is not timed."""
    settings = json.loads(notebook.read_text())["metadata"].get("nbsnap", {})
    scenario = (ROOT / "notebooks" / settings.get("scenario", SCENARIO)).resolve()
    serve = subprocess.Popen([str(NBSNAP), "serve", str(scenario), "--env", "json", "--quiet"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    # Not in the kernelspec: the kernel writes that anew when it finds another version's.
    environment = {**os.environ, "JUPYTER_PATH": str(BENCH / "jupyter"), "EVCXR_CONFIG_DIR": str(BENCH / "config"),
                   "EVCXR_TMPDIR": str(BENCH / "evcxr")}
    text = ""
    while not text.endswith("}\n"):
        line = serve.stdout.readline()
        if not line:
            sys.exit(f"the testbed did not start for {notebook.name}")
        text += line
    environment |= json.loads(text)
    # nbmake writes what it runs, so it gets a copy; beside the notebook, as that reads files there.
    output = notebook.with_name(f".{peer}-{notebook.name}")
    shutil.copyfile(notebook, output)
    try:
        started = time.perf_counter()
        run(*command(peer, python, notebook, output), cwd=notebook.parent, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        missing = [text for text in PROOF.get(notebook.stem, []) if text not in output.read_text()]
        if missing:
            sys.exit(f"{peer} on {notebook.name}: the notebook did not do its work: {missing}")
        return seconds
    finally:
        output.unlink(missing_ok=True)
        serve.stdin.close()
        serve.wait()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--only", nargs="*", metavar="NOTEBOOK")
    arguments.add_argument("--peers", nargs="*", default=["nbclient", "nbmake", "papermill"])
    arguments = arguments.parse_args()
    BENCH.mkdir(parents=True, exist_ok=True)
    python = install()
    lay_out()
    every = sorted(path.stem for path in (PROJECT / "notebooks").glob("[!.]*.ipynb"))
    names = [name for name in every if not arguments.only or name in arguments.only]
    last = names[-1] if "04-execute-and-monitor" not in names else "04-execute-and-monitor"

    def after_an_edit(*selected):
        edit(last)
        return nbsnap(*selected)

    ways = {
        "nbsnap, nothing changed": lambda: nbsnap(*names),
        "nbsnap, one cell edited": lambda: after_an_edit(*names),
        f"nbsnap, only {last}, one cell edited": lambda: after_an_edit(last),
        "nbsnap, all afresh": lambda: nbsnap(*names, "--fresh"),
        "nbsnap, evcxr, all afresh": lambda: nbsnap(*names, "--fresh", "--engine", "evcxr"),
    }
    for peer in arguments.peers:
        ways[f"{peer} with evcxr_jupyter"] = lambda peer=peer: sum(
            of_peer(peer, python, PROJECT / "notebooks" / f"{name}.ipynb") for name in names)
    times = {name: [] for name in ways}
    for number in range(arguments.rounds + 1):
        nbsnap(*names)
        for name, way in ways.items():
            seconds = way()
            print(f"{'warm-up' if number == 0 else f'round {number}'}  {name:45} {seconds:7.2f} s", flush=True)
            if number > 0:
                times[name].append(seconds)
    write(times, names, arguments.rounds)


def write(times, names, rounds):
    first_peer = next((name for name in times if name.startswith("nbclient")), None)
    peer = statistics.median(times[first_peer]) if first_peer else float("nan")
    lines = [
        "# Whole runs, timed",
        "",
        f"Written by `peers.py` on {date.today()}: {', '.join(names)}; {os.cpu_count()} cores ({platform.machine()}), {rounds} rounds after a",
        "warm-up, interleaved, everything built and downloaded. Compare the ratios: seconds are those of one machine.",
        "",
        "| way | median | from – to | of nbclient's time |",
        "|---|---|---|---|",
    ]
    for name, seconds in times.items():
        median = statistics.median(seconds)
        lines.append(f"| {name} | {median:.2f} s | {min(seconds):.2f} – {max(seconds):.2f} s | {median / peer:.3f} |")
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.write_text(text)


if __name__ == "__main__":
    sys.exit(main())
