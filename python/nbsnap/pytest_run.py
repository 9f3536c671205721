"""One run of `nbsnap test`, and what it said of each cell. The format is that of its JSON lines, version 1."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from nbsnap import find_program

# What a verdict without a fault is called.
GREEN = {"passed", "cached", "skipped", "flaky"}


class NotRun(Exception):
    """The program could not do its work."""


@dataclass
class Chosen:
    """The cells of a notebook that somebody wants to hear of."""

    file: str
    # Its cells by their numbers.
    numbers: set = field(default_factory=set)
    # The notebook, or the notebook up to a cell.
    argument: str = ""


@dataclass
class Result:
    """What became of a cell."""

    # One for every engine that ran it.
    verdicts: list
    # What is wrong beside it: with the notebook as a whole, or with a cell that nobody asked for and that ended the notebook.
    others: list

    def problems(self, accepts):
        """What is wrong. Where new output is accepted, it is not."""
        own = [problem for verdict in self.verdicts for problem in verdict["problems"]]
        return [problem for problem in own if not (accepts and is_pending(problem))] + self.others


@dataclass
class Notebook:
    """What was said of a notebook so far."""

    cells: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)
    is_finished: bool = False
    # Whether nothing more is said of it.
    is_done: bool = False


class Run:
    """A run, which begins at once and is read as far as somebody waits for it."""

    def __init__(self, folder, chosen, fresh):
        self.folder = folder
        self._chosen = chosen
        self._notebooks = {}
        self._is_over = False
        # A pipe that nobody reads meanwhile would hold the program up.
        self._stderr = tempfile.TemporaryFile(mode="w+", encoding="utf-8", errors="replace")
        names = [notebook.argument for notebook in chosen.values()]
        command = [find_program(), "test", "--json", "-", *(["--fresh"] if fresh else []), *names]
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            encoding="utf-8",
        )

    def result(self, path, number):
        """What became of a cell, as soon as the notebook is done: until then it may be run again."""
        while not self._is_over and not self._of(path).is_done:
            self._read()
        told, numbers = self._of(path), self._chosen[path].numbers
        verdicts = told.cells.get(number, [])
        if not verdicts and not told.problems:
            raise NotRun(f"nbsnap test did not run the cell (exit code {self._process.wait()}):\n{self._said()}")
        others = list(told.problems) if number == max(numbers) or not verdicts else []
        if any(verdict["status"] == "not run" for verdict in verdicts):
            failed = [verdict for all_of in told.cells.values() for verdict in all_of if verdict["status"] not in GREEN]
            failed = [verdict for verdict in failed if verdict["problems"]]
            # A cell that failed and is an item is red itself.
            if not any(verdict["cell"]["number"] in numbers for verdict in failed):
                others += [not_run(verdict) for verdict in failed] or ([] if told.problems else [not_run(None)])
        return Result(verdicts, others)

    def finished_files(self):
        """The notebooks that were run to their end, as files."""
        return [chosen.file for path, chosen in self._chosen.items() if self._of(path).is_finished]

    def stop(self):
        """Ends the run, if it still goes on; what it had done by then stays."""
        if self._process.poll() is None and not self._is_over:
            self._process.terminate()
        self._process.stdout.close()
        self._process.wait()

    def _of(self, path):
        return self._notebooks.setdefault(path, Notebook())

    def _read(self):
        line = self._process.stdout.readline()
        if not line:
            self._is_over = True
            return
        event = json.loads(line)
        kind = event["event"]
        if kind == "notebook-started":
            return
        if kind == "cell-finished":
            self._of(event["file"]).cells.setdefault(event["cell"]["number"], []).append(event)
        elif kind == "notebook-retried":
            self._forget(event["notebook"])
        elif kind == "notebook-skipped":
            self._skip(event)
        elif kind == "notebook-finished":
            told = self._of(event["file"])
            told.problems += event["problems"]
            # Where several engines run, their names are in that of the notebook, and nobody knows which is the last.
            told.is_done = event["notebook"].endswith(PurePath(event["file"]).stem)
            told.is_finished = True

    def _forget(self, name):
        for path, told in self._notebooks.items():
            for number, verdicts in told.cells.items():
                told.cells[number] = [verdict for verdict in verdicts if verdict["notebook"] != name]

    def _skip(self, event):
        told = self._of(event["file"])
        for cell in range(1, event["cells"] + 1):
            skipped = {"status": "skipped", "skipped": event["reason"], "problems": [], "record": None, "elapsed": 0}
            told.cells.setdefault(cell, []).append({**skipped, "notebook": event["notebook"]})
        told.is_done = True

    def _said(self):
        self._stderr.seek(0)
        return self._stderr.read().strip()


def environment():
    """This process's, with the kernels of the Python that runs pytest before those of others, whether its environment is active or not."""
    own = str(Path(sys.prefix, "share", "jupyter"))
    others = [folder for folder in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if folder]
    return {**os.environ, "JUPYTER_PATH": os.pathsep.join([*others, own])}


def not_run(failed):
    """The problem of a cell that was not run since another one failed."""
    if failed is None:
        return {"status": "not run", "message": "the cell was not run"}
    cell, messages = failed["cell"], "; ".join(problem["message"] for problem in failed["problems"])
    return {"status": "not run", "message": f"the cell was not run, since cell {cell['number']} `{cell['id']}` failed: {messages}"}


def is_pending(problem):
    """Whether a problem is output that waits for being accepted."""
    return bool(problem.get("snapshot", {}).get("pending"))
