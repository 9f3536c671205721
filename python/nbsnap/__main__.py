"""`python -m nbsnap` is `nbsnap`, for environments whose folder of programs is not on PATH."""

import os
import subprocess
import sys

from nbsnap import find_program


def main():
    """Becomes the program, or runs it where the system has no such thing."""
    command = [find_program(), *sys.argv[1:]]
    if os.name == "posix":
        os.execv(command[0], command)
    sys.exit(subprocess.run(command, check=False).returncode)


if __name__ == "__main__":
    main()
