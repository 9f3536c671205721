#!/usr/bin/env python3
"""Runs the notebooks in Python (notebooks/python) against the testbed and compares every cell with its snapshot, as `nbsnap test` does.

Installs ipykernel and what the notebooks import below target/peers/python-notebook, in the versions with which the snapshots were recorded. Then says whether
cells that do the same in the labs in Rust have recorded the same, byte by byte. Arguments are handed on: `--update never`, `-v`, …
"""

import os
import subprocess
import sys

from virtual_environment import ROOT, virtual_environment

REQUIREMENTS = [
    "boto3==1.44.8",
    "ipykernel==7.4.0",
    "matplotlib==3.11.2",
    "numpy==2.5.5",
    "ogc-api-processes-client==0.6.0",
    "pystac==1.15.2",
    "pystac-ext-projection==2.0.1",
    "rasterio==1.5.2",
    "requests==2.34.2",
]
# Cells of both 04-execute-and-monitor that have to say the same.
SAME = ["client", "submit", "monitor", "assets"]


def body(path):
    """What a snapshot holds below its head, which names the notebook."""
    return path.read_text().split("\n---\n", 1)[1]


def main():
    python = virtual_environment("python-notebook", *REQUIREMENTS)
    environment = {**os.environ, "VIRTUAL_ENV": str(python.parents[1])}
    # The snapshots' versions are those of this environment, and no other kernel is meant.
    environment.pop("JUPYTER_PATH", None)
    command = ["cargo", "run", "--quiet", "--", "test", "--project", "notebooks/python", *sys.argv[1:]]
    status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if status != 0:
        sys.exit(status)
    labs = [ROOT / folder / "04-execute-and-monitor" for folder in ("snapshots", "notebooks/python/snapshots")]
    different = [cell for cell in SAME if len({body(lab / f"{cell}.snap") for lab in labs}) != 1]
    if different:
        sys.exit(f"recorded otherwise than in the lab in Rust: {', '.join(different)}")
    print(f"the same in Rust and in Python: {', '.join(SAME)}")


if __name__ == "__main__":
    main()
