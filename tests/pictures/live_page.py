#!/usr/bin/env python3
"""The page of `nbsnap serve` in a browser while jobs run: `just page-test`, then look below target/pictures/page.

A headless Chromium watches what a client of plain HTTP does: jobs that succeed and fail, a host that is refused, objects that appear. The page has
to show each of it by itself, ask nobody else for anything, fit a projector's screen, and say so when the testbed is gone. It is photographed
in both themes on two screens. Installs Playwright below target/pictures/page-venv, and needs Chromium (`chromium` or $CHROMIUM).
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

from browser import go_on_with_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCREENS = ROOT / "target/pictures/page"
NBSNAP = os.environ.get("EOAP_NBSNAP", ROOT / "target/debug/nbsnap")
SIZES = [(1280, 720), (1920, 1080)]
COLLECTION = "https://planetarycomputer.microsoft.com/api/stac/v1/collections/landsat-c2-l2/items"
ITEMS = [f"{COLLECTION}/{name}" for name in ("LC08_L2SP_043033_20231201_02_T1", "LC08_L2SP_044032_20231208_02_T1")]


class Client:
    """A client that knows nothing but HTTP."""

    def __init__(self, environment):
        self.ogc = environment["EOAP_TESTBED_OGC_URL"]
        self.direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.proxied = urllib.request.build_opener(urllib.request.ProxyHandler({"http": environment["http_proxy"]}))

    def execute(self, aoi):
        inputs = {"stac_items": ITEMS, "aoi": aoi, "epsg": "EPSG:4326", "bands": ["green", "nir08"]}
        headers = {"Content-Type": "application/json", "Prefer": "respond-async;return=representation"}
        request = urllib.request.Request(f"{self.ogc}/processes/water-bodies/execution", json.dumps({"inputs": inputs}).encode(), headers)
        return json.load(self.direct.open(request))["jobID"]

    def get(self, opener, url):
        try:
            return opener.open(url).status
        except urllib.error.HTTPError as error:
            return error.code


def photograph(browser, url, name):
    """Both sizes, both themes."""
    for width, height in SIZES:
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.goto(url)
            page.locator("#objects-list summary").first.wait_for()
            overflow = page.evaluate("[document.documentElement.scrollWidth > innerWidth, document.documentElement.scrollHeight > innerHeight]")
            assert overflow == [False, False], f"the page is larger than {width}x{height}: {overflow}"
            page.screenshot(path=SCREENS / f"{name}-{width}x{height}-{scheme}.png")
            page.close()


def watch(browser, serve, environment):
    """One session at the projector."""
    url = environment["EOAP_TESTBED_PAGE_URL"]
    client = Client(environment)
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    page.get_by_text("None yet. A POST").wait_for()
    photograph(browser, url, "empty")

    first = client.execute("-121.399,39.834,-120.74,40.472")
    second = client.execute("0,0,0,0")
    third = client.execute("-121.399,39.834,-120.74,40.472")
    newest = page.locator("article").first
    newest.locator(".status", has_text="running").wait_for()
    assert newest.locator(".id").inner_text() == third
    assert client.get(client.direct, f"{client.ogc}/jobs/{first}") == 200
    assert client.get(client.direct, f"{client.ogc}/processes/%3Cb%3Enothing") == 404
    assert client.get(client.proxied, "http://planetarycomputer.example/api/stac") == 502
    page.locator("tr.refused", has_text="planetarycomputer.example/api/stac").wait_for()
    # What a client has sent is text, whatever it looks like.
    page.locator("tr.warn", has_text="/processes/<b>nothing").first.wait_for()
    page.locator("article.failed", has_text="does not overlap").wait_for(timeout=60_000)
    photograph(browser, url, "running")

    page.locator("article.successful").first.get_by_text("100 %").wait_for(timeout=60_000)
    page.locator("article.successful").nth(1).wait_for(timeout=60_000)
    # The third job's objects were not there before.
    page.locator("#objects-count", has_text="12 objects").wait_for()
    assert page.locator("#objects-list details[title*='" + third + "']").first.is_visible()
    assert newest.locator(".history li").count() >= 5
    assert page.locator("article.failed .id").inner_text() == second
    photograph(browser, url, "done")

    host = url.split("/")[2]
    foreign = [address for address in asked if address.split("/")[2] != host]
    assert not foreign, f"the page asks others: {foreign}"
    assert not complaints, f"the browser complains: {complaints}"
    serve.stdin.close()
    page.get_by_text("The testbed has stopped").wait_for()
    page.screenshot(path=SCREENS / "stopped.png")


def main():
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    if not chromium:
        sys.exit("there is no Chromium: install it (Debian: apt-get install chromium), or name it in CHROMIUM")
    go_on_with_playwright()
    from playwright.sync_api import sync_playwright
    shutil.rmtree(SCREENS, ignore_errors=True)
    SCREENS.mkdir(parents=True)
    scenario = ROOT / "crates/eoap-testbed/scenarios/water-bodies"
    command = [NBSNAP, "serve", scenario, "--clock", "real", "--speed", "8", "--env", "json", "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as serve:
        text = ""
        while not text.endswith("}\n"):
            text += serve.stdout.readline() or sys.exit("the testbed did not start")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--no-proxy-server"])
            watch(browser, serve, json.loads(text))
            browser.close()
    print(f"the page shows what goes on; screens: {', '.join(sorted(file.name for file in SCREENS.iterdir()))}")


if __name__ == "__main__":
    main()
