#!/usr/bin/env python3
"""Every picture of the library as people see it, photographed: `just pictures`, then look below target/pictures/screens.

The example `gallery` shows everything there is to show. That becomes a notebook, which is exported with nbconvert and opened in
JupyterLab, in the light and the dark theme, wide and narrow, and photographed by a Chromium without a window. Nothing is compared: the
pictures' text is what tests compare, this is for eyes.

    tests/pictures/screens.py               everything
    tests/pictures/screens.py map           only what has "map" in its name

Installs nbconvert and JupyterLab below target/pictures/venv, and needs Chromium (`chromium` or $CHROMIUM).
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "target/pictures"
ENVIRONMENT = FOLDER / "venv"
SCREENS = FOLDER / "screens"
WIDTHS = {"wide": 1000, "narrow": 420}
CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--hide-scrollbars"]


def install():
    """nbconvert and JupyterLab in an environment of their own."""
    if not (ENVIRONMENT / "bin/jupyter-lab").exists():
        venv.create(ENVIRONMENT, with_pip=True)
        subprocess.run([ENVIRONMENT / "bin/pip", "install", "--quiet", "nbconvert", "jupyterlab"], check=True)


def gallery(wanted):
    """What the example shows: names, and for each a bundle of media types."""
    command = ["cargo", "run", "--quiet", "--example", "gallery"]
    shown = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for part in shown.split("GALLERY ")[1:]:
        name, _, blocks = part.partition("\n")
        found = re.findall(r"^EVCXR_BEGIN_CONTENT (\S+)\n(.*?)^EVCXR_END_CONTENT$", blocks, re.MULTILINE | re.DOTALL)
        if wanted in name:
            yield name, {media_type: content.rstrip("\n") for media_type, content in found}


def notebook(entries):
    """A notebook with a cell for each entry, and one for its text."""
    cells = []
    for number, (name, bundle) in enumerate(entries):
        cells.append(markdown(f"name-{number}", f"**{name}**"))
        outputs = [{"output_type": "display_data", "data": bundle, "metadata": {}},
                   {"output_type": "display_data", "data": {"text/plain": bundle["text/plain"]}, "metadata": {}}]
        cells.append({"cell_type": "code", "id": f"cell-{number}", "execution_count": None, "metadata": {}, "source": "",
                      "outputs": outputs})
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}


def markdown(name, source):
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def photograph(address, file, width, height, patience):
    """A picture of a page, `patience` milliseconds of its own time after it began to load."""
    chromium = os.environ.get("CHROMIUM", "chromium")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run([chromium, *CHROMIUM, f"--user-data-dir={profile}", f"--window-size={width},{height}",
                        f"--virtual-time-budget={patience}", f"--screenshot={file}", address],
                       check=True, capture_output=True, timeout=180)
    print(file.relative_to(ROOT), flush=True)


def exports(name, height):
    for theme in ["light", "dark"]:
        page = FOLDER / f"{name}-{theme}.html"
        subprocess.run([ENVIRONMENT / "bin/jupyter-nbconvert", "--log-level=ERROR", "--to", "html", "--theme", theme, "--no-input",
                        "--output", page, FOLDER / f"{name}.ipynb"], check=True)
        for size, width in WIDTHS.items():
            photograph(page.as_uri(), SCREENS / f"{name}-export-{theme}-{size}.png", width, height, 5000)


def lab(name, height):
    """Pictures of JupyterLab itself, with all cells of the notebook there at once."""
    for theme in ["light", "dark"]:
        settings = ENVIRONMENT / "share/jupyter/lab/settings"
        settings.mkdir(parents=True, exist_ok=True)
        overrides = {
            "@jupyterlab/apputils-extension:themes": {"theme": f"JupyterLab {theme.title()}"},
            "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
            "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
        }
        (settings / "overrides.json").write_text(json.dumps(overrides))
        port = 18888 if theme == "light" else 18889
        with tempfile.TemporaryDirectory() as home:
            environment = {**os.environ, "HOME": home, "JUPYTER_CONFIG_DIR": home, "JUPYTER_DATA_DIR": f"{home}/data"}
            subprocess.run([ENVIRONMENT / "bin/jupyter-trust", FOLDER / f"{name}.ipynb"], check=True, env=environment, capture_output=True)
            server = subprocess.Popen(
                [ENVIRONMENT / "bin/jupyter-lab", "--allow-root", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
                 "--IdentityProvider.token=", f"--notebook-dir={FOLDER}"],
                env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                address = f"http://127.0.0.1:{port}/doc/tree/{name}.ipynb?reset"
                wait_for(f"http://127.0.0.1:{port}/api/status")
                for size, width in WIDTHS.items():
                    photograph(address, SCREENS / f"{name}-lab-{theme}-{size}.png", width, height, 30000)
            finally:
                server.terminate()
                server.wait()


def wait_for(address):
    for _ in range(120):
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.5)
    sys.exit(f"nothing answers at {address}")


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    if not shutil.which(os.environ.get("CHROMIUM", "chromium")):
        sys.exit("there is no Chromium: install it (Debian: apt-get install chromium), or name it in CHROMIUM")
    FOLDER.mkdir(parents=True, exist_ok=True)
    SCREENS.mkdir(exist_ok=True)
    install()
    parts = {}
    for name, bundle in gallery(wanted):
        parts.setdefault(name.split(":")[0], []).append((name, bundle))
    for part, entries in parts.items():
        (FOLDER / f"{part}.ipynb").write_text(json.dumps(notebook(entries), indent=1))
        height = 300 + 700 * len(entries)
        exports(part, height)
        lab(part, height)


if __name__ == "__main__":
    main()
