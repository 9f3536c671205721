#!/usr/bin/env python3
"""Makes the GeoTIFFs of this folder with GDAL, and expected.json with what rasterio and rio-stac say about them;
wkt-gdal.txt with definitions of reference systems; asset-python.txt with an asset of results.json as Python prints it.

    python3 -m venv venv && venv/bin/pip install numpy rasterio rio-stac && venv/bin/python make.py

Made with rasterio 1.4.4 (GDAL 3.10.3), rio-stac 0.12.0 and numpy 2. The tests need none of these.
"""
import json
import math
import pathlib
import warnings

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.transform import Affine
from rio_stac.stac import get_raster_info

HERE = pathlib.Path(__file__).parent
UTM = Affine(30.0, 0.0, 636975.0, 0.0, -30.0, 4482615.0)
DEGREES = Affine(0.25, 0.0, -10.0, 0.0, -0.25, 50.0)
RANDOM = np.random.default_rng(20250820)
warnings.simplefilter("ignore")


def write(name, array, transform=UTM, crs="EPSG:32610", **options):
    array = np.atleast_3d(array) if array.ndim == 3 else array[np.newaxis]
    tags, overviews, mask, colormap, scales, units, interp = (
        options.pop(key, None) for key in ("tags", "overviews", "mask", "colormap", "scales", "units", "interp"))
    count, height, width = array.shape
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        with rasterio.open(HERE / name, "w", driver="GTiff", width=width, height=height, count=count, dtype=array.dtype,
                           transform=transform, crs=crs, **options) as dst:
            if interp:
                dst.colorinterp = interp
            dst.write(array)
            if tags:
                dst.update_tags(**tags)
            if mask is not None:
                dst.write_mask(mask)
            if colormap:
                dst.write_colormap(1, colormap)
            if scales:
                dst.scales, dst.offsets = scales
            if units:
                dst.units = units
            if overviews:
                dst.build_overviews(overviews, Resampling.nearest)


def water(name, height, width, valid_rows, valid_pixels, out_height, out_width):
    """A mask whose reduced image has the number of valid pixels that the tutorial documents."""
    array = np.zeros((height, width), np.uint8)
    reduced = np.zeros((out_height, out_width), np.uint8)
    reduced[:valid_rows] = 1
    reduced[valid_rows, :valid_pixels] = 1
    for y in range(out_height):
        for x in range(out_width):
            if reduced[y, x]:
                array[int((y + 0.5) * height / out_height), int((x + 0.5) * width / out_width)] = 1
    # What lies between does not count in the reduced image.
    array[:int((valid_rows - 0.5) * height / out_height)] = 1
    write(name, array, nodata=0, tiled=True, blockxsize=512, blockysize=512, compress="lzw")


water("water-1.tif", 2402, 1821, 619, 123, 1024, 777)
water("water-2.tif", 482, 1821, 33, 522, 272, 1024)

y, x = np.mgrid[0:70, 0:90]
wave = np.sin(x / 9.0) * np.cos(y / 7.0)
noise = RANDOM.integers(-300, 300, (3, 70, 90))
write("int16-planar-strips.tif", (wave * 2000 + noise).astype(np.int16), DEGREES, "EPSG:4326", nodata=-32768, interleave="band",
      compress="deflate", predictor=2, blockysize=16, tags={"AREA_OR_POINT": "Point"})
floats = np.stack([wave, wave * 1e6]).astype(np.float32)
floats[:, 10:20, 10:30] = np.nan
write("float32-pixel-tiles.tif", floats, UTM, "EPSG:3857", nodata=math.nan, interleave="pixel", tiled=True, blockxsize=32,
      blockysize=16, compress="lzw", predictor=3)
write("float64-strips.tif", wave.astype(np.float64), compress="deflate", predictor=2, nodata=-1e300)
write("float64-predictor3.tif", wave.astype(np.float64), compress="deflate", predictor=3, nodata=-1e300)
write("uint16-big-endian.tif", (wave * 30000 + 32000).astype(np.uint16), nodata=0, ENDIANNESS="BIG")
write("uint16-big-endian-predictor.tif", (wave * 30000 + 32000).astype(np.uint16), nodata=0, ENDIANNESS="BIG", compress="lzw",
      predictor=2, tiled=True, blockxsize=64, blockysize=32)
write("float32-big-endian-predictor.tif", floats[0], nodata=math.nan, ENDIANNESS="BIG", compress="deflate", predictor=3)
write("uint32-packbits.tif", ((wave + 1) * 2e9 // 1e8 * 1e8).astype(np.uint32), nodata=0, compress="packbits")
write("int32.tif", (wave * 2e9).astype(np.int32), nodata=2147483647, compress="lzw", predictor=2)
write("int8.tif", (wave * 100).astype(np.int8), nodata=-128, compress="lzw")
write("bigtiff.tif", (wave * 100 + 100).astype(np.uint8), nodata=0, BIGTIFF="YES", tiled=True, blockxsize=32, blockysize=32)
write("sparse.tif", np.pad((wave * 50 + 100).astype(np.uint8)[:32, :32], ((0, 64), (0, 64))), nodata=0, tiled=True, blockxsize=32,
      blockysize=32, SPARSE_OK=True)
blob = ((np.sin(np.mgrid[0:300, 0:420][1] / 20.0) + np.cos(np.mgrid[0:300, 0:420][0] / 25.0)) * 8 + 20).astype(np.uint8)
write("overviews.tif", blob, nodata=4, tiled=True, blockxsize=64, blockysize=64, compress="deflate", overviews=[2, 4, 8],
      scales=((0.5,), (-3.0,)), units=("m & s",))
mask = np.zeros((70, 90), np.uint8)
mask[5:60, 20:77] = 255
rgb = np.stack([wave * 100 + 120, wave * -90 + 120, x]).astype(np.uint8)
write("rgb-mask.tif", rgb, photometric="rgb", compress="deflate", tiled=True, blockxsize=32, blockysize=32, mask=mask)
write("rgba.tif", np.concatenate([rgb, mask[np.newaxis]]), photometric="rgb", ALPHA="YES", compress="lzw", interleave="band")
write("palette.tif", (wave * 1.4 + 1.5).astype(np.uint8), nodata=0, compress="lzw", photometric="palette",
      colormap={0: (0, 0, 0), 1: (200, 30, 10), 2: (20, 180, 40)})
write("bits.tif", (wave > 0.2).astype(np.uint8), nodata=0, NBITS=1, compress="lzw", crs="EPSG:32733")
write("no-georeference.tif", (wave * 100 + 100).astype(np.uint8), Affine.identity(), None, nodata=0)
write("jpeg.tif", rgb, photometric="ycbcr", compress="jpeg")
write("int64.tif", (wave * 100).astype(np.int64), nodata=0, compress="lzw")
write("complex.tif", wave.astype(np.complex64))

expected = {}
for path in sorted(HERE.glob("*.tif")):
    with rasterio.open(path) as src:
        entry = {"profile": repr(dict(src.profile))}
        for size in () if src.dtypes[0].startswith("complex") else (1024, 64, 33):
            entry[str(size)] = get_raster_info(src, max_size=size)
        expected[path.name] = entry
text = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in expected.items())
(HERE / "expected.json").write_text("{\n" + text + "\n}\n")

systems = [
    4326, 3857, 32601, 32610, 32631, 32660, 32701, 32710, 32733, 32760, 4258, 4269, 4267, 25832, 25833, 26910, 28355,
    5070, 3577, 2193, 3006, 31467, 3395, 6933, 3347, 3034, 2100, 4283, 7844, 7855, 3978, 6372, 3832,
]
(HERE / "wkt-gdal.txt").write_text("".join(f"{code} {CRS.from_epsg(code).to_wkt()}\n" for code in systems))

items = json.loads((HERE / "results.json").read_text())["stac_catalog"]["value"]["features"]
(HERE / "asset-python.txt").write_text(json.dumps(items[0]["assets"]["data"], sort_keys=True, indent=4) + "\n")
