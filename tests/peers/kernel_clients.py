#!/usr/bin/env python3
"""Run notebooks on our kernel with the programs that run whole notebooks: each must be red where the notebook is, and green on the labs.

`jupyter execute` (nbclient), `pytest --nbmake`, `papermill` and `jupyter nbconvert --execute`, from PyPI, are installed under target/peers.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from testbed import testbed
from virtual_environment import ROOT, version_of, virtual_environment

SCENARIO = ROOT / "crates/eoap-testbed/scenarios/water-bodies"
PACKAGES = ["nbclient", "nbmake", "papermill", "nbconvert"]
# Notebooks of tests/projects in which a cell fails.
RED = [
    "abort", "borrowed-variable", "closure-variable", "compile-error", "control-words", "error", "error-with-empty-message", "exit-zero",
    "failed-assertion", "panic", "segmentation-fault", "type-error-in-later-cell",
]  # fmt: skip
KERNEL = "rust-clients"


def commands(binaries, notebook, out):
    return {
        "nbclient": [binaries / "jupyter", "execute", f"--kernel_name={KERNEL}", "--timeout=600", notebook],
        "nbmake": [
            binaries / "python", "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "--nbmake", f"--nbmake-kernel={KERNEL}",
            "--nbmake-timeout=600", notebook,
        ],
        "papermill": [binaries / "papermill", "--kernel", KERNEL, "--no-progress-bar", "--cwd", notebook.parent, notebook, out / "papermill.ipynb"],
        "nbconvert": [
            binaries / "jupyter", "nbconvert", "--to", "notebook", "--execute", f"--ExecutePreprocessor.kernel_name={KERNEL}",
            "--ExecutePreprocessor.timeout=600", "--output-dir", out, notebook,
        ],
    }  # fmt: skip




def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--red-only", action="store_true", help="leave the labs out")
    arguments = parser.parse_args()
    python = virtual_environment("kernel-clients", *PACKAGES, "pytest", "jupyter")
    binaries = python.parent
    print(", ".join(f"{package} {version_of(python, package)}" for package in PACKAGES))
    program = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/nbsnap"
    if not program.exists():
        subprocess.run(["cargo", "build", "--quiet", "--workspace", "--bin", "nbsnap"], check=True, cwd=ROOT)
    subprocess.run([program, "kernel", "install", "--prefix", binaries.parent, "--name", KERNEL], check=True, cwd=ROOT)
    os.environ.setdefault("EOAP_NBSNAP", str(program))

    wrong, rows = [], []
    with tempfile.TemporaryDirectory() as data, testbed(SCENARIO) as (served, _):
        environment = {**os.environ, **served, "PATH": f"{binaries}:{os.environ['PATH']}", "XDG_DATA_HOME": data, "RUST_BACKTRACE": "0"}
        notebooks = [(path, True) for name in RED for path in sorted((ROOT / "tests/projects" / name / "notebooks").glob("*.ipynb"))]
        if not arguments.red_only:
            notebooks += [(path, False) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
        for notebook, is_red in notebooks:
            found = {}
            for name, command in commands(binaries, notebook, Path(data)).items():
                ended = subprocess.run(command, env=environment, cwd=notebook.parent, capture_output=True, text=True, timeout=900)
                found[name] = ended.returncode
                if (ended.returncode != 0) != is_red:
                    wrong.append(f"{notebook.relative_to(ROOT)}: {name} exits {ended.returncode}\n{(ended.stdout + ended.stderr)[-3000:]}")
            rows.append(f"{str(notebook.relative_to(ROOT)):60} {'red' if is_red else 'green':6}" + "".join(f"{code:10}" for code in found.values()))
            print(rows[-1], flush=True)
        history = Path(data) / "nbsnap/history.jsonl"
        if history.exists():
            wrong.append(f"programs have written people's history: {history.read_text()[:500]}")
    print(f"{'notebook':60} {'is':6}" + "".join(f"{name:>10}" for name in PACKAGES))
    print("\n\n".join(wrong) if wrong else f"{len(rows)} notebooks with {len(PACKAGES)} programs: all as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
