#!/usr/bin/env python3
"""Records a notebook against a real pygeoapi and a real S3 server, and demands that it is green without them.

    record_live.py [--release 0.24]

pygeoapi and moto come from PyPI, are installed below `target/peers`, serve on loopback, and are stopped before the recording is played
back. The project lies in `record/`, and is copied to `target/peers/record`, where its recording and its snapshots may be looked at. This wants
what `pygeoapi.py` wants.
"""

import argparse
import contextlib
import filecmp
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from pygeoapi import RELEASES, pygeoapi
from testbed import NBSNAP
from virtual_environment import PEERS, ROOT, version_of, virtual_environment

HERE = Path(__file__).resolve().parent
PROJECT = PEERS / "record"
RASTER = next((ROOT / "crates/eoap-testbed/scenarios/water-bodies/s3").rglob("LC08_L2SP_043033*/otsu.tif"))
# What nobody may find in a recording. moto takes any key.
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAREALKEYOFSOMEBODY", "AWS_SECRET_ACCESS_KEY": "a-secret-that-must-not-be-written",
        "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1"}
SEED = """
import sys, boto3
s3 = boto3.client("s3", endpoint_url=sys.argv[1])
s3.create_bucket(Bucket="rasters", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
s3.upload_file(sys.argv[2], "rasters", "scenes/otsu.tif", ExtraArgs={"ContentType": "image/tiff"})
s3.put_object(Bucket="rasters", Key="scenes/about.txt", Body=b"water, by Otsu's threshold\\n", ContentType="text/plain")
s3.put_object(Bucket="rasters", Key="elsewhere/unread.bin", Body=bytes(1000))
"""


@contextlib.contextmanager
def moto(python):
    """An S3 server with a bucket for the time of the block, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = Path(python).with_name("moto_server")
    with (PEERS / "moto.log").open("w") as log, subprocess.Popen([server, "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log) as process:
        try:
            wait_for(url, process)
            subprocess.run([python, "-c", SEED, url, RASTER], env={**os.environ, **KEYS}, check=True)
            yield url
        finally:
            process.terminate()


def wait_for(url, process):
    """Until it answers."""
    for _ in range(200):
        if process.poll() is not None:
            sys.exit(f"moto did not start; see {PEERS / 'moto.log'}")
        with contextlib.suppress(OSError):
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5).close()
            return
        time.sleep(0.1)
    sys.exit("moto does not answer")


def lay_out():
    """The project, which builds where the labs build, with their versions and settings."""
    shutil.rmtree(PROJECT, ignore_errors=True)
    shutil.copytree(HERE / "record", PROJECT)
    for notebook in (PROJECT / "notebooks").glob("*.ipynb"):
        notebook.write_text(notebook.read_text().replace("{workspace}", str(ROOT)))
    build = (ROOT / "notebooks/nbsnap.toml").read_text().split("[build]")[1].split("\n[")[0]
    with (PROJECT / "notebooks/nbsnap.toml").open("a") as settings:
        settings.write(f"\n[build]{build}")
    shutil.copy(ROOT / "notebooks/Cargo.lock", PROJECT / "notebooks/Cargo.lock")


def nbsnap(*arguments, expected=0, **variables):
    """Runs it on the project; ends with 1 where it exits otherwise."""
    environment = {name: value for name, value in os.environ.items() if name != "CI" and not name.lower().endswith("_proxy")}
    environment |= {"NBSNAP_CACHE_DIR": str(ROOT / "target/nbsnap"), **variables}
    command = [*shlex.split(NBSNAP), "--project", str(PROJECT), *map(str, arguments)]
    print(f"$ nbsnap {' '.join(map(str, arguments))}", flush=True)
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if code != expected:
        sys.exit(f"it exits with {code}, not with {expected}")


def files(folder):
    """The paths of all files below it."""
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def check(recorded, again, secrets):
    """No secret, no address of a live server; the second recording is the first."""
    for name in files(recorded):
        content = (recorded / name).read_bytes()
        found = [secret for secret in secrets if secret.encode() in content]
        if found:
            sys.exit(f"{name} holds {found}")
    if files(recorded) != files(again):
        sys.exit(f"the second recording has other files:\n{files(recorded)}\n{files(again)}")
    # How often a job is asked for its status before it ends is chance; what it is asked is not.
    unlike = [str(name) for name in files(recorded)
              if name != Path("scenario.toml") and not filecmp.cmp(recorded / name, again / name, shallow=False)]
    if unlike:
        sys.exit(f"other in the second recording: {', '.join(unlike)}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--release", choices=RELEASES, default=RELEASES[-1])
    release = arguments.parse_args().release
    python = virtual_environment(f"pygeoapi-{release}", f"pygeoapi=={release}.*")
    store = virtual_environment("moto", "moto[server]", "boto3")
    print(f"pygeoapi {version_of(python, 'pygeoapi')}, moto {version_of(store, 'moto')}", flush=True)
    lay_out()
    recorded, again = PROJECT / "recorded", PROJECT / "again"
    with pygeoapi(python) as ogc, moto(store) as s3:
        for folder in (recorded, again):
            options = ["--upstream", ogc, "--as", "http://pygeoapi", "--s3", s3, "--into", folder, "--poll-interval", "1s"]
            nbsnap("record", *options, **KEYS)
    check(recorded, again, [*list(KEYS.values())[:2], ogc, s3, "127.0.0.1"])
    # Nobody serves any more: what is green now is so by the recording alone.
    nbsnap("test", "--fresh", expected=100)
    nbsnap("accept")
    nbsnap("test", "--fresh")
    nbsnap("test", "--fresh", "--engine", "evcxr")
    for snapshot in sorted((PROJECT / "snapshots").rglob("*.snap")):
        print(f"--- {snapshot.stem}\n{snapshot.read_text().split('---', 2)[-1].strip()}")
    exchanges = [json.loads((recorded / name).read_text()) for name in files(recorded) if name.parts[0] == "exchanges"]
    print(f"green without a server: {len(exchanges)} exchanges, {len(files(recorded / 's3'))} objects")


if __name__ == "__main__":
    main()
