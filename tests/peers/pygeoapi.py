#!/usr/bin/env python3
"""Runs a command against a real pygeoapi, or compares the testbed's personality of that name with it.

    pygeoapi.py [--release 0.24] COMMAND …   runs the command with EOAP_SERVER as the server's address, and ends as it does
    pygeoapi.py [--release 0.24]             has the same conversation with both, and ends with 1 where they differ

pygeoapi is installed below `target/peers`, serves on loopback, and is stopped at the end. This wants Python 3.10, pygeoapi 0.24
Python 3.12, which is looked for.
"""

import argparse
import contextlib
import difflib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from callbacks import callbacks
from conversation import comparable, play
from testbed import testbed
from virtual_environment import PEERS, ROOT, version_of, virtual_environment

# Those that have been looked at.
RELEASES = ["0.21", "0.24"]
SCENARIO = ROOT / "crates/eoap-testbed/tests/scenarios/hello-world"


@contextlib.contextmanager
def pygeoapi(python):
    """A pygeoapi for the time of the block, and its address."""
    log = PEERS / "pygeoapi.log"
    # It calls subscribers on loopback, which no proxy can do for it.
    environment = {**os.environ, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    with tempfile.TemporaryDirectory() as jobs, log.open("w") as stderr:
        command = [python, Path(__file__).parent / "pygeoapi_server" / "serve.py", jobs]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": stderr, "text": True}
        with subprocess.Popen(command, env=environment, **pipes) as server:
            try:
                address = server.stdout.readline().strip()
                if not address:
                    sys.exit(f"pygeoapi did not start:\n{log.read_text()}")
                yield address
            finally:
                # It ends with its standard input.
                server.stdin.close()


@contextlib.contextmanager
def personality(version):
    """The testbed's imitation of that version, the address to ask and the one that its links begin with."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder) / "hello-world"
        shutil.copytree(SCENARIO, scenario)
        settings = scenario / "scenario.toml"
        settings.write_text(settings.read_text().replace('version = "0.24.0"', f'version = "{version}"'))
        if version.startswith("0.21."):
            # These inputs of its example process came later.
            description = scenario / "processes/hello-world/description.json"
            document = json.loads(description.read_text())
            del document["inputs"]["as_bytes"], document["inputs"]["media_type"]
            description.write_text(json.dumps(document))
        with testbed(scenario) as (_, address):
            yield address, "http://pygeoapi"


def compare(python, version):
    """Has the conversation with both, and executions with callbacks; how many answers differ."""
    with pygeoapi(python) as real, personality(version) as (address, root):
        pairs = []
        for (ask, theirs), (_, ours) in zip(play(real), play(address), strict=True):
            pairs.append((f"{theirs.status} {ask}", comparable(ask, theirs, real), comparable(ask, ours, root)))
            if theirs.status != ask.status:
                pairs.append((f"the status of {ask}", theirs.status, ask.status))
        for (name, *theirs), (_, *ours) in zip(callbacks(real), callbacks(address), strict=True):
            pairs.append((f"callbacks of {name}", theirs, ours))
    differences = 0
    for number, (name, theirs, ours) in enumerate(pairs, start=1):
        told = [json.dumps(one, indent=1, sort_keys=True).splitlines() for one in (theirs, ours)]
        unlike = list(difflib.unified_diff(*told, f"pygeoapi {version}", "testbed", lineterm="", n=1))
        differences += bool(unlike)
        print(f"{number:3} {'DIFFERS' if unlike else 'same':8} {name}", *unlike, sep="\n      ")
    print(f"{len(pairs)} answers, {len(pairs) - differences} the same")
    return differences


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--release", choices=RELEASES, default=RELEASES[-1])
    arguments.add_argument("command", nargs=argparse.REMAINDER)
    arguments = arguments.parse_args()
    python = virtual_environment(f"pygeoapi-{arguments.release}", f"pygeoapi=={arguments.release}.*")
    version = version_of(python, "pygeoapi")
    print(f"pygeoapi {version}", flush=True)
    if not arguments.command:
        sys.exit(1 if compare(python, version) else 0)
    with pygeoapi(python) as address:
        environment = {**os.environ, "EOAP_SERVER": address}
        ended = subprocess.run(arguments.command, cwd=ROOT, env=environment, check=False)
    # As a shell has it: killed by a signal is not a success either.
    sys.exit(ended.returncode if ended.returncode >= 0 else 128 - ended.returncode)


if __name__ == "__main__":
    main()
