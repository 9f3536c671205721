"""Serves a pygeoapi on a free loopback port, says its address on the first line, and ends when standard input does.

Runs in the virtual environment that pygeoapi is installed in. Argument: an empty folder, for its configuration, jobs and results.
"""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent


def configuration(url, folder):
    """Three processes, and a job store that can run them asynchronously."""
    processes = {
        "hello-world": "HelloWorld",
        "shout": "processes.Shout",
        "wait": "processes.Wait",
    }
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": int(url.rsplit(":", 1)[1])},
            "url": url,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en-US"],
            "pretty_print": True,
            "limits": {"default_items": 10, "max_items": 1000},
            "map": {"url": "", "attribution": ""},
            "manager": {"name": "TinyDB", "connection": str(folder / "jobs.json"), "output_dir": str(folder / "results")},
        },
        "logging": {"level": "CRITICAL"},
        "metadata": {
            "identification": {
                "title": "hello-world",
                "description": "Processes to try a client on",
                "keywords": ["processes"],
                "keywords_type": "theme",
                "terms_of_service": "https://creativecommons.org/licenses/by/4.0/",
                "url": "https://example.org",
            },
            "license": {"name": "CC-BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
            "provider": {"name": "Nobody", "url": "https://example.org"},
            "contact": {"name": "Nobody", "email": "nobody@example.org", "url": "https://example.org"},
        },
        "resources": {
            # A subscriber on loopback counts as internal.
            id: {"type": "process", "processor": {"name": name}, "allow_internal_requests": True}
            for id, name in processes.items()
        },
    }


def main():
    folder = Path(sys.argv[1]).resolve()
    (folder / "results").mkdir()
    # Bound before anything is configured, because every link holds the port.
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config, openapi = folder / "configuration.yml", folder / "openapi.json"
    # JSON is YAML.
    config.write_text(json.dumps(configuration(url, folder)))
    os.environ.update(PYGEOAPI_CONFIG=str(config), PYGEOAPI_OPENAPI=str(openapi), PYTHONPATH=str(HERE))
    sys.path.insert(0, str(HERE))
    # In a process of its own, as is usual: it changes the descriptions that it reads.
    generate = [Path(sys.executable).with_name("pygeoapi"), "openapi", "generate", config, "--format", "json"]
    subprocess.run([*generate, "--output-file", openapi], check=True, stdout=sys.stderr)

    from pygeoapi.flask_app import APP
    from werkzeug.serving import make_server
    server = make_server("127.0.0.1", 0, APP, threaded=True, fd=listener.fileno())
    print(url, flush=True)
    # Nobody reads further than that.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    server.shutdown()


main()
