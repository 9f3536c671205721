#!/usr/bin/env python3
"""Has the testbed compute many jobs at once, and says how long other answers take meanwhile, and how much memory the process has at most.

    tests/peers/load.py [HOW MANY JOBS]

By the clock "real" a status is answered at once, whatever is being computed. Figures depend on what else the machine does: its load is said, too.
"""

import json
import os
import statistics
import sys
import threading
import time
import urllib.request

from testbed import testbed

ROOT = "/acme/ogc-api"
ITEMS = "https://planetarycomputer.microsoft.com/api/stac/v1/collections/landsat-c2-l2/items"
DOCUMENTED = ("LC08_L2SP_044032_20231208_02_T1", "LC08_L2SP_043033_20231201_02_T1")
# More than a whole scene.
AROUND = "-124,37,-118,43"


class Server:
    def __init__(self, environment, ogc):
        self.base = ogc.removesuffix(ROOT)
        self.page = environment["EOAP_TESTBED_PAGE_URL"]
        self.process = environment["EOAP_TESTBED_PID"]
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, path, body=None, **headers):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + ROOT + path, data, {"Content-Type": "application/json", **headers})
        with self.opener.open(request) as answer:
            return json.load(answer)

    def execute(self, items, area):
        inputs = {"stac_items": [f"{ITEMS}/{item}" for item in items], "aoi": area, "epsg": "EPSG:4326", "bands": ["green", "nir08"]}
        return self.ask("/processes/water-bodies/execution", {"inputs": inputs}, Prefer="respond-async")["jobID"]

    def memory(self, what):
        """In MiB: `VmRSS`, what the process has, or `VmHWM`, the most that it had."""
        with open(f"/proc/{self.process}/status") as status:
            line = next(line for line in status if line.startswith(what))
        return int(line.split()[1]) / 1024

    def processor(self):
        """Seconds that it has had of a processor."""
        with open(f"/proc/{self.process}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def forget_peak(self):
        with open(f"/proc/{self.process}/clear_refs", "w") as file:
            file.write("5")


def until_over(server, jobs):
    """How many jobs of the server have succeeded, when so many are over."""
    while True:
        ended = {status: server.ask(f"/jobs?limit=1&status={status}")["numberTotal"] for status in ("successful", "failed")}
        if sum(ended.values()) >= jobs:
            return ended["successful"]
        time.sleep(0.1)


def whole_scene(server):
    server.forget_peak()
    before, had, started = server.memory("VmRSS"), server.processor(), time.monotonic()
    job = server.execute(DOCUMENTED[:1], AROUND)
    until_over(server, 1)
    status = server.ask(f"/jobs/{job}")["status"]
    took = time.monotonic() - started
    had = server.processor() - had
    print(f"a whole scene: {status} after {took:.1f} s, with {had:.1f} s of a processor; {server.memory('VmHWM'):.0f} MiB at most, {before:.0f} MiB before")


def said(times):
    times.sort()
    return f"{statistics.median(times):.1f} ms in the middle, {times[len(times) * 99 // 100]:.1f} ms for 99 of 100, {times[-1]:.1f} ms at most"


def look(server, times, job, over):
    """As a client does that knows nothing of what is computed."""
    while not over():
        for path in ("/processes", "/jobs?limit=10", f"/jobs/{job}"):
            asked = time.monotonic()
            server.ask(path)
            times.append((time.monotonic() - asked) * 1e3)
        time.sleep(0.01)


def many(server, count):
    first = server.execute(DOCUMENTED[:1], "-121.1,40.0,-121.0,40.1")
    before_all = until_over(server, 2)
    idle = []
    look(server, idle, first, lambda: len(idle) >= 300)
    print(f"{len(idle)} answers while nothing is computed: {said(idle)}")
    server.forget_peak()
    before, had, started = server.memory("VmRSS"), server.processor(), time.monotonic()
    areas = [f"{-121.4 + 0.002 * n:.3f},39.834,{-121.0 + 0.002 * n:.3f},40.2" for n in range(count)]
    times, over = [], threading.Event()
    looking = threading.Thread(target=look, args=(server, times, first, over.is_set))
    looking.start()
    for area in areas:
        server.execute(DOCUMENTED, area)
    created = time.monotonic() - started
    successful = until_over(server, 2 + count) - before_all
    took = time.monotonic() - started
    had = server.processor() - had
    over.set()
    looking.join()
    print(
        f"{count} jobs: created in {created:.1f} s, {successful} successful after {took:.1f} s, "
        f"with {had:.1f} s of a processor; "
        f"{server.memory('VmHWM'):.0f} MiB at most, {before:.0f} MiB before\n{len(times)} answers meanwhile: {said(times)}"
    )


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    # A job takes as long as its work.
    with testbed("crates/eoap-testbed/scenarios/water-bodies", "--clock", "real", "--speed", "100000") as (environment, ogc):
        server = Server(environment, ogc)
        whole_scene(server)
        many(server, count)
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
