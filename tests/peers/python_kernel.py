#!/usr/bin/env python3
"""The real ipykernel, run by nbsnap: what every verdict comes to, and that nobody's settings of Python or IPython play a part.

Installs ipykernel, ipywidgets and matplotlib below target/peers/python-kernel, writes notebooks into a project there, and runs them with a hostile environment: an
IPython profile and a start-up file that would change every cell. Exits non-zero where something comes out otherwise than it should.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from virtual_environment import ROOT, virtual_environment

REQUIREMENTS = ["ipykernel==7.4.0", "ipywidgets==8.1.9", "matplotlib==3.11.2"]
NBSNAP = ROOT / "target/debug/nbsnap"

# By notebook: its verdict, and its cells as source, or as source and tags.
NOTEBOOKS = {
    "displays": ("passed", [
        "from IPython.display import HTML, clear_output, display\nimport sys, warnings\nprint('out'); print('err', file=sys.stderr)\n1 + 1",
        "shown = display(HTML('<b>1</b>'), display_id='a'); display({'text/plain': 'two'}, raw=True); shown.update(HTML('<b>2</b>'))",
        "shown.update(HTML('<b>3</b>'))",
        "for step in range(3):\n    clear_output(wait=True); print('step', step)",
        "warnings.warn('old'); object()",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "import ipywidgets\nipywidgets.IntSlider(3)",
        "async def later():\n    return 7\nawait later()",
    ]),
    "meant": ("passed", [
        ("def fails():\n    raise ValueError('no good')\nfails()", ["raises-exception"]),
        "# NBVAL_RAISES_EXCEPTION\nx = = 1",
        "# NBVAL_SKIP\nraise SystemExit",
        ("%no_such_magic", ["raises-exception"]),
        ("import os\nos._exit(3)", ["raises-exception"]),
        "print('in another kernel')",
        ("import random\nrandom.random()", ["nbval-ignore-output"]),
    ]),
    "settings": ("passed", [
        "get_ipython().history_manager.hist_file, 'HOSTILE' in globals()",
        "import os\nsorted(name for name in os.environ if name in ('PYTHONSTARTUP', 'HOSTILE_VARIABLE')), os.environ['TZ']",
    ]),
    "tame": ("failed", [("1", ["raises-exception"])]),
    "raises": ("failed", ["a = 1\n\n\na / 0"]),
    "asks": ("failed", ["input('your name?')"]),
    "dies": ("died", ["import os\nos.kill(os.getpid(), 9)"]),
    "exits": ("failed", ["raise SystemExit(0)"]),
    "slow": ("timed out", ["import time\ntime.sleep(60)"]),
    "deaf": ("timed out", ["import time\nwhile True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n        pass"]),
    "floods": ("failed", ["while True:\n    print('x' * 1000)"]),
    # ipykernel says itself that what a thread prints belongs to the cell that runs by then.
    "late": ("passed", [
        "import threading, time\nprint('one')\nthreading.Thread(target=lambda: (time.sleep(1), print('too late'))).start()",
        "time.sleep(2)",
    ]),
    "greedy": ("failed", ["x = bytearray(8 << 30)"]),
}

# What a notebook may see of how its kernel was started. Kernels of `python3` are forked from a process that has loaded ipykernel already.
STARTED = "started"
SEEN = [
    "import sys, os, threading, signal, gc, warnings, logging, atexit, resource",
    "print(sys.path)\nprint(sys.argv[0])\nprint(sys.flags)",
    "print(sorted(name for name in sys.modules if not name.startswith('__mp')))",
    "print(sorted(item for item in os.environ.items() if not item[0].startswith(('IPYTHONDIR', 'JUPYTER_', 'EVCXR_'))))",
    "print(sorted(thread.name.split('-')[0] for thread in threading.enumerate()))",
    "print(sorted(globals()), __name__, sys.modules['__main__'].__dict__ is globals())",
    "print([str(signal.getsignal(number)).split(' at ')[0] for number in sorted(signal.Signals)])",
    "print(hash('a'), sys.getrecursionlimit(), sys.gettrace(), sys.getprofile(), gc.isenabled(), gc.get_freeze_count(), atexit._ncallbacks())",
    "print(os.getcwd() == os.environ.get('PWD', os.getcwd()), os.readlink('/proc/self/fd/0'), os.getpgid(0) == os.getpid())",
    "print(resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(resource.RLIMIT_AS))",
    "print(logging.root.handlers, logging.root.level, len(warnings.filters))",
    "import random, uuid\nprint(random.random() != random.random(), len({'a', 'b', 'c'}), list({'a', 'b', 'c'}))",
    "os.system('echo from a program; echo an error >&2')\nNone",
]


def install_started(python):
    """Installs ipykernel a second time, in a way that nobody sees to be ipykernel: such a kernel is started by itself."""
    folder = python.parents[1] / "share/jupyter/kernels" / STARTED
    folder.mkdir(parents=True, exist_ok=True)
    code = "import runpy; runpy.run_module('ipykernel_launcher', run_name='__main__', alter_sys=True)"
    spec = {"argv": ["python", "-c", code, "-f", "{connection_file}"], "display_name": STARTED, "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))


def left_when_killed(nbsnap_of, project, environment):
    """How many processes are left a moment after a run was killed in the middle of a cell that has started one."""
    told = project / "notebooks/processes"
    run = subprocess.Popen([NBSNAP, "test", nbsnap_of], cwd=project, env=environment, stdout=subprocess.DEVNULL)
    deadline = time.time() + 60
    while not told.exists() and time.time() < deadline:
        time.sleep(0.05)
    run.kill()
    run.wait()
    runs = lambda number: Path(f"/proc/{number}/cmdline").exists() and Path(f"/proc/{number}/cmdline").read_bytes() != b""
    numbers = told.read_text().split()
    deadline = time.time() + 10
    while any(map(runs, numbers)) and time.time() < deadline:
        time.sleep(0.05)
    return len(numbers), sum(map(runs, numbers))


def write(folder, name, cells, kernel="python3"):
    def cell(number, cell):
        source, tags = cell if isinstance(cell, tuple) else (cell, [])
        return {"cell_type": "code", "execution_count": None, "id": f"cell-{number}", "metadata": {"tags": tags}, "outputs": [],
                "source": source}
    kernel = {"display_name": "Python 3", "language": "python", "name": kernel}
    cells = [cell(number, one) for number, one in enumerate(cells, 1)]
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (folder / f"{name}.ipynb").write_text(json.dumps(notebook, indent=1))


def hostile(folder, python):
    """An environment in which a session of the user's would be another one."""
    profile = folder / "ipython/profile_default"
    (profile / "startup").mkdir(parents=True)
    (profile / "startup/00.py").write_text("HOSTILE = 1\nprint('start-up file')\n")
    (profile / "ipython_kernel_config.py").write_text("c = get_config()\nc.InteractiveShell.ast_node_interactivity = 'none'\n")
    start = folder / "start.py"
    start.write_text("HOSTILE = 1\n")
    return {**os.environ, "IPYTHONDIR": str(folder / "ipython"), "PYTHONSTARTUP": str(start), "HOSTILE_VARIABLE": "1",
            "VIRTUAL_ENV": str(python.parents[1]), "JUPYTER_PATH": ""}


def same(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r} where {expected!r} is right")
    print(f"{what}: {found!r}")


def main():
    python = virtual_environment("python-kernel", *REQUIREMENTS)
    subprocess.run(["cargo", "build", "--quiet"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch) / "project"
        (project / "notebooks").mkdir(parents=True)
        (project / "notebooks/nbsnap.toml").write_text('cell-timeout = "5s"\nmax-memory = "4 GiB"\n')
        for name, (_, cells) in NOTEBOOKS.items():
            write(project / "notebooks", name, cells)
        environment = hostile(Path(scratch), python)

        def nbsnap(*arguments):
            return subprocess.run([NBSNAP, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False)

        nbsnap("test")
        nbsnap("accept")
        run = nbsnap("test", "--json", "-")
        events = [json.loads(line) for line in run.stdout.splitlines()]
        verdicts = {event["notebook"]: event["status"] for event in events if event["event"] == "notebook-finished"}
        for name, (verdict, _) in NOTEBOOKS.items():
            same(name, verdicts.get(name), verdict)
        cells = {(event["notebook"], event["cell"]["id"]): event for event in events if event["event"] == "cell-finished"}
        record = lambda notebook, number: cells[notebook, f"cell-{number}"]["record"]
        shown = record("displays", 2)
        same("displays", [shown["outputs"]["text/html"], shown["further"][0]["text/plain"]], ["<b>2</b>", "two"])
        same("an update of an earlier cell's", record("displays", 3)["outputs"]["text/html"], "<b>3</b>")
        same("cleared", record("displays", 4)["stdout"], "step 2\n")
        same("a warning", record("displays", 5)["stderr"].splitlines()[0], "[CELL]: UserWarning: old")
        same("an object", record("displays", 5)["outputs"]["text/plain"], "<object at [ADDRESS]>")
        same("settings", [record("settings", number)["outputs"]["text/plain"] for number in (1, 2)],
             ["(':memory:', False)", "([], 'UTC')"])
        same("a thread", [record("late", number)["stdout"] for number in (1, 2)], ["one\n", "too late\n"])
        same("the line of an error", record("raises", 1)["failure"]["line"], 4)

        write(project / "notebooks", "parameters", [("bands = 3\nname: str = 'x'", ["parameters"]), "print(bands, name)"])
        given = nbsnap("run", "parameters", "-o", "out.ipynb", "-p", "bands=[1, null]", "-p", "name=7", "-r", "bands=list(range(2))")
        written = json.loads((project / "out.ipynb").read_text())["cells"]
        same("parameters", (given.returncode, written[-1]["outputs"][0]["text"]), (0, ["[0, 1] 7\n"]))

        install_started(python)
        write(project / "notebooks", "seen-forked", SEEN)
        write(project / "notebooks", "seen-started", SEEN, STARTED)
        run = nbsnap("test", "seen-forked", "seen-started", "--json", "-")
        events = [json.loads(line) for line in run.stdout.splitlines()]
        records = {name: [event["record"]["stdout"] for event in events
                          if event["event"] == "cell-finished" and event["notebook"] == f"seen-{name}"] for name in ("forked", STARTED)}
        for cell, forked, started in zip(SEEN, records["forked"], records[STARTED], strict=True):
            if forked != started:
                sys.exit(f"a kernel that was forked differs: {cell}\nforked  {forked}\nstarted {started}")
        same("cells to which a kernel that was forked is as one that was started", len(records["forked"]), len(SEEN))

        killed = ("import os, subprocess\nchild = subprocess.Popen(['sleep', '300'], start_new_session=False)\n"
                  "with open('processes.new', 'w') as file:\n    print(os.getpid(), os.getppid(), child.pid, file=file)\n"
                  "os.rename('processes.new', 'processes')\nimport time; time.sleep(300)")
        write(project / "notebooks", "killed", ["1", killed])
        same("left of a run that was killed", left_when_killed("killed", project, environment), (3, 0))
    print("all as it should be")


if __name__ == "__main__":
    main()
