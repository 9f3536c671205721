#!/usr/bin/env python3
"""Writes two rasters, and what rasterio makes of them on other grids and within areas: `grids.json` and `grids.bin`, for `suite/raster_grids.rs`.

    python3 grids.py

needs numpy and rasterio. Grids are read through WarpedVRT with a tolerance of a millionth of a pixel.
"""
import json
import pathlib
import warnings

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.mask import mask
from rasterio.transform import Affine, from_bounds
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds, transform_geom

warnings.simplefilter("ignore")
FOLDER = pathlib.Path(__file__).parent / "grids"
FOLDER.mkdir(exist_ok=True)
HEIGHT, WIDTH = 32, 44
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
WAVE = np.sin(x / 9.0) * np.cos(y / 7.0)


def write(name, array, crs, transform, nodata):
    with rasterio.open(FOLDER / name, "w", driver="GTiff", width=WIDTH, height=HEIGHT, count=len(array), dtype=array.dtype, crs=crs, transform=transform,
                       nodata=nodata, tiled=True, blockxsize=32, blockysize=32, compress="deflate", predictor=2 if array.dtype == "int16" else 3) as dst:
        dst.write(array)
        dst.scales, dst.offsets = (0.001,) * len(array), (-0.2,) * len(array)


whole = np.stack([WAVE * 800 + 1000, WAVE * 600 - y * 3]).astype("int16")
whole[:, 12:18, 17:25] = -9999
write("whole.tif", whole, "EPSG:32610", Affine(30, 0, 636975, 0, -30, 4482615), -9999)
write("float.tif", (WAVE * 10 + x / 8 + 30)[None].astype("float32"), "EPSG:4326", Affine(0.01, 0, 8.0, 0, -0.01, 50.0), None)

GRIDS = [("whole.tif", "EPSG:4326", 1.0), ("whole.tif", "EPSG:32610", 1.6), ("whole.tif", "EPSG:5070", 0.6), ("float.tif", "EPSG:3035", 1.6), ("float.tif", "EPSG:3857", 0.4)]
entries = []
with open(FOLDER / "grids.bin", "wb") as out:
    def add(entry, array):
        data = np.ascontiguousarray(array).tobytes()
        entries.append(dict(entry, at=out.tell(), length=len(data), shape=array.shape))
        out.write(data)

    for name, crs, scale in GRIDS:
        with rasterio.open(FOLDER / name) as src:
            left, bottom, right, top = transform_bounds(src.crs, crs, *src.bounds)
            # A little around it, and beside the pixels of the raster.
            pad = (right - left) * 0.031
            width, height = int(WIDTH * scale * 0.7), int(HEIGHT * scale * 0.7)
            transform = from_bounds(left - pad, bottom + pad, right - 3 * pad, top + pad, width, height)
            for method in ("nearest", "bilinear", "cubic", "cubic_spline", "lanczos"):
                with WarpedVRT(src, crs=crs, transform=transform, width=width, height=height, resampling=Resampling[method], tolerance=1e-6) as vrt:
                    add({"kind": "grid", "file": name, "crs": crs, "transform": list(transform)[:6], "size": [width, height], "resampling": method}, vrt.read())

    def star(left, bottom, right, top, points):
        angles = np.arange(2 * points) * np.pi / points
        radius = np.where(np.arange(2 * points) % 2 == 0, 0.48, 0.21)
        ring = [[left + (right - left) * (0.5 + r * np.cos(a)), bottom + (top - bottom) * (0.5 + r * np.sin(a))] for a, r in zip(angles, radius)]
        return ring + ring[:1]

    for name in ("whole.tif", "float.tif"):
        with rasterio.open(FOLDER / name) as src:
            box = transform_bounds(src.crs, "EPSG:4326", *src.bounds)
            middle = [box[0] + (box[2] - box[0]) * 0.413, box[1] + (box[3] - box[1]) * 0.387, box[0] + (box[2] - box[0]) * 0.611, box[1] + (box[3] - box[1]) * 0.613]
            hole = [[middle[0], middle[1]], [middle[0], middle[3]], [middle[2], middle[3]], [middle[2], middle[1]], [middle[0], middle[1]]]
            shapes = [{"type": "Polygon", "coordinates": [star(*box, 7), hole]},
                      {"type": "MultiPolygon", "coordinates": [[star(*box, 3)], [[[px - (box[2] - box[0]) * 0.7, py] for px, py in star(*box, 4)]]]}]
            for shape in shapes:
                own = shape if src.crs.to_epsg() == 4326 else transform_geom("EPSG:4326", src.crs, shape, precision=-1)
                for touched in (False, True):
                    array, transform = mask(src, [own], crop=True, all_touched=touched)
                    add({"kind": "inside", "file": name, "geometry": shape, "touched": touched, "transform": list(transform)[:6]}, array)
            array = src.read(masked=True).astype("float64") * 0.001 - 0.2
            add({"kind": "quantities", "file": name}, array.filled(np.nan))
(FOLDER / "grids.json").write_text("\n".join(json.dumps(entry) for entry in entries) + "\n")
print(len(entries), "reads by rasterio", rasterio.__version__, "and GDAL", rasterio.__gdal_version__)
