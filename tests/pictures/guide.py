#!/usr/bin/env python3
"""The pictures of the guide and of the README: `just guide-pictures`. They land in docs/src/pictures.

    example-*          what the programs in crates/eoap/examples draw, against the testbed
    lab-04-water.svg   lab 04's map of water, as its snapshot has it
    red-report.png     the page of a run in which something failed, photographed by Chromium
    terminal.svg       a terminal in which the tutorial's notebook turns red and green, played again and again

The notebook is that of the guide's tutorial, so pictures and page tell one story. Needs the program (`cargo build`), and for the page
Chromium (`chromium` or $CHROMIUM); installs pyte, which knows what a terminal shows, below target/pictures. Arguments are parts of names.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/peers"))

from virtual_environment import virtual_environment  # noqa: E402

PICTURES = ROOT / "docs/src/pictures"
TUTORIAL = ROOT / "docs/src/test.md"
NBSNAP = Path(os.environ.get("NBSNAP", ROOT / "target/debug/nbsnap"))
CHROMIUM = os.environ.get("CHROMIUM", "chromium")
# What the tutorial changes in its notebook, to have it red.
EDIT = "sed -i 's/8.8/18.8/' notebooks/rain.ipynb"

# Fetches a band of a scene that the testbed draws, without anything but Python.
FETCH = """
import json, sys, urllib.request
catalogue = "http://planetarycomputer.microsoft.com/api/stac/v1/collections/landsat-c2-l2/items/"
item = json.load(urllib.request.urlopen(catalogue + "LC09_L2SP_044032_20240406_02_T1"))
urllib.request.urlretrieve(item["assets"]["nir08"]["href"], sys.argv[1])
"""


def project(folder):
    """The tutorial's project with its notebook, and nothing recorded yet."""
    text = TUTORIAL.read_text()
    for path, content in re.findall(r"^```json file=(\S+\.ipynb)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        file = Path(folder) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return folder


def environment(folder):
    """Nothing of whoever draws the pictures but where Rust is."""
    rust = {name: os.environ[name] for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] if name in os.environ}
    path = Path(folder) / "bin"
    path.mkdir()
    (path / "nbsnap").symlink_to(NBSNAP)
    return {**rust, "PATH": f"{path}:{os.environ['PATH']}", "TERM": "xterm-256color", "LANG": "C.UTF-8"}


def lab_map(_):
    """The SVG of the snapshot, word for word."""
    snapshot = (ROOT / "snapshots/04-execute-and-monitor/water-first.snap").read_text()
    (svg,) = re.findall(r"^═══ image/svg\+xml ═══\n(.*?^</svg>$)", snapshot, re.MULTILINE | re.DOTALL)
    (PICTURES / "lab-04-water.svg").write_text(svg + "\n")


def red_report(folder):
    """The page that a red run leaves."""
    if not shutil.which(CHROMIUM):
        sys.exit("there is no Chromium: install it (Debian: apt-get install chromium), or name it in CHROMIUM")
    here, variables = project(folder), environment(folder)
    for command in ["nbsnap test", "nbsnap accept", EDIT, "nbsnap test"]:
        subprocess.run(["sh", "-c", command], cwd=here, env=variables, check=False, stdout=subprocess.DEVNULL)
    page = Path(folder) / "target/nbsnap/report.html"
    with tempfile.TemporaryDirectory() as profile:
        if not page.exists():
            sys.exit("the run was not red")
        subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1.5",
                        f"--user-data-dir={profile}", "--window-size=900,640", f"--screenshot={PICTURES / 'red-report.png'}", page.as_uri()],
                       check=True, capture_output=True, timeout=180)


def terminal(folder):
    """First run, accepted, green, an edit, red."""
    here, variables = project(folder), environment(folder)
    python = virtual_environment("pictures", "pyte==0.8.2")
    commands = ["nbsnap test", "nbsnap accept", "nbsnap test", "clear", EDIT, "nbsnap test"]
    subprocess.run([python, Path(__file__).with_name("terminal.py"), here, PICTURES / "terminal.svg", *commands], env=variables, check=True)


def examples(folder):
    """The pictures that the programs save. Scenes and public objects are the testbed's."""
    programs = ["run_a_process", "water_area", "compare_days", "public_cog", "write_cog"]
    build = ["cargo", "build", "--quiet", "--package", "eoap", *(word for program in programs for word in ("--example", program))]
    subprocess.run(build, cwd=ROOT, check=True)
    here = Path(folder)
    (here / "target").mkdir()
    scenarios = ROOT / "crates/eoap-testbed/scenarios"

    def run(scenario, *command):
        subprocess.run([NBSNAP, "serve", scenario, "--", *command], cwd=here, check=True, capture_output=True)

    def program(name):
        return ROOT / "target/debug/examples" / name

    run(scenarios / "water-bodies", program("run_a_process"))
    run(scenarios / "water-bodies", program("water_area"), "target/items.json")
    run(scenarios / "water-bodies-2024", program("compare_days"))
    scene = here / "scene.tif"
    run(scenarios / "water-bodies-2024", sys.executable, "-c", FETCH, scene)
    public = here / "public"
    shutil.copytree(scenarios / "water-bodies", public)
    shutil.copy(scene, public / "s3/results/nir08.tif")
    settings = (public / "scenario.toml").read_text()
    (public / "scenario.toml").write_text(settings.replace("\nregion = ", '\npublic = ["results"]\nregion = ', 1))
    run(public, program("public_cog"), "s3://results/nir08.tif")
    subprocess.run([program("write_cog"), scene, here / "reflectance.tif"], cwd=here, check=True, stdout=subprocess.DEVNULL)
    for saved in ["items.svg", "water.svg", "change.png", "preview.png", "reflectance.png"]:
        shutil.copy(here / "target" / saved, PICTURES / f"example-{saved}")


def main():
    wanted = sys.argv[1:] or [""]
    for name, draw in [("examples", examples), ("lab-04-water", lab_map), ("red-report", red_report), ("terminal", terminal)]:
        if any(part in name for part in wanted):
            with tempfile.TemporaryDirectory(prefix="guide-") as folder:
                draw(folder)
            print(name, flush=True)


if __name__ == "__main__":
    main()
