#!/usr/bin/env python3
"""What a verdict on a notebook in Python rests on, with the real ipykernel: nothing changed is `cached`, and whatever was read and changes is run again.

Installs ipykernel and what opens files without Python's knowledge below target/peers/python-cache. Exits non-zero where a verdict is not what a run of everything
would say, or where a notebook is run again for no reason.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from python_kernel import same, write
from virtual_environment import ROOT, virtual_environment

REQUIREMENTS = ["ipykernel==7.4.0", "matplotlib==3.11.2", "pandas==2.3.3"]
NBSNAP = ROOT / "target/debug/nbsnap"

# What is cached as soon as nothing changes.
CACHED = {
    "nothing": ["x = 1", "print(x + 1)"],
    "opens": ["print(open('data.csv').read())"],
    "elsewhere": ["from pathlib import Path\nprint(Path('../shared/text.txt').read_text())"],
    "pandas": ["import pandas\nprint(pandas.read_csv('data.csv', header=None).shape)"],
    # The C library's own stream, opened by C.
    "c": ["import ctypes\nlibc = ctypes.CDLL(None)\nlibc.fopen.restype = ctypes.c_void_p\nlibc.fgetc.argtypes = [ctypes.c_void_p]",
          "chr(libc.fgetc(libc.fopen(b'data.bin', b'r')))"],
    "database": ["import sqlite3", "sqlite3.connect('file:table.db?mode=ro', uri=True).execute('select x from t').fetchall()"],
    "picture": ["import matplotlib.image\nprint(matplotlib.image.imread('pixel.png').shape)"],
    "module": ["import helpers", "print(helpers.answer())"],
    "package": ["import measures", "print(measures.metre())"],
    "folder": ["import glob", "print(len(glob.glob('parts/*.csv')))"],
    "presence": ["import os", "print(os.path.exists('flag'), os.path.exists('no-flag'))"],
    "size": ["import os", "print(os.path.getsize('data.bin'))"],
    "forks": ["import multiprocessing\nwith multiprocessing.get_context('fork').Pool(1) as pool:\n    print(pool.map(len, [open('data.csv').read()]))"],
    "child": ["import os, warnings\nwarnings.simplefilter('ignore')",
              "if os.fork() == 0:\n    os._exit(int(open('data.bin').read(1) != 'a'))\nprint(os.wait()[1])"],
    "differs": [("import random\nrandom.random()", ["nbval-ignore-output"]), "import time\ntime.time() > 0"],
    "serves": ["import socket\nserver = socket.create_server(('127.0.0.1', 0))\nclient = socket.create_connection(server.getsockname())",
               "server.accept()[0].sendall(b'hello')\nprint(client.recv(9).decode())"],
    "writes": ["open('written.txt', 'w').write('1')", "print(open('written.txt').read())"],
}

# What is run each time, as nobody sees what it rests on.
RUN = {
    "program": ["import subprocess", "print(subprocess.run(['cat', 'words.txt'], capture_output=True, text=True).stdout)"],
    "shell": ["!cat words.txt"],
    "system": ["import os", "os.system('true')"],
    "host": ["import socket\nfar = socket.socket()\nfar.setblocking(False)\nfar.connect_ex(('192.0.2.1', 9)) > 0"],
    "service": ["import socket, pathlib", "near = socket.create_connection(('127.0.0.1', int(pathlib.Path('port').read_text())))\nprint(near.recv(9).decode())"],
    "dies": [("import os\nos._exit(3)", ["raises-exception"]), "print('in another kernel')"],
    "starts": ["import multiprocessing\nmultiprocessing.get_context('spawn').Pool(1).map(len, ['a'])"],
}

PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082")


class World:
    """A project with these notebooks, and an environment of its own."""

    def __init__(self, folder, python):
        self.project = folder / "project"
        self.notebooks = self.project / "notebooks"
        self.python = python
        self.packages = next((python.parents[1] / "lib").glob("python3*")) / "site-packages"
        self.environment = {**os.environ, "VIRTUAL_ENV": str(python.parents[1]), "JUPYTER_PATH": ""}
        self.environment.pop("CI", None)
        for name, cells in {**CACHED, **RUN}.items():
            self.notebooks.mkdir(parents=True, exist_ok=True)
            write(self.notebooks, name, cells)
        self.put("nbsnap.toml", "")
        self.put("data.csv", "1,2\n")
        self.put("data.bin", "abc")
        self.put("words.txt", "one\n")
        self.put("../shared/text.txt", "one")
        self.put("helpers.py", "def answer():\n    return 42\n")
        self.put("parts/a.csv", "")
        self.put("flag", "")
        (self.notebooks / "pixel.png").write_bytes(PIXEL)
        self.table("one")
        self.install("1.0", "1")

    def put(self, name, text):
        path = self.notebooks / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def table(self, text):
        import sqlite3

        (self.notebooks / "table.db").unlink(missing_ok=True)
        with sqlite3.connect(self.notebooks / "table.db") as database:
            database.execute("create table t (x)")
            database.execute("insert into t values (?)", [text])
        database.close()

    def install(self, version, value):
        """As pip leaves a package behind."""
        for old in self.packages.glob("measures*"):
            shutil.rmtree(old)
        (self.packages / "measures").mkdir()
        (self.packages / "measures/__init__.py").write_text(f"def metre():\n    return {value!r}\n")
        about = self.packages / f"measures-{version}.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: measures\nVersion: {version}\n")

    def nbsnap(self, *arguments, **more):
        return subprocess.run([NBSNAP, *arguments], cwd=self.project, env={**self.environment, **more}, capture_output=True, text=True, check=False)

    def test(self, *arguments, **more):
        """The status of each notebook."""
        run = self.nbsnap("test", *arguments, "--json", "-", **more)
        events = [json.loads(line) for line in run.stdout.splitlines()]
        return {event["notebook"]: event["status"] for event in events if event["event"] == "notebook-finished"}


def expect(what, found, expected):
    if found != expected:
        wrong = {name: (found.get(name), expected.get(name)) for name in {**found, **expected} if found.get(name) != expected.get(name)}
        sys.exit(f"{what}: found and expected: {wrong}")
    print(f"{what}: as it should be")


def serve(notebooks):
    """A service on this machine that a notebook connects to."""
    listener = socket.create_server(("127.0.0.1", 0))
    (notebooks / "port").write_text(str(listener.getsockname()[1]))

    def answer():
        while True:
            connection, _ = listener.accept()
            connection.sendall(b"hello")
            connection.close()

    threading.Thread(target=answer, daemon=True).start()


def main():
    python = virtual_environment("python-cache", *REQUIREMENTS)
    with tempfile.TemporaryDirectory() as scratch:
        world = World(Path(os.environ.get("KEEP", scratch)), python)
        serve(world.notebooks)
        nothing_changed = {**dict.fromkeys(CACHED, "cached"), **dict.fromkeys(RUN, "passed")}

        def but(**statuses):
            return {**nothing_changed, **statuses}

        world.nbsnap("test")
        world.nbsnap("accept")
        # The first runs make files that others list: what Python keeps compiled, matplotlib's list of fonts, what a notebook writes.
        world.test()
        expect("what passes", {name: status for name, status in world.test("--fresh").items() if status != "passed"}, {})
        expect("nothing changed", world.test(), nothing_changed)
        expect("nothing changed, again", world.test(), nothing_changed)
        expect("--fresh", world.test("--fresh"), dict.fromkeys(nothing_changed, "passed"))
        expect("on a build server", world.test(CI="true"), dict.fromkeys(nothing_changed, "passed"))

        def changed(what, change, back, **statuses):
            change()
            expect(what, world.test(), but(**statuses))
            back()
            expect(f"{what}: back again", world.test(), but(**dict.fromkeys(statuses, "passed")))
            expect(f"{what}: nothing changed", world.test(), nothing_changed)

        data = {"opens": "changed", "pandas": "changed", "forks": "changed"}
        changed("a file that Python and pandas read", lambda: world.put("data.csv", "1,2\n3,4\n"), lambda: world.put("data.csv", "1,2\n"), **data)
        changed("a file that C reads", lambda: world.put("data.bin", "xbc"), lambda: world.put("data.bin", "abc"), c="changed", child="changed", size="passed")
        changed("a file of another size", lambda: world.put("data.bin", "abcd"), lambda: world.put("data.bin", "abc"), c="passed", child="passed", size="changed")
        changed("a file outside of the project", lambda: world.put("../shared/text.txt", "two"), lambda: world.put("../shared/text.txt", "one"), elsewhere="changed")
        changed("a module beside the notebook", lambda: world.put("helpers.py", "def answer():\n    return 43\n"),
                lambda: world.put("helpers.py", "def answer():\n    return 42\n"), module="changed")
        changed("a name in a folder", lambda: world.put("parts/b.csv", ""), lambda: (world.notebooks / "parts/b.csv").unlink(), folder="changed")
        expect("a file in place, edited in the environment", (world.packages / "measures/__init__.py").write_text("def metre():\n    return '2'\n") and world.test(),
               but(package="changed"))
        world.install("2.0", "2")
        # The folder of packages has another name in it, and each notebook has looked into that.
        expect("a package that was upgraded", world.test(), {**dict.fromkeys(nothing_changed, "passed"), "package": "changed"})
        world.install("1.0", "1")
        expect("a package that was put back", world.test(), dict.fromkeys(nothing_changed, "passed"))
        expect("the package as before", world.test(), nothing_changed)
        before = world.notebooks / "nothing.ipynb"
        write(world.notebooks, "nothing", ["x = 2", "print(x + 1)"])
        expect("a cell", world.test(), but(nothing="changed"))
        write(world.notebooks, "nothing", CACHED["nothing"])
        expect("the cell as before", world.test(), but(nothing="passed"))
        same("the notebook", before.exists(), True)
        expect("a variable of Python's", world.test(PYTHONHASHSEED="7"), dict.fromkeys(nothing_changed, "passed"))
    print("all as it should be")


if __name__ == "__main__":
    main()
