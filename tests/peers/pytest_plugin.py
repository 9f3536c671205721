#!/usr/bin/env python3
"""Tests the plugin `pytest --nbsnap` with the real program and the real ipykernel; installs pytest and them below target/peers/pytest-plugin.

Arguments are pytest's: `-k xdist`. With NBSNAP_WHEEL=FILE the wheel is installed, and tested as it is.
"""

import os
import subprocess
import sys

from virtual_environment import ROOT, virtual_environment

REQUIREMENTS = ["ipykernel==7.4.0", "pytest==9.2.0", "pytest-xdist==3.8.0"]


def main():
    wheel = os.environ.get("NBSNAP_WHEEL")
    python = virtual_environment("pytest-wheel" if wheel else "pytest-plugin", *REQUIREMENTS)
    # The environment is not active, as where an editor runs tests: its kernel is found all the same.
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX", "JUPYTER_PATH")}
    programs = [environment["PATH"]]
    if wheel:
        install = ["-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", wheel]
        subprocess.run([python, *install], check=True)
    else:
        programs.insert(0, os.environ.get("NBSNAP_PROGRAMS") or str(ROOT / "target/debug"))
        environment["PYTHONPATH"] = str(ROOT / "python")
    environment["PATH"] = os.pathsep.join(programs)
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", str(ROOT / "python/tests"), *sys.argv[1:]]
    sys.exit(subprocess.run(command, env=environment, check=False, cwd=ROOT / "python/tests").returncode)


if __name__ == "__main__":
    main()
