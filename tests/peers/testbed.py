"""A testbed for the time of a `with` block: `nbsnap serve`, its environment, and its addresses on loopback."""

import contextlib
import json
import os
import shlex
import subprocess
import sys

from virtual_environment import ROOT

# Another way to start it, such as the path of one that is already built.
NBSNAP = os.environ.get("EOAP_NBSNAP", "cargo run --quiet --")


@contextlib.contextmanager
def testbed(scenario, *options):
    """Serves the scenario, with further options. Gives what a client needs in its environment, and the address of the OGC API round the proxy."""
    command = [*shlex.split(NBSNAP), "serve", str(scenario), "--env", "json", "--quiet", *options]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serve:
        try:
            text = ""
            for line in serve.stdout:
                text += line
                if line.rstrip() == "}":
                    break
            if not text:
                sys.exit(f"the testbed did not start: {shlex.join(command)}")
            environment = json.loads(text)
            yield environment, environment["EOAP_TESTBED_OGC_URL"]
        finally:
            # It ends with its standard input, and then says which hosts it refused.
            serve.stdin.close()
