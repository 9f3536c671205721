"""Playwright for the scripts of this folder, in an environment of its own below target/pictures."""

import os
import pathlib
import subprocess
import sys
import venv

PICTURES = pathlib.Path(__file__).resolve().parents[2] / "target/pictures"


def go_on_with_playwright():
    """Installs it where it is missing; the script that calls this starts again with it."""
    environment = PICTURES / "page-venv"
    python = environment / "bin/python"
    if not python.exists():
        venv.create(environment, with_pip=True)
    if subprocess.run([python, "-c", "import playwright"], stderr=subprocess.DEVNULL, check=False).returncode:
        subprocess.run([python, "-m", "pip", "install", "--quiet", "playwright"], check=True)
    if sys.prefix != str(environment):
        os.execv(python, [str(python), *sys.argv])
