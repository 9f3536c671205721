"""What a server tells the subscriber of a job: three executions with callbacks, and every POST that came of them."""

import contextlib
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from conversation import ASYNC, HELLO, WORLD, answer

# What is executed, and which callback ends it.
EXECUTIONS = [
    ("a job", WORLD, ASYNC, "/success"),
    ("a job with a document", {**WORLD, "response": "document"}, ASYNC, "/success"),
    ("a job that fails", {"inputs": {}}, ASYNC, "/failed"),
    ("at once", WORLD, {}, "/success"),
]


@contextlib.contextmanager
def subscriber():
    """A subscriber on loopback: its address, and a queue of what it was told."""
    told = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told.put((self.path, self.headers.get("Content-Type"), json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", told
        finally:
            server.shutdown()


def callbacks(base):
    """For each execution its name, the status of the answer, and the callbacks up to the one that ends it."""
    for name, body, headers, last in EXECUTIONS:
        with subscriber() as (address, told):
            uris = {"inProgressUri": f"{address}/progress", "successUri": f"{address}/success", "failedUri": f"{address}/failed"}
            status = answer(base, "POST", HELLO, headers, {**body, "subscriber": uris}).status
            received = []
            # Whoever says nothing for so long has nothing to say.
            with contextlib.suppress(queue.Empty):
                while not received or received[-1][0] != last:
                    received.append(told.get(timeout=5))
            yield name, status, received
