#!/usr/bin/env python3
"""Times 40 small notebooks in Python with nbsnap, nbmake and nbval, in turn: `just python-times`.

Each tool has as many processes as there are cores: `pytest -n N` with pytest-xdist, without plugins and caches that it does not need; nbsnap by itself. Whoever
comes second gains nothing: each round runs all of them. All notebooks must be green with all of them, or nothing is measured. Installs the tools below
target/peers/python-times.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from python_kernel import write
from virtual_environment import ROOT, virtual_environment

REQUIREMENTS = ["ipykernel==7.4.0", "nbmake==1.5.5", "nbval==0.11.0", "pytest-xdist==3.8.0"]
NBSNAP = os.environ.get("NBSNAP", ROOT / "target/debug/nbsnap")
COUNT = 40


def cells(number):
    return [
        f"import json, math\nx = {number}",
        "squares = [place * place for place in range(x, x + 10)]\nsquares",
        "print(json.dumps({'sum': sum(squares), 'root': round(math.sqrt(sum(squares)), 3)}))",
        "def describe(values):\n    return f'{len(values)} values from {min(values)} to {max(values)}'\ndescribe(squares)",
    ]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=3)
    rounds = arguments.parse_args().rounds
    python = virtual_environment("python-times", *REQUIREMENTS)
    cores = os.cpu_count()
    environment = {**os.environ, "VIRTUAL_ENV": str(python.parents[1]), "JUPYTER_PATH": "", "PATH": f"{python.parent}:{os.environ['PATH']}"}
    environment.pop("CI", None)
    with tempfile.TemporaryDirectory() as scratch:
        notebooks = Path(scratch) / "notebooks"
        notebooks.mkdir()
        (notebooks / "nbsnap.toml").write_text("")
        for number in range(COUNT):
            write(notebooks, f"n{number:02}", cells(number))

        def run(*command):
            started = time.monotonic()
            done = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, text=True, check=False)
            return time.monotonic() - started, done

        run(NBSNAP, "test")
        run(NBSNAP, "accept")
        # nbval compares with what is in the notebooks.
        run(NBSNAP, "run", "--in-place")
        pytest = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(cores)]
        ways = {
            "nbsnap test --fresh": [NBSNAP, "test", "--fresh"],
            f"pytest --nbmake -n {cores}": [*pytest, "--nbmake", "notebooks"],
            f"pytest --nbval -n {cores}": [*pytest, "--dist", "loadfile", "--nbval", "notebooks"],
            "nbsnap test, nothing changed": [NBSNAP, "test"],
        }
        times = {name: [] for name in ways}
        # The first round warms up what is kept on disk.
        for number in range(rounds + 1):
            for name, command in ways.items():
                elapsed, done = run(*command)
                if done.returncode != 0:
                    sys.exit(f"{name} is red:\n{done.stdout}\n{done.stderr}")
                if number > 0:
                    times[name].append(elapsed)
        version = json.dumps(subprocess.run([NBSNAP, "--version"], capture_output=True, text=True, check=True).stdout.strip())
        print(f"{COUNT} notebooks, {cores} cores, {rounds} rounds after a warm-up, load {os.getloadavg()[0]:.1f}, {version} from {NBSNAP}")
        own = statistics.median(times["nbsnap test --fresh"])
        for name, found in times.items():
            print(f"| {name} | {min(found):.2f} to {max(found):.2f} s | {statistics.median(found) / own:.2f} |")


if __name__ == "__main__":
    main()
