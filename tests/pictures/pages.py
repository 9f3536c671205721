"""What every page that nbsnap writes has to be in a browser: no wider than the window, no request, nothing serious that axe finds.

Playwright and axe-core are installed below target/pictures (needs Chromium, `chromium` or $CHROMIUM, and npm).
"""

import os
import pathlib
import shutil
import subprocess

from browser import go_on_with_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
AXE = ROOT / "target/pictures/node_modules/axe-core/axe.min.js"
NBSNAP = os.environ.get("EOAP_NBSNAP", ROOT / "target/debug/nbsnap")
WIDTHS = [390, 1100, 1600]


def install():
    """Playwright, with which this script goes on, and axe."""
    if not AXE.exists():
        subprocess.run(["npm", "install", "--silent", "--prefix", AXE.parents[2], "axe-core"], check=True)
    go_on_with_playwright()


def folder_for_screens(name):
    """The folder that screens are written into, empty."""
    folder = ROOT / "target/pictures" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def in_browser(faults):
    """Pages of a Chromium, in both themes and three widths: theme, width, page. What a page asks for is a fault."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", shutil.which("chromium")))
        for theme in ("light", "dark"):
            for width in WIDTHS:
                context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
                page = context.new_page()
                page.on("request", lambda request: request.url.startswith(("file:", "data:", "about:")) or faults.append(f"asks {request.url}"))
                page.on("pageerror", lambda error: faults.append(f"script: {error}"))
                yield theme, width, page
                context.close()
        browser.close()


def look_at(page, path, where):
    """What is wrong with a page, whatever it shows."""
    page.goto(path.as_uri())
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        yield f"{where}: {wide} pixels wider than the window"
    # A page may allow no script of its own.
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], iframes: false})")["violations"]
    for rule in found:
        if rule["impact"] in ("serious", "critical"):
            yield f"{where}: {rule['id']}: {rule['help']}: {rule['nodes'][0]['html'][:160]} ({len(rule['nodes'])} times)"


def tell(faults, pages, screens):
    """Says what was found; the exit code."""
    faults = list(dict.fromkeys(faults))
    for fault in faults:
        print(f"fault: {fault}")
    print(f"{pages} pages, {len(WIDTHS)} widths, 2 themes: {len(faults)} faults; screens in {screens.relative_to(ROOT)}")
    return 1 if faults else 0
