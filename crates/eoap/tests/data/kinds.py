#!/usr/bin/env python3
"""Writes rasters of rarer kinds, and what rasterio says of them: `kinds.json`, for `suite/raster_kinds.rs`.

    python3 kinds.py

needs numpy, rasterio and Pillow.
"""
import hashlib
import json
import pathlib
import sys
import warnings

import numpy as np
import rasterio
from PIL import Image
from rasterio.control import GroundControlPoint
from rasterio.rpc import RPC
from rasterio.transform import Affine

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "corpus"))
from raw_tiff import write as write_raw  # noqa: E402

warnings.simplefilter("ignore")
FOLDER = pathlib.Path(__file__).parent / "kinds"
FOLDER.mkdir(exist_ok=True)
HEIGHT, WIDTH = 37, 53
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
DISC = ((x - 26) ** 2 + (y - 18) ** 2 < 200).astype("uint8")
GREY = ((np.sin(x / 9.0) * np.cos(y / 7.0) + 1) * 120).astype("uint8")
PLACE = dict(crs="EPSG:32610", transform=Affine(30, 0, 636975, 0, -30, 4482615))


def write(name, array, after=lambda dst: None, **options):
    options = PLACE | options
    with rasterio.open(FOLDER / name, "w", driver="GTiff", width=WIDTH, height=HEIGHT, count=len(array), dtype=array.dtype, **options) as dst:
        dst.write(array)
        after(dst)


for photometric in ("miniswhite", "minisblack"):
    write(f"fax4-{photometric}.tif", DISC[None], NBITS=1, compress="ccittfax4", photometric=photometric)
write("fax4-strips.tif", DISC[None], NBITS=1, compress="ccittfax4", blockysize=8)
write("fax4-tiles.tif", DISC[None], NBITS=1, compress="ccittfax4", tiled=True, blockxsize=16, blockysize=16)
write("rle-strips.tif", DISC[None], NBITS=1, compress="ccittrle", blockysize=8)
write("fax3-strips.tif", DISC[None], NBITS=1, compress="ccittfax3", blockysize=8)
for name, options in (("fax3-two-dimensions", 1), ("fax3-two-dimensions-filled", 5)):
    Image.fromarray(DISC.astype(bool)).save(FOLDER / f"{name}.tif", compression="group3", tiffinfo={292: options})
COLOURS = np.stack([GREY, GREY[::-1], 255 - GREY[:, ::-1], GREY // 3], axis=-1)
write_raw(FOLDER / "cmyk.tif", COLOURS, 5, "lzw", block=8)
write_raw(FOLDER / "ycbcr-shared.tif", COLOURS[..., :3], 6, "deflate", block=(16, 16), subsampling=(2, 2))
write_raw(FOLDER / "ycbcr-range.tif", COLOURS[..., :3], 6, tags=[(529, "R", [0.2126, 0.7152, 0.0722]), (532, "R", [16, 235, 128, 240, 128, 240])])
# What is refused, because GDAL would make other numbers of it, or reads it neither.
(FOLDER / "refused").mkdir(exist_ok=True)
write_raw(FOLDER / "refused/cmyk-apart.tif", COLOURS[:4, :5], 5, planar=True)
write_raw(FOLDER / "refused/cmyk-and-more.tif", np.concatenate([COLOURS, COLOURS[..., :1]], axis=-1)[:4, :5], 5, extra=[1])
write_raw(FOLDER / "refused/lab.tif", COLOURS[:4, :5, :3], 8)
write_raw(FOLDER / "refused/ycbcr-2x4.tif", COLOURS[:4, :6, :3], 6, subsampling=(2, 4))
write("webp-lossless.tif", np.stack([GREY, GREY[::-1], 255 - GREY]), compress="webp", WEBP_LOSSLESS=True, interleave="pixel", tiled=True, blockxsize=32, blockysize=32)
write("webp-alpha.tif", np.stack([GREY, GREY[::-1], 255 - GREY, DISC * 255]), compress="webp", WEBP_LOSSLESS=True, interleave="pixel", photometric="rgb", alpha="yes")
points = [GroundControlPoint(row, column, -121 + column / 1000, 40 - row / 900, 7.5) for row, column in ((0, 0), (0, WIDTH), (HEIGHT, 0), (20.5, 10.25))]
write("points.tif", GREY[None], gcps=points, crs="EPSG:4326", transform=Affine.identity())
numbers = np.random.default_rng(3).normal(0, 0.01, (4, 20))
numbers[1, 0] = numbers[3, 0] = 1.0
numbers[0, 2] = numbers[2, 1] = 1.0
rpc = RPC(height_off=100.0, height_scale=500.0, lat_off=40.0, lat_scale=0.5, line_den_coeff=list(numbers[1]), line_num_coeff=list(numbers[0]), line_off=18.0, line_scale=20.0,
          long_off=-121.0, long_scale=0.6, samp_den_coeff=list(numbers[3]), samp_num_coeff=list(numbers[2]), samp_off=26.0, samp_scale=30.0, err_bias=1.5, err_rand=0.25)
write("camera.tif", GREY[None], rpcs=rpc, crs=None, transform=Affine.identity())
write("texts.tif", GREY[None], lambda dst: dst.update_tags(TIFFTAG_SOFTWARE="a program", TIFFTAG_DATETIME="2024:10:22 04:18:54", TIFFTAG_COPYRIGHT="nobody", OTHER="x"))
write("recorded.tif", GREY[None])
with rasterio.open(FOLDER / "recorded.tif") as src:
    stats = src.statistics(1, approx=False, clear_cache=True)
(FOLDER / "recorded.tif.aux.xml").write_text(f"""<PAMDataset>
  <PAMRasterBand band="1">
    <Metadata>
      <MDI key="STATISTICS_MAXIMUM">{stats.max}</MDI>
      <MDI key="STATISTICS_MEAN">{stats.mean!r}</MDI>
      <MDI key="STATISTICS_MINIMUM">{stats.min}</MDI>
      <MDI key="STATISTICS_STDDEV">{stats.std!r}</MDI>
      <MDI key="STATISTICS_VALID_PERCENT">100</MDI>
    </Metadata>
  </PAMRasterBand>
</PAMDataset>
""")
entries = {}
for path in sorted(FOLDER.glob("*.tif")):
    with rasterio.open(path) as src:
        gcps, crs = src.gcps
        entries[path.name] = {
            "sha256": hashlib.sha256(np.ascontiguousarray(src.read()).tobytes()).hexdigest(), "compress": src.profile.get("compress"),
            "points": [[point.row, point.col, point.x, point.y, point.z] for point in gcps], "points_crs": crs and crs.to_epsg(),
            "tags": {name: value for name, value in src.tags().items() if name != "AREA_OR_POINT"},
            "statistics": [src.tags(1).get(f"STATISTICS_{name}") for name in ("MINIMUM", "MAXIMUM", "MEAN", "STDDEV", "VALID_PERCENT")],
        }
        if src.rpcs:
            from rasterio.transform import RPCTransformer
            with RPCTransformer(src.rpcs, rpc_height=120.0) as camera:
                row, column = camera.rowcol([-120.9], [40.1], op=lambda value: value)
            entries[path.name]["seen"] = {"place": [-120.9, 40.1, 120.0], "pixel": [float(column[0]), float(row[0])], "bias": src.rpcs.err_bias}
(FOLDER / "kinds.json").write_text(json.dumps(entries, indent=1) + "\n")
print(len(entries), "files by rasterio", rasterio.__version__, "and GDAL", rasterio.__gdal_version__)
