"""What is wrong with a cell, as text for people: the message, the line at fault, and what differs."""

import difflib
import json


def problem_text(path, number, problem):
    """A problem of a cell of the notebook in the file `path`."""
    lines = [problem["message"]]
    failure, snapshot = problem.get("failure"), problem.get("snapshot")
    if failure:
        lines += failure["message"].splitlines()[1:]
        if failure["line"]:
            lines += excerpt(source_of(path, number), failure["line"])
    if snapshot:
        lines += difference(snapshot)
        if snapshot["pending"]:
            lines.append("if this is right: `nbsnap review`, or `pytest --nbsnap --nbsnap-accept` for all")
    return "\n".join(lines)


def difference(snapshot):
    """What is recorded and what came, line by line."""
    expected, actual = snapshot["expected"] or "", snapshot["actual"] or ""
    names = (snapshot["file"] if snapshot["expected"] is not None else "(nothing recorded)", "now")
    return list(difflib.unified_diff(expected.splitlines(), actual.splitlines(), *names, lineterm=""))


def excerpt(source, at):
    """The line of a cell that is at fault, with those around it."""
    lines = source.splitlines()
    first = max(at - 3, 0)
    return [f"{'>' if n == at else ' '} {n:>3} | {text}" for n, text in enumerate(lines[first : at + 2], first + 1)]


def source_of(path, number):
    """The source of a code cell, counted from 1."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return "".join(cells[number - 1]["source"])
