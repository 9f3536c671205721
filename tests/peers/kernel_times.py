#!/usr/bin/env python3
"""Time our kernel against ipykernel and, if it is on the path or named, evcxr_jupyter: one after another, again and again.

Installs jupyter_client and ipykernel under target/peers. A kernel works in an empty folder, and ours builds in a folder that has been used.
"""

import argparse
import json
import os
import queue
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUST = {"first": "let first = {n};", "next": "let next_{n} = {n} * 3 + first;\nprintln!(\"{{}}\", next_{n});"}
PYTHON = {"first": "first = {n}", "next": "next_{n} = {n} * 3 + first\nprint(next_{n})"}


def kernelspec(folder, name, argv, language):
    spec = folder / "kernels" / name
    spec.mkdir(parents=True, exist_ok=True)
    mode = {"interrupt_mode": "message"} if name == "ours" else {}
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": name, "language": language, **mode}))


def family(pid):
    """A process and all that it has started."""
    parents = {}
    for entry in Path("/proc").iterdir():
        try:
            stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            parents[int(entry.name)] = int(stat[1])
        except (OSError, ValueError, IndexError):
            continue
    found = [pid]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def memory(pid):
    """The proportional set sizes of a kernel's processes, in MB."""
    total = 0
    for process in family(pid):
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def execute(client, code, patience=300):
    asked = time.monotonic()
    message = client.execute(code)
    reply = client._recv_reply(message, timeout=patience)
    if reply["content"]["status"] != "ok":
        raise SystemExit(f"{code}: {reply['content']}")
    while True:
        try:
            published = client.get_iopub_msg(timeout=patience)
        except queue.Empty:
            raise SystemExit(f"{code}: never idle") from None
        if published["parent_header"].get("msg_id") == message and published["content"].get("execution_state") == "idle":
            return time.monotonic() - asked


def measure(name, cells, folder, number):
    from jupyter_client.manager import KernelManager

    began = time.monotonic()
    manager = KernelManager(kernel_name=name)
    manager.start_kernel(cwd=folder)
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=300)
    times = {"ready": time.monotonic() - began}
    execute(client, cells["first"].format(n=number))
    times["first cell"] = time.monotonic() - began
    # Ours keeps what it has compiled: these were never seen before.
    unseen = int(time.time() * 1000) % 1_000_000_000
    times["a plain cell"] = statistics.median(execute(client, cells["next"].format(n=unseen + again)) for again in range(5))
    times["memory"] = memory(manager.provisioner.pid)
    client.stop_channels()
    asked = time.monotonic()
    manager.shutdown_kernel()
    times["shutdown"] = time.monotonic() - asked
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--evcxr", help="a shell command that is evcxr_jupyter, with {connection_file} in it")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.measure:
        sys.path.insert(0, str(Path(__file__).parent))
        from virtual_environment import virtual_environment

        python = virtual_environment("kernel-times", "jupyter_client", "ipykernel")
        return subprocess.run([python, __file__, "--measure", *sys.argv[1:]], check=False).returncode

    program = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/nbsnap"
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        os.environ["JUPYTER_DATA_DIR"] = str(folder)
        cache = ROOT / "target/kernel-times"
        kernelspec(folder, "ours", [str(program), "kernel", "start", "{connection_file}", "--no-history", "--cache-dir", str(cache)], "rust")
        kernelspec(folder, "ipykernel", [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "python")
        kernels = {"ours": RUST, "ipykernel": PYTHON}
        evcxr = arguments.evcxr or (shutil.which("evcxr_jupyter") and "evcxr_jupyter --control_file {connection_file}")
        if evcxr:
            kernelspec(folder, "evcxr", ["bash", "-c", f"exec {evcxr}"], "rust")
            kernels["evcxr"] = RUST
        work = folder / "work"
        work.mkdir()
        measure("ours", RUST, work, 0)
        found = {name: [] for name in kernels}
        for number in range(1, arguments.runs + 1):
            for name, cells in kernels.items():
                found[name].append(measure(name, cells, work, number))
                print(name, {what: round(value, 3) for what, value in found[name][-1].items()}, f"load {os.getloadavg()[0]:.1f}", flush=True)
        print(f"\nmedian of {arguments.runs}, seconds and MB")
        for what in ["ready", "first cell", "a plain cell", "shutdown", "memory"]:
            row = [statistics.median(run[what] for run in runs) for runs in found.values()]
            print(f"{what:14}" + "".join(f"{value:12.2f}" for value in row))
        print(f"{'':14}" + "".join(f"{name:>12}" for name in found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
