"""Kernels of Python's, forked from a process that has loaded ipykernel: loading takes most of the time until a kernel is ready.

Orders come as lines of JSON on standard input: `start`, `interrupt` and `end`; one kernel runs at a time. How it ended is written into the file
that its order named. When standard input ends, so do the kernel, all in its group, and this process.
"""

import atexit
import contextlib
import ctypes
import importlib
import json
import os
import resource
import select
import signal
import sys
import threading
import traceback

# The notebook's folder is where a kernel looks for modules, not this process.
if sys.path and sys.path[0] == "":
    del sys.path[0]

# What a kernel loads until it is ready. No module among them starts a thread or draws a random number that is kept.
LOADED = [
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "IPython.utils.wildcard",
    "encodings.idna",
    "faulthandler",
    "ipykernel.debugger",
    "psutil",
    "runpy",
    "sqlite3",
    "tornado.platform.asyncio",
    "tornado.queues",
]
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None)
# Python 3.8 has no such thing: its kernels are started on their own, and that is known before anything is loaded.
pidfd_open = os.pidfd_open


class Kernel:
    """A kernel that runs."""

    def __init__(self, order):
        self.ended = order["ended"]
        server = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            be_kernel(order, server)
        # Both sides do it: whoever comes first.
        with contextlib.suppress(OSError):
            os.setpgid(self.pid, self.pid)
        self.pidfd = pidfd_open(self.pid)

    def interrupt(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGINT)

    def end(self):
        """Ends it and what is left in its group, and writes how it ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        os.close(self.pidfd)
        # Nobody may be left who wants to know.
        with contextlib.suppress(OSError):
            with open(self.ended + ".new", "w", encoding="ascii") as file:
                file.write(str(status))
            os.replace(self.ended + ".new", self.ended)


def be_kernel(order, server):
    """Becomes a kernel, as `python -m ipykernel_launcher` does. Never returns."""
    try:
        os.setpgid(0, 0)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != server:
            os._exit(1)
        if order["accesses"] is not None:
            libc.nbsnap_note_accesses_in(order["accesses"].encode())
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if order["max_memory"] is not None:
            resource.setrlimit(resource.RLIMIT_AS, (order["max_memory"], order["max_memory"]))
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.chdir(order["directory"])
        os.environ.clear()
        os.environ.update({**set_by_loading, **order["variables"]})
        sys.argv = [launcher.__file__, *order["arguments"]]
        sys.orig_argv = [sys.orig_argv[0], "-m", launcher.__name__, *order["arguments"]]
        kernelapp.launch_new_instance()
        leave(0)
    except SystemExit as ends:
        leave(ends.code if isinstance(ends.code, int) else int(ends.code is not None))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        # Whatever would be tidied up now could wait for ever: a port was taken, or memory is out.
        os._exit(1)


def note_libraries():
    """Opens every file that is mapped: the loader's own way to open libraries is seen by nobody."""
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        mapped = {line.rstrip("\n").partition("/")[2].removesuffix(" (deleted)") for line in maps}
    for path in mapped - {""}:
        with contextlib.suppress(OSError):
            os.close(os.open("/" + path, os.O_RDONLY | os.O_NONBLOCK))


def let_control_end():
    """Lets the thread end that has got the order to shut down: it still flushes outputs. ipykernel would end the thread that takes them before
    this one, which then waits ten seconds for it."""
    app = kernelapp.IPKernelApp._instance
    if app.kernel._shutdown_message is not None:
        app.control_thread.join(timeout=1)


def leave(code):
    """Ends this process as Python does, but for taking every module apart."""
    try:
        note_libraries()
    except Exception:
        # It shows that something went by unseen.
        code = code or 1
    for last in (let_control_end, threading._shutdown, atexit._run_exitfuncs, sys.stdout.flush, sys.stderr.flush):
        with contextlib.suppress(Exception):
            last()
    os._exit(code)


def serve():
    """Obeys until standard input ends."""
    kernel, unread = None, b""
    while True:
        poll = select.poll()
        poll.register(0, select.POLLIN)
        if kernel:
            poll.register(kernel.pidfd, select.POLLIN)
        ready = [fd for fd, _ in poll.poll()]
        if kernel and kernel.pidfd in ready:
            kernel.end()
            kernel = None
        if 0 not in ready:
            continue
        read = os.read(0, 65536)
        *lines, unread = (unread + read).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if order["order"] == "start":
                kernel = Kernel(order)
            elif kernel and order["order"] == "interrupt":
                kernel.interrupt()
            elif kernel and order["order"] == "end":
                kernel.end()
                kernel = None
        if not read:
            if kernel:
                kernel.end()
            os._exit(0)


before = dict(os.environ)
import ipykernel_launcher as launcher
from ipykernel import kernelapp

for name in LOADED:
    # Another version of a package may have it elsewhere: the kernel loads it itself then.
    with contextlib.suppress(Exception):
        importlib.import_module(name)
# In a kernel it is the main module.
del sys.modules[launcher.__name__]
set_by_loading = {name: value for name, value in os.environ.items() if name not in before}
serve()
