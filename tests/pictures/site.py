#!/usr/bin/env python3
"""The labs' site in a browser, as `nbsnap export --site` writes it: `just site-test`, then look below target/pictures/site.

A headless Chromium opens it from its folder, 390, 1100 and 1600 pixels wide, in both themes. No page may ask anybody for anything or be wider
than the window, axe may find nothing serious, and menu and search have to work with the keyboard alone. Installs
Playwright and axe-core below target/pictures (needs Chromium, `chromium` or $CHROMIUM, and npm).
"""

import os
import pathlib
import shutil
import subprocess
import sys

from browser import go_on_with_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
SITE = ROOT / "target/site"
SCREENS = ROOT / "target/pictures/site"
AXE = ROOT / "target/pictures/node_modules/axe-core/axe.min.js"
NBSNAP = os.environ.get("EOAP_NBSNAP", ROOT / "target/debug/nbsnap")
WIDTHS = [390, 1100, 1600]


def install():
    """Playwright, with which this script goes on, and axe."""
    if not AXE.exists():
        subprocess.run(["npm", "install", "--silent", "--prefix", AXE.parents[2], "axe-core"], check=True)
    go_on_with_playwright()


def serious(page):
    """What axe finds that keeps people from using the page."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{rule['id']}: {rule['help']}: {rule['nodes'][0]['html'][:160]} ({len(rule['nodes'])} times)"
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


def main():
    install()
    from playwright.sync_api import sync_playwright

    shutil.rmtree(SCREENS, ignore_errors=True)
    SCREENS.mkdir(parents=True)
    shutil.rmtree(SITE, ignore_errors=True)
    subprocess.run([NBSNAP, "export", "--site", "--title", "Earth observation in Rust", "-o", SITE], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    faults = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", shutil.which("chromium")))
        for theme in ("light", "dark"):
            for width in WIDTHS:
                context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
                page = context.new_page()
                page.on("request", lambda request: request.url.startswith(("file:", "data:")) or faults.append(f"asks {request.url}"))
                page.on("pageerror", lambda error: faults.append(f"script: {error}"))
                for path in sorted(SITE.glob("*.html")):
                    page.goto(path.as_uri())
                    where = f"{path.stem} {width} {theme}"
                    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                    if wide > 0:
                        faults.append(f"{where}: {wide} pixels wider than the window")
                    faults += [f"{where}: {fault}" for fault in serious(page)]
                    if path.stem in ("index", "04-execute-and-monitor", "06-search-and-compare"):
                        page.screenshot(path=SCREENS / f"{path.stem}-{width}-{theme}.png")
                faults += [f"{width} {theme}: {fault}" for fault in keyboard(page, width)]
                page.screenshot(path=SCREENS / f"search-{width}-{theme}.png")
                context.close()
        browser.close()
    for fault in dict.fromkeys(faults):
        print(f"fault: {fault}")
    print(f"{len(list(SITE.glob('*.html')))} pages, {len(WIDTHS)} widths, 2 themes: {len(dict.fromkeys(faults))} faults; screens in {SCREENS.relative_to(ROOT)}")
    return 1 if faults else 0


def keyboard(page, width):
    """Goes from the start page to a heading with the keyboard alone."""
    page.goto((SITE / "index.html").as_uri())
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.className") != "skip":
        yield "the first stop of Tab is not the way to the text"
    if width < 1200:
        page.locator(".menu-button").focus()
        page.keyboard.press("Enter")
        if not page.locator("#menu").is_visible():
            yield "the menu does not open"
        page.keyboard.press("Enter")
        if page.locator("#menu").is_visible():
            yield "the menu does not close"
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("asset download")
    page.locator(".results a").first.wait_for()
    if not page.locator(".results mark").count():
        yield "what was found is not marked"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_load_state()
    if page.url.endswith("index.html"):
        yield "Enter does not lead to what was found"
    page.keyboard.press("/")
    page.keyboard.type("water")
    page.locator(".results a").first.wait_for()


if __name__ == "__main__":
    sys.exit(main())
