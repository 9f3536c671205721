#!/usr/bin/env python3
"""Times reading GeoTIFFs from S3 against rasterio and GDAL, interleaved, and counts requests and bytes on the server's side.

    crates/eoap/benches/raster.py [RUNS [MEASURE ...]]

Both read the testbed's S3 endpoint through a relay that counts. Every measurement is a process of its own, so that nothing is cached; it
takes the time from opening the file to having the array, without the start of the process. eoap is built with
`--config` that optimises it as a release (what it depends on is optimised in dev anyway). GDAL has the settings that its documentation
recommends for cloud-optimised files, and all cores. Installs rasterio below target/raster; writes raster.md beside this file, with the load
of the machine, unless measures are named (`full`, `cubic` …).
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parents[3]
TARGET = ROOT / "target/raster"
PYTHON = TARGET / "venv/bin/python"
PORT = 45664
RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 11
NAMED = sys.argv[2:]
SCENARIO = ROOT / "crates/eoap-testbed/scenarios/water-bodies"
KEYS = {"AWS_ACCESS_KEY_ID": "TESTBEDACCESSKEYID01", "AWS_SECRET_ACCESS_KEY": "testbed/secret/that/never/leaves/loopback", "AWS_REGION": "us-east-1"}
MEASURES = [
    ("profile", "big", "open, and print the profile"),
    ("full", "middle", "read 4096 × 4096 pixels, all"),
    ("full", "middle-zstd", "the same in Zstandard, with predictor 2"),
    ("full", "middle-zstd", "the same with the feature `libzstd`"),
    ("floats", "floats", "read 4096 × 4096 floats, Deflate with predictor 3"),
    ("floats", "floats-zstd", "the same in Zstandard"),
    ("floats", "floats-zstd", "the same with the feature `libzstd`"),
    ("decimated", "big", "read 10 000 × 10 000 pixels as 1000 × 1000"),
    ("window", "big", "read 300 × 300 of 10 000 × 10 000 pixels"),
    ("bilinear", "middle", "read 4096 × 4096 pixels as 1500 × 1500, bilinear"),
    ("cubic", "middle", "read 4096 × 4096 pixels as 1500 × 1500, cubic"),
    ("warp", "middle", "bring 1000 × 1000 pixels onto a grid in EPSG:3857, bilinear"),
    ("statistics", "bands", "smallest and largest of 120 bands of 1000 × 1000 pixels"),
    ("average", "bands", "read 120 bands of 1000 × 1000 pixels as 100 × 100, averages"),
    ("write", "middle", "write 4096 × 4096 pixels as a COG (without reading them)"),
]
# What both compute in their own ways, so that sums are near to one another and not the same.
NEAR = {"bilinear", "cubic", "warp", "average", "floats"}
MAKE = """
import sys, numpy as np, rasterio
from rasterio.transform import Affine
folder = sys.argv[1]
random = np.random.default_rng(1)
for name, size in (("big", 10000), ("middle", 4096)):
    y, x = np.mgrid[0:size, 0:size].astype("float32")
    image = (np.sin(x / 300) * np.cos(y / 200) * 8000 + 10000 + random.integers(0, 60, (size, size))).astype("uint16")
    profile = dict(driver="COG", width=size, height=size, count=1, dtype="uint16", crs="EPSG:32610", nodata=0, compress="deflate",
                   predictor="YES", blocksize=512, transform=Affine(10, 0, 600000, 0, -10, 4500000))
    with rasterio.open(f"{folder}/{name}.tif", "w", **profile) as dst:
        dst.write(image, 1)
profile["compress"] = "zstd"
with rasterio.open(f"{folder}/middle-zstd.tif", "w", **profile) as dst:
    dst.write(image, 1)
for name, compress in (("floats", "deflate"), ("floats-zstd", "zstd")):
    with rasterio.open(f"{folder}/{name}.tif", "w", **profile | dict(dtype="float32", compress=compress)) as dst:
        dst.write((image / 10000).astype("float32"), 1)
profile = dict(driver="GTiff", width=1000, height=1000, count=120, dtype="uint16", crs="EPSG:32610", compress="deflate", predictor=2, tiled=True, blockxsize=256,
               blockysize=256, interleave="pixel", transform=Affine(10, 0, 600000, 0, -10, 4500000))
y, x = np.mgrid[0:1000, 0:1000].astype("float32")
with rasterio.open(f"{folder}/bands.tif", "w", **profile) as dst:
    dst.write(np.stack([np.sin(x / 300 + band) * np.cos(y / 200) * 8000 + 10000 + random.integers(0, 60, (1000, 1000)) for band in range(120)]).astype("uint16"))
"""
# Written with the options that eoap has.
RASTERIO = """
import os, sys, tempfile, time, rasterio
from rasterio.enums import Resampling
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window
what, url = sys.argv[1:]
def warp(src):
    place = Affine(13, 0, -13560000, 0, -13, 4940000)
    with WarpedVRT(src, crs="EPSG:3857", transform=place, width=1000, height=1000, resampling=Resampling.bilinear) as vrt:
        return vrt.read(1)
def statistics(src):
    import numpy as np
    array = src.read()
    return np.stack([array.min((1, 2)), array.max((1, 2))])
with rasterio.Env():
    if what == "write":
        with rasterio.open(url.replace("s3://", "/vsis3/")) as src:
            array, profile = src.read(1), src.profile
        profile = dict(driver="COG", width=4096, height=4096, count=1, dtype="uint16", crs=profile["crs"], transform=profile["transform"], nodata=0,
                       compress="deflate", predictor="YES", blocksize=512, num_threads="ALL_CPUS")
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            with rasterio.open(os.path.join(folder, "x.tif"), "w", **profile) as dst:
                dst.write(array, 1)
            print(time.perf_counter() - start, int(array.sum(dtype="uint64")))
        sys.exit()
    start = time.perf_counter()
    with rasterio.open(url.replace("s3://", "/vsis3/")) as src:
        if what == "profile":
            length = len(repr(src.profile))
            print(time.perf_counter() - start, length)
            sys.exit()
        array = {"full": lambda: src.read(1), "floats": lambda: src.read(1), "decimated": lambda: src.read(1, out_shape=(1000, 1000)),
                 "window": lambda: src.read(1, window=Window(5003, 4711, 300, 300)),
                 "bilinear": lambda: src.read(1, out_shape=(1500, 1500), resampling=Resampling.bilinear),
                 "cubic": lambda: src.read(1, out_shape=(1500, 1500), resampling=Resampling.cubic),
                 "average": lambda: src.read(out_shape=(120, 100, 100), resampling=Resampling.average),
                 "statistics": lambda: statistics(src), "warp": lambda: warp(src)}[what]()
    seconds = time.perf_counter() - start
print(seconds, float(array.sum(dtype="float64")) if what == "floats" else int(array.sum(dtype="uint64")))
"""


def prepare():
    if not PYTHON.exists():
        venv.create(TARGET / "venv", with_pip=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "numpy", "rasterio"], check=True)
    scenario = TARGET / "scenario"
    if not scenario.exists():
        shutil.copytree(SCENARIO, scenario)
        settings = (scenario / "scenario.toml").read_text()
        (scenario / "scenario.toml").write_text(settings.replace("hosts = [\n    \"eoap", f"hosts = [\n    \"127.0.0.1:{PORT}\",\n    \"eoap"))
        (scenario / "s3/results/bench").mkdir(parents=True)
    if not (scenario / "s3/results/bench/floats-zstd.tif").exists():
        subprocess.run([PYTHON, "-W", "ignore", "-c", MAKE, scenario / "s3/results/bench"], check=True)
    cargo = ["cargo", "build", "--quiet", "--manifest-path", ROOT / "Cargo.toml"]
    settings = ["opt-level=3", "codegen-units=16", "debug-assertions=false", "overflow-checks=false"]
    optimised = [word for setting in settings for word in ("--config", f"profile.dev.package.eoap.{setting}")]
    subprocess.run([*cargo, *optimised, "--package", "eoap", "--features", "libzstd", "--example", "raster_bench"], check=True)
    shutil.copy(ROOT / "target/debug/examples/raster_bench", TARGET / "raster_bench_libzstd")
    subprocess.run([*cargo, *optimised, "--example", "raster_bench", "--example", "raster_bench_server"], check=True)
    return scenario


def main():
    scenario = prepare()
    examples = ROOT / "target/debug/examples"
    server = subprocess.Popen([examples / "raster_bench_server", scenario, str(PORT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    server.stdout.readline()
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()} | KEYS
    ours = environment | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{PORT}"}
    programs = {
        "eoap": ([str(examples / "raster_bench")], ours),
        "libzstd": ([str(TARGET / "raster_bench_libzstd")], ours),
        "rasterio": ([str(PYTHON), "-c", RASTERIO], environment | {
            "AWS_S3_ENDPOINT": f"127.0.0.1:{PORT}", "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE", "GDAL_NUM_THREADS": "ALL_CPUS",
            "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_HTTP_MULTIPLEX": "YES", "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES"}),
    }

    def run(way, what, name):
        command, variables = programs[way]
        url = f"s3://results/bench/{name}.tif"
        text = subprocess.run([*command, what, url], env=variables, check=True, capture_output=True, text=True).stdout
        server.stdin.write("\n")
        server.stdin.flush()
        requests, received = map(int, server.stdout.readline().split())
        seconds, result = text.split()
        return float(seconds), result, requests, received

    lines = ["| | eoap | rasterio | time, eoap : rasterio | requests | bytes |", "|---|---|---|---|---|---|"]
    for what, name, words in MEASURES:
        if NAMED and what not in NAMED:
            continue
        ways = ["libzstd" if "libzstd" in words else "eoap", "rasterio"]
        times = {way: [] for way in ways}
        last = {}
        for number in range(RUNS + 1):
            for way in sorted(ways, reverse=number % 2 == 1):
                seconds, *last[way] = run(way, what, name)
                # The first round warms the files and the programs.
                if number > 0:
                    times[way].append(seconds)
        sums = [float(last[way][0]) for way in ways]
        is_same = abs(sums[0] - sums[1]) <= 0.001 * abs(sums[1]) if what in NEAR else sums[0] == sums[1]
        if what != "profile" and not is_same:
            sys.exit(f"{what}: the sums of the values differ: {last}")
        medians = [statistics.median(times[way]) for way in ways]
        ratio = statistics.median(a / b for a, b in zip(*times.values()))
        (_, requests, received), (_, their_requests, they_received) = last.values()
        lines.append(f"| {words} | {medians[0] * 1000:.1f} ms | {medians[1] * 1000:.1f} ms | {ratio:.2f} | {requests} : {their_requests} | {received} : {they_received} |")
        print(lines[-1], flush=True)
    server.stdin.close()
    server.wait()
    if NAMED:
        return
    version = subprocess.run([PYTHON, "-c", "import rasterio; print(f'rasterio {rasterio.__version__}, GDAL {rasterio.__gdal_version__}')"], check=True, capture_output=True, text=True).stdout.strip()
    text = f"Reading from the testbed's S3 endpoint on loopback, {os.cpu_count()} cores at a load of {os.getloadavg()[2]:.1f}, medians of {RUNS} interleaved runs, {version}; written by `raster.py`.\n\n" + "\n".join(lines) + "\n"
    (pathlib.Path(__file__).parent / "raster.md").write_text(text)


main()
