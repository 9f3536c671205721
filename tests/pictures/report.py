#!/usr/bin/env python3
"""The page of a run in a browser, as `nbsnap test` writes it: `just report-test`, then look below target/pictures/report.

A project with every kind of outcome is made and run three times: when nothing is recorded yet, when much is not as recorded, and when all is well. A headless
Chromium opens each page, 390, 1100 and 1600 pixels wide, in both themes. No page may ask anybody for anything or be wider than the window, axe may find nothing
serious, and what is folded has to open with the keyboard alone.
"""

import base64
import json
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from pages import NBSNAP, folder_for_screens, in_browser, install, look_at, tell

# A display of a cell's, by its MIME type.
SHOW = 'fn show(mime: &str, content: &str) { println!("EVCXR_BEGIN_CONTENT {mime}\\n{content}\\nEVCXR_END_CONTENT"); }'


def pixels(value):
    """A PNG of 96 times 64 pixels, some of which are as grey as `value` says."""
    row = lambda line: b"\0" + bytes(25 * value if 20 <= line < 40 and 30 <= column < 60 else 200 for column in range(96))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", 96, 64, 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(map(row, range(64))))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")).decode()


def chart(value):
    bars = "".join(f"<rect x='{20 + 40 * place}' y='{120 - height}' width='30' height='{height}' fill='#3a6ea5'/>"
                   for place, height in enumerate([40, 10 * value, 65, 90]))
    return f"<svg xmlns='http://www.w3.org/2000/svg' width='200' height='140'><path d='M10 120h180' stroke='#333'/>{bars}</svg>"


def table(value):
    rows = "".join(f"<tr><td>{place}</td><td>{rain}</td></tr>" for place, rain in [("Bonn", 1.5), ("Kiel", value), ("Ulm", 0)])
    return f"<table border='1'><tr><th>place</th><th>rain</th></tr>{rows}</table>"


def cells(value, is_right):
    """The notebooks, by name, as they are when `value` is what is measured."""
    text = f'println!("It rained {value} mm in Kiel.\\nA line that stays the same, and is so long that it does not fit on a telephone at all.");'
    return {
        "rain": [SHOW, text, f'show("text/html", "{table(value)}");', f'show("image/svg+xml", "{chart(value)}");', f'show("image/png", "{pixels(value)}");'],
        "lessons/01-variables": ["let x = 20 + 1;", f"assert_eq!(x, {21 if is_right else 22});", 'println!("x is {x}");'],
        "lessons/02-types": ["let y: u8 = 1;" if is_right else 'let y: u8 = "1";'],
        "calm": ['println!("always the same");'],
        "late": ["let z = 1;", 'println!("z is {z}");' if is_right else "let _ = z;"],
    }


def write(folder, notebooks):
    for name, sources in notebooks.items():
        made = [{"cell_type": "code", "execution_count": None, "id": f"cell-{number}", "metadata": {}, "outputs": [], "source": source}
                for number, source in enumerate(sources, 1)]
        kernel = {"display_name": "Rust", "language": "rust", "name": "rust"}
        path = folder / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}))


def run(project):
    """The pages of three runs, by name."""
    pages = {}

    def test(name):
        pages[name] = project / f"{name}.html"
        subprocess.run([NBSNAP, "test", "--html", pages[name], *(["--open"] if name == "well" else [])], cwd=project, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)

    write(project / "notebooks", cells(7, True))
    test("first")
    subprocess.run([NBSNAP, "accept"], cwd=project, check=True, stdout=subprocess.DEVNULL)
    write(project / "notebooks", cells(9, False))
    test("red")
    write(project / "notebooks", cells(7, True))
    test("well")
    return pages


def keyboard(page):
    """Opens and closes a notebook with the keyboard alone."""
    first = page.locator("details.notebook").first
    before = first.evaluate("one => one.open")
    first.locator("summary").first.focus()
    page.keyboard.press("Enter")
    if first.evaluate("one => one.open") == before:
        yield "a notebook does not open or close with Enter"
    page.keyboard.press("Enter")


def main():
    install()
    screens = folder_for_screens("report")
    faults = []
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch)
        (project / "notebooks").mkdir()
        (project / "notebooks/nbsnap.toml").write_text("")
        pages = run(project)
        for theme, width, page in in_browser(faults):
            for name, path in pages.items():
                where = f"{name} {width} {theme}"
                faults += look_at(page, path, where)
                faults += [f"{where}: {fault}" for fault in keyboard(page)]
                # Frames are drawn once they have been seen.
                for frame in page.locator("iframe:visible").all():
                    frame.scroll_into_view_if_needed()
                page.screenshot(path=screens / f"{name}-{width}-{theme}.png", full_page=True)
    return tell(faults, len(pages), screens)


if __name__ == "__main__":
    sys.exit(main())
