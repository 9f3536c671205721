"""A virtual environment below `target/peers`, with what a peer needs installed in it; nothing else on the machine is touched."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "target" / "peers"


def newest_interpreter():
    """$PYTHON, or else the newest Python on the path or among those that pyenv keeps: a peer's newest release refuses old ones."""
    if os.environ.get("PYTHON"):
        return os.environ["PYTHON"]
    kept = (Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions").glob("3.*/bin/python3")
    on_path = filter(shutil.which, [f"python3.{minor}" for minor in range(10, 20)])
    versions = {}
    for candidate in [sys.executable, *on_path, *map(str, kept)]:
        # A pyenv shim is on the path even where it leads nowhere, and a distribution's python3 may come without ensurepip.
        ask = [candidate, "-c", "import ensurepip, sys; print(*sys.version_info[:2])"]
        answer = subprocess.run(ask, capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            versions.setdefault(tuple(map(int, answer.stdout.split())), candidate)
    if not versions:
        sys.exit("there is no Python with ensurepip: set PYTHON to one")
    return versions[max(versions)]


def virtual_environment(name, *requirements):
    """The interpreter of the environment `target/peers/<name>`, which is made anew when the requirements have changed."""
    folder = PEERS / name
    python = folder / "bin" / "python"
    done = folder / "requirements.json"
    if done.exists() and json.loads(done.read_text()) == list(requirements) and python.exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    print(f"installing {', '.join(requirements)} below target/peers/{name} …", file=sys.stderr, flush=True)
    interpreter = newest_interpreter()
    subprocess.run([interpreter, "-m", "venv", folder], check=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    if subprocess.run(install, check=False, stdout=sys.stderr).returncode != 0:
        sys.exit(f"pip cannot install {', '.join(requirements)} for {interpreter}: set PYTHON to another Python")
    done.write_text(json.dumps(requirements))
    return python


def version_of(python, package):
    """The installed version of a package."""
    ask = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
    return subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip()
