#!/usr/bin/env python3
"""Runs water-bodies on the testbed for areas and scenes made up at random, and makes the same steps in NumPy, scikit-image, rasterio and rio-stac:
the masks have to be equal pixel by pixel, and so do statistics, histogram, shape and place.

The scenes are found by searching the testbed's catalogue, and their bands are read by GDAL through the testbed's proxy, in windows.

    tests/peers/water_bodies.py [HOW MANY] [SEED]
"""

import json
import os
import random
import subprocess
import sys
import time
import urllib.request

from testbed import testbed
from virtual_environment import virtual_environment

REQUIREMENTS = ("numpy==2.4.6", "rasterio==1.4.4", "scikit-image==0.26.0", "rio-stac==0.12.0")
CATALOGUE = "http://planetarycomputer.microsoft.com/api/stac/v1"
ROOT = "http://zoo-project-dru-service/acme/ogc-api"


def ask(url, body=None, method=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def search(box):
    """Ids of scenes of an area, by all pages."""
    found, link = [], {"href": f"{CATALOGUE}/search", "body": {"collections": ["landsat-c2-l2"], "bbox": box, "limit": 40}}
    while link:
        page = ask(link["href"], link["body"])
        found += [item["id"] for item in page["features"]]
        link = next((one for one in page["links"] if one["rel"] == "next"), None)
    return found


def run(items, box, bands, epsg):
    inputs = {"stac_items": [f"{CATALOGUE}/collections/landsat-c2-l2/items/{item}" for item in items], "aoi": ",".join(map(str, box)),
              "epsg": epsg, "bands": bands}
    job = ask(f"{ROOT}/processes/water-bodies/execution", {"inputs": inputs}, Prefer="respond-async")["jobID"]
    while (status := ask(f"{ROOT}/jobs/{job}"))["status"] == "running":
        pass
    if status["status"] != "successful":
        return status["message"]
    return ask(f"{ROOT}/jobs/{job}/results")["stac_catalog"]["value"]["features"]


def expected(item, box, bands, epsg):
    """The mask as the steps of the package make it, and the profile of its grid; `None` where nothing overlaps."""
    import numpy as np
    import rasterio
    from rasterio.mask import mask
    from rasterio.warp import transform
    from skimage.filters import threshold_otsu

    cropped = []
    for name in bands:
        with rasterio.open(item["assets"][name]["href"]) as source:
            (west, east), (south, north) = transform(epsg, source.crs, [box[0], box[2]], [box[1], box[3]])
            area = {"type": "Polygon", "coordinates": [[(west, south), (east, south), (east, north), (west, north), (west, south)]]}
            try:
                # Pixels that are touched: the documented masks have water in the outermost columns.
                image, place = mask(source, [area], crop=True, all_touched=True)
            except ValueError:
                return None
            cropped.append(image[0].astype(np.float32))
    with np.errstate(divide="ignore", invalid="ignore"):
        index = (cropped[0] - cropped[1]) / (cropped[0] + cropped[1])
    return (index > threshold_otsu(index[np.isfinite(index)])).astype(np.uint8), place


def compare(feature, item, box, bands, epsg):
    import rasterio
    from rio_stac.stac import get_raster_info

    water, place = expected(item, box, bands, epsg)
    asset = feature["assets"]["data"]
    with rasterio.open(asset["href"].replace("s3://", "/vsis3/")) as mask:
        assert mask.transform == place, (mask.transform, place)
        assert (mask.read(1) == water).all(), f"{(mask.read(1) != water).sum()} pixels differ"
        assert asset["raster:bands"] == get_raster_info(mask, max_size=1024)
        assert feature["properties"]["proj:shape"] == list(mask.shape)
        assert feature["properties"]["proj:bbox"] == list(mask.bounds)
    return water.size, float(water.mean())


def main(count, seed):
    chance = random.Random(seed)
    pixels, refused = 0, 0
    for number in range(count):
        west, south = chance.uniform(-121.9, -120.4), chance.uniform(38.9, 40.5)
        box = [round(west, 4), round(south, 4), round(west + chance.uniform(0.002, 0.3), 4), round(south + chance.uniform(0.002, 0.25), 4)]
        found = search(box)
        if not found:
            found = [chance.choice(search([-123, 38, -119, 41]))]
        items = chance.sample(found, min(len(found), chance.randint(1, 2)))
        bands = ["green", "nir08"] if chance.random() < 0.7 else chance.sample(["blue", "green", "red", "nir08", "swir16", "swir22"], 2)
        start = time.monotonic()
        answer = run(items, box, bands, "EPSG:4326")
        took = time.monotonic() - start
        documents = [ask(f"{CATALOGUE}/collections/landsat-c2-l2/items/{item}") for item in items]
        if isinstance(answer, str):
            assert "does not overlap" in answer, answer
            assert any(expected(item, box, bands, "EPSG:4326") is None for item in documents), (items, box)
            refused += 1
            continue
        for feature, item in zip(answer, documents, strict=True):
            size, share = compare(feature, item, box, bands, "EPSG:4326")
            pixels += size
            print(f"{number:3} {item['id']} {bands} {box}: {size} pixels, {share:.1%} above the threshold, {took:.2f} s")
    print(f"{count} areas, {pixels} pixels: equal; {refused} lie partly outside of a scene's frame and fail on both sides")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if os.environ.get("EOAP_COMPARED") == "here":
        main(int(arguments[0]) if arguments else 50, int(arguments[1]) if len(arguments) > 1 else 1)
    else:
        python = virtual_environment("water-bodies", *REQUIREMENTS)
        with testbed("crates/eoap-testbed/scenarios/water-bodies") as (environment, _):
            here = os.environ | environment | {"EOAP_COMPARED": "here", "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE",
                                               "AWS_S3_ENDPOINT": environment["AWS_ENDPOINT_URL"].removeprefix("http://"),
                                               "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_HTTP_PROXY": environment["http_proxy"].removeprefix("http://")}
            sys.exit(subprocess.run([python, __file__, *arguments], env=here, check=False).returncode)
