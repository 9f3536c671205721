#!/usr/bin/env python3
"""Times whole runs of a notebook: nbsnap against nbclient with evcxr_jupyter, interleaved, same notebook, same testbed.

The peer is tuned: its build folder is kept, its opt-level is 0, and it is run once before anything is timed. Everything that
is needed is installed under target/bench. Usage: peers.py [--rounds N] [--notebook NAME]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BENCH = ROOT / "target" / "bench"
SCENARIO = ROOT / "crates/eoap-testbed/scenarios/water-bodies"
EVCXR_JUPYTER = "0.22.0"


def run(*command, **options):
    subprocess.run([str(part) for part in command], check=True, **options)


def install():
    """nbclient in a virtual environment, evcxr_jupyter from its published lock, and a kernel that is tuned."""
    python = BENCH / "venv/bin/python"
    if not python.exists():
        venv.create(BENCH / "venv", with_pip=True)
        run(python, "-m", "pip", "install", "--quiet", "nbclient", "nbformat")
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
        "env": {"EVCXR_CONFIG_DIR": str(config), "EVCXR_TMPDIR": str(BENCH / "evcxr")},
    }))
    run("cargo", "build", "--quiet", cwd=ROOT)
    run("cargo", "build", "--quiet", "--example", "serve", cwd=ROOT)
    return python


NBCLIENT = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=600, kernel_name="rust", resources={"metadata": {"path": sys.argv[2]}}).execute()
text = "".join(str(output) for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs)
sys.exit(0 if all(wanted in text for wanted in sys.argv[3:]) else "the notebook did not do its work: " + text[-2000:])
"""


def nbclient(python, notebook):
    """One run; a fresh testbed for each, as nbsnap has. Its start is not timed."""
    serve = subprocess.Popen([str(ROOT / "target/debug/examples/serve"), str(SCENARIO)], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    environment = {**os.environ, "JUPYTER_PATH": str(BENCH / "jupyter")}
    for line in serve.stdout:
        if line.startswith("#"):
            break
        name, value = line.removeprefix("export ").strip().split("=", 1)
        environment[name] = value.strip("'")
    try:
        started = time.perf_counter()
        run(python, "-c", NBCLIENT, notebook, notebook.parent, "Job status: successful", "481086 valid pixels", env=environment)
        return time.perf_counter() - started
    finally:
        serve.stdin.close()
        serve.wait()


def nbsnap(notebook, engine):
    started = time.perf_counter()
    run(ROOT / "target/debug/nbsnap", "test", notebook.stem, "--engine", engine, "--fresh", cwd=ROOT, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--notebook", default="04-execute-and-monitor")
    arguments = arguments.parse_args()
    notebook = ROOT / "notebooks" / f"{arguments.notebook}.ipynb"
    BENCH.mkdir(parents=True, exist_ok=True)
    python = install()
    ways = {
        "nbsnap (fused)": lambda: nbsnap(notebook, "fused"),
        "nbsnap (evcxr)": lambda: nbsnap(notebook, "evcxr"),
        "nbclient": lambda: nbclient(python, notebook),
    }
    times = {name: [] for name in ways}
    for number in range(arguments.rounds + 1):
        for name, way in ways.items():
            seconds = way()
            if number == 0:
                print(f"warm-up  {name:16} {seconds:7.1f} s", flush=True)
            else:
                times[name].append(seconds)
                print(f"round {number}  {name:16} {seconds:7.1f} s", flush=True)
    peer = statistics.median(times["nbclient"])
    for name, seconds in times.items():
        median = statistics.median(seconds)
        print(f"{name:16} median {median:6.1f} s   from {min(seconds):.1f} to {max(seconds):.1f}   ratio {median / peer:.2f}")
    for name in list(ways)[:-1]:
        ratios = [ours / theirs for ours, theirs in zip(times[name], times["nbclient"])]
        print(f"{name} / nbclient, round by round: median {statistics.median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    sys.exit(main())
