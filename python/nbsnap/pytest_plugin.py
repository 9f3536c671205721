"""`pytest --nbsnap`: notebooks are collected as files and their code cells as items; `nbsnap test` runs them and says what became of each.

One run of the program serves all items of a project, so that notebooks run side by side and what has not changed is not run again.
This module decides nothing about a cell: it translates verdicts.
"""

import json
import subprocess
from pathlib import Path

import pytest

from nbsnap import find_program
from nbsnap.pytest_run import Chosen, NotRun, Run
from nbsnap.pytest_text import problem_text

RUNS = pytest.StashKey()
PROJECTS = pytest.StashKey()

# The program's exit code where there is no project, or no notebook in it.
NO_NOTEBOOKS = 4


def pytest_addoption(parser):
    """The options; everything else is said in `nbsnap.toml` or by the program's own variables, such as NBSNAP_ENGINE."""
    group = parser.getgroup("nbsnap", "notebooks as tests")
    group.addoption("--nbsnap", action="store_true", help="collect notebooks, and compare every cell with its snapshot")
    group.addoption("--nbsnap-accept", action="store_true", help="take new and changed output for right: it becomes the snapshots")
    group.addoption("--nbsnap-fresh", action="store_true", help="run also notebooks that passed and have not changed since")


def pytest_configure(config):
    """Sets up what the session shares, and keeps the cells of a notebook together where pytest-xdist hands items out one by one."""
    config.stash[RUNS] = {}
    config.stash[PROJECTS] = {}
    if config.getoption("nbsnap") and config.getoption("dist", "no") == "load":
        config.option.dist = "loadfile"


def pytest_collect_file(file_path, parent):
    """A notebook."""
    if file_path.suffix == ".ipynb" and parent.config.getoption("nbsnap") and not is_copy(file_path):
        return NotebookFile.from_parent(parent, path=file_path)
    return None


def is_copy(path):
    """Whether Jupyter, or a run of the program, has left a notebook there."""
    folders = path.parts
    return ".ipynb_checkpoints" in folders or ("target", "nbsnap") in zip(folders, folders[1:])


def pytest_sessionfinish(session):
    """Ends what is still running, and accepts what was asked to be."""
    for run in session.config.stash.get(RUNS, {}).values():
        run.stop()
    if not session.config.getoption("nbsnap_accept"):
        return
    for run in session.config.stash[RUNS].values():
        if files := run.finished_files():
            subprocess.run([find_program(), "accept", *files], cwd=run.folder, check=True, stdout=subprocess.DEVNULL)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A cell took as long as the cell took, not as long as somebody waited for it."""
    report = yield
    if isinstance(item, CellItem) and report.when == "call" and item.elapsed is not None:
        report.duration = item.elapsed
    return report


class NotebookFile(pytest.File):
    """A notebook of a project."""

    def collect(self):
        """Its code cells, as the program sees them."""
        project = project_of(self.config, self.path.parent)
        if project is None:
            yield OutsideItem.from_parent(self, name="notebook")
            return
        for notebook in project["unusable"]:
            if Path(project["root"], notebook["path"]) == self.path.resolve():
                raise self.CollectError(f"{notebook['path']} cannot be tested: {notebook['reason']}")
        for notebook in project["notebooks"]:
            if Path(project["root"], notebook["path"]) == self.path.resolve():
                for cell in notebook["cells"]:
                    name = cell["id"] or f"cell {cell['number']}"
                    yield CellItem.from_parent(self, name=name, project=project, notebook=notebook, cell=cell)
                return
        yield OutsideItem.from_parent(self, name="notebook")


class OutsideItem(pytest.Item):
    """A notebook that no project has."""

    def runtest(self):
        """It is not run, and not passed over in silence."""
        pytest.skip("the notebook is in no project of nbsnap's")

    def reportinfo(self):
        """Where it is."""
        return self.path, 0, self.name


class CellItem(pytest.Item):
    """A code cell."""

    def __init__(self, *, project, notebook, cell, **others):
        super().__init__(**others)
        self.project, self.notebook, self.cell = project, notebook, cell
        self.elapsed = None

    def runtest(self):
        """Waits for the verdict."""
        result = self.run_of_project().result(self.notebook["path"], self.cell["number"])
        self.elapsed = sum(verdict["elapsed"] for verdict in result.verdicts)
        for verdict in result.verdicts:
            for stream in ("stdout", "stderr"):
                if text := (verdict["record"] or {}).get(stream):
                    self.add_report_section("call", stream, text)
        if result.problems(self.config.getoption("nbsnap_accept")):
            raise CellFailed(result)
        for verdict in result.verdicts:
            if verdict["status"] == "skipped":
                pytest.skip(verdict["skipped"] or "the cell is not run")
            if verdict["status"] == "not run":
                pytest.skip("an earlier cell failed")

    def repr_failure(self, excinfo):
        """What is wrong, in the program's words, and the difference."""
        if isinstance(excinfo.value, CellFailed):
            accepts = self.config.getoption("nbsnap_accept")
            title = f"cell {self.cell['number']} `{self.cell['id']}`: "
            texts = [problem_text(self.path, self.cell["number"], problem) for problem in excinfo.value.result.problems(accepts)]
            return title + "\n".join(texts)
        if isinstance(excinfo.value, NotRun):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self):
        """Where it is."""
        return self.path, 0, f"{self.notebook['name']}::{self.name}"

    def run_of_project(self):
        """The run that has this cell: one for the session, or for the notebook where others run the rest."""
        runs, is_one_of_several = self.config.stash[RUNS], hasattr(self.config, "workerinput")
        key = (self.project["key"], self.notebook["name"] if is_one_of_several else "")
        if key not in runs:
            cells = [item for item in self.session.items if isinstance(item, CellItem) and item.project is self.project]
            if is_one_of_several:
                cells = [item for item in cells if item.notebook is self.notebook]
            runs[key] = Run(self.project["folder"], chosen(cells), fresh=self.config.getoption("nbsnap_fresh"))
        return runs[key]


class CellFailed(Exception):
    """The cell is not as it should be."""

    def __init__(self, result):
        super().__init__()
        self.result = result


def chosen(items):
    """What the program is to run so that these cells run: notebooks, and up to a cell where those behind it were left out."""
    notebooks = {}
    for item in sorted(items, key=lambda item: item.cell["number"]):
        path, number = item.notebook["path"], item.cell["number"]
        is_last = number == len(item.notebook["cells"])
        notebook = notebooks.setdefault(path, Chosen(str(item.path)))
        notebook.numbers.add(number)
        notebook.argument = str(item.path) if is_last else f"{item.path}::{item.cell['id']}"
    return notebooks


def project_of(config, folder):
    """What the program says of the project that a folder is in; nothing where it is in none."""
    known = config.stash[PROJECTS]
    if folder not in known:
        listed = subprocess.run([find_program(), "list", "--json"], cwd=folder, capture_output=True, text=True, check=False)
        if listed.returncode == 0:
            project = json.loads(listed.stdout)
            project["folder"] = folder
            project["key"] = tuple(sorted(entry["path"] for entry in project["notebooks"] + project["unusable"]))
            # Two folders of one project have one run.
            project = next((other for other in known.values() if other and same(other, project)), project)
        elif listed.returncode == NO_NOTEBOOKS:
            project = None
        else:
            raise pytest.Collector.CollectError(listed.stderr.strip())
        known[folder] = project
    return known[folder]


def same(one, other):
    """Whether two lists are of one project."""
    return (one["root"], one["key"]) == (other["root"], other["key"])
