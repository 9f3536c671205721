"""Notebooks as tests: the program `nbsnap`, and a plugin for pytest (`pytest --nbsnap`)."""

import shutil
import sysconfig
from pathlib import Path

__all__ = ["find_program"]


def find_program():
    """The file of the program `nbsnap`: the one that was installed with this package, or else the one on PATH."""
    name = "nbsnap" + (sysconfig.get_config_var("EXE") or "")
    schemes = [sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user")]
    folders = [Path(sysconfig.get_path("scripts", scheme)) for scheme in schemes]
    # `pip install --target FOLDER` and zip applications put programs beside packages.
    folders.append(Path(__file__).resolve().parents[1] / "bin")
    for folder in folders:
        if (folder / name).is_file():
            return str(folder / name)
    if found := shutil.which(name):
        return found
    raise FileNotFoundError(f"the program `{name}` is neither in {folders[0]} nor on PATH: install this package again")
