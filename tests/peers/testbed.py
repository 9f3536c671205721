"""A testbed for the time of a `with` block: the `serve` example, its environment, and its addresses on loopback."""

import contextlib
import os
import shlex
import subprocess
import sys

from virtual_environment import ROOT

# Another way to start it, such as the path of one that is already built.
SERVE = os.environ.get("EOAP_SERVE", "cargo run --quiet --example serve --")


@contextlib.contextmanager
def testbed(scenario):
    """Serves the scenario. Gives what `serve` says to export, and the address of the OGC API round the proxy."""
    command = [*shlex.split(SERVE), str(scenario)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serve:
        try:
            environment, address = {}, None
            for line in serve.stdout:
                words = shlex.split(line)
                if words[0] == "export":
                    name, value = words[1].split("=", 1)
                    environment[name] = value
                elif line.startswith("# round the proxy:"):
                    address = words[4]
                    break
            if address is None:
                sys.exit(f"the testbed did not start: {shlex.join(command)}")
            yield environment, address
        finally:
            # It ends with its standard input, and then says which hosts it refused.
            serve.stdin.close()
            refused = serve.stdout.read().strip()
            if refused:
                print(refused, file=sys.stderr)
