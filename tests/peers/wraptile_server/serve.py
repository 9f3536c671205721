"""Serves a wraptile on a free loopback port, says its address on the first line, and ends when standard input does."""

import os
import socket
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))


def main():
    import uvicorn
    from wraptile.constants import ENV_VAR_SERVICE
    os.environ[ENV_VAR_SERVICE] = "service:service"
    from wraptile.main import app

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    threading.Thread(target=server.run, args=([listener],), daemon=True).start()
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    sys.stdin.read()
    os._exit(0)


main()
