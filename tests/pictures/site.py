#!/usr/bin/env python3
"""The labs' site in a browser, as `nbsnap export --site` writes it: `just site-test`, then look below target/pictures/site.

A headless Chromium opens it from its folder, 390, 1100 and 1600 pixels wide, in both themes. No page may ask anybody for anything or be wider
than the window, axe may find nothing serious, and menu and search have to work with the keyboard alone.
"""

import shutil
import subprocess
import sys

from pages import NBSNAP, ROOT, folder_for_screens, in_browser, install, look_at, tell

SITE = ROOT / "target/site"


def main():
    install()
    screens = folder_for_screens("site")
    shutil.rmtree(SITE, ignore_errors=True)
    subprocess.run([NBSNAP, "export", "--site", "--title", "Earth observation in Rust", "-o", SITE], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    pages = sorted(SITE.glob("*.html"))
    faults = []
    for theme, width, page in in_browser(faults):
        for path in pages:
            faults += look_at(page, path, f"{path.stem} {width} {theme}")
            if path.stem in ("index", "04-execute-and-monitor", "06-search-and-compare"):
                page.screenshot(path=screens / f"{path.stem}-{width}-{theme}.png")
        faults += [f"{width} {theme}: {fault}" for fault in keyboard(page, width)]
        page.screenshot(path=screens / f"search-{width}-{theme}.png")
    return tell(faults, len(pages), screens)


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
