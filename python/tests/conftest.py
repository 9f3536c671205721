"""A project of notebooks in Python, and pytest run on it as its users run it: in a process of its own."""

import json
from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

# Installed, the plugin is found by itself.
LOADS = [] if any(point.name == "nbsnap" for point in entry_points(group="pytest11")) else ["-p", "nbsnap.pytest_plugin"]


class Project:
    """A folder with notebooks."""

    def __init__(self, pytester):
        self.pytester, self.path = pytester, pytester.path

    def notebook(self, name, *cells, folder="notebooks"):
        """Writes a notebook; a cell is its id and source, and its tags if it has some."""
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        written = [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": cell[0],
                "metadata": {"tags": list(cell[2:])},
                "outputs": [],
                "source": cell[1],
            }
            for cell in cells
        ]
        path = self.path / folder / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = {"cells": written, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        path.write_text(json.dumps(text))

    def run(self, *arguments):
        """What `pytest --nbsnap` says, with these arguments."""
        return self.plain("--nbsnap", *arguments)

    def plain(self, *arguments):
        """What `pytest` says."""
        return self.pytester.runpytest_subprocess(*LOADS, *arguments)

    def accepted(self):
        """Has all output accepted as it is."""
        self.run("--nbsnap-accept").assert_outcomes_are_green()
        return self


@pytest.fixture
def project(pytester, monkeypatch):
    """An empty project."""
    # On a build server nothing is written, so nothing could be accepted.
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(pytest.RunResult, "assert_outcomes_are_green", is_green, raising=False)
    return Project(pytester)


def is_green(result):
    """Whether nothing failed."""
    assert result.ret == 0, result.stdout.str()
