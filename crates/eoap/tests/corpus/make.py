#!/usr/bin/env python3
"""Writes a corpus of GeoTIFFs with GDAL, and what rasterio reads from it: the product of data type, compression and predictor, tiles
or strips, byte order and BigTIFF, bands and interleaving; nodata, masks, overviews, reference systems and transformations go round in it.

    python3 make.py FOLDER [--small] [FILE.tif ...]

needs numpy and rasterio. `FOLDER/manifest.jsonl` has a line per file: profile and geography as rasterio has them, and reads, whose
values lie in `FOLDER/expected.bin`. Files that are named are read as well; they stay where they are. `--small` writes the few files
that are in the repository. `suite/raster_corpus.rs` compares.
"""
import itertools
import json
import math
import pathlib
import sys
import warnings

import numpy as np
import rasterio
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import Affine
from rasterio.warp import transform_bounds, transform_geom
from rasterio.windows import Window

from raw_tiff import write as write_raw

warnings.simplefilter("ignore")
SMALL = "--small" in sys.argv
# The files in the repository are half as wide and high.
HALF = 2 if SMALL else 1
HEIGHT, WIDTH = 70 // HALF, 90 // HALF
INTEGERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
FLOATS = ["float32", "float64"]
COMPRESSIONS = [(None, 1), ("packbits", 1), *itertools.product(["lzw", "deflate", "zstd"], [1, 2])]
FLOAT_COMPRESSIONS = [*itertools.product(["lzw", "deflate", "zstd"], [3])]
LAYOUTS = [{"tiled": True, "blockxsize": 32, "blockysize": 48}, {"tiled": False, "blockysize": 7}]
FORMATS = [*itertools.product(["LITTLE", "BIG"], ["NO", "YES"])]
BANDS = [(1, "band"), (3, "pixel"), (3, "band")]
# Reference systems with the size of a pixel and the upper left corner.
PLACES = [
    ("EPSG:32610", 30.0, (636975.0, 4482615.0)),
    ("EPSG:4326", 0.25, (-10.0, 50.0)),
    ("EPSG:3857", 100.0, (500000.0, 6000000.0)),
    ("EPSG:25832", 100.0, (400000.0, 5500000.0)),
    ("EPSG:32733", 10.0, (400000.0, 8000000.0)),
    ("EPSG:5070", 240.0, (-2000000.0, 2000000.0)),
    ("+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs", 463.3127, (-1111950.5, 5559752.6)),
    ("+proj=laea +lat_0=10 +lon_0=-81 +datum=WGS84 +units=m +no_defs", 1000.0, (0.0, 0.0)),
    ("+proj=lcc +lat_1=33 +lat_2=45 +lat_0=39 +lon_0=-96 +ellps=GRS80 +units=m +no_defs", 1000.0, (-5000.0, 4000.0)),
    ("+proj=tmerc +lat_0=0 +lon_0=9 +k=0.9996 +x_0=500000 +y_0=0 +ellps=WGS84 +units=m +no_defs", 10.0, (400000.0, 5500000.0)),
    ("+proj=aea +lat_1=29.5 +lat_2=45.5 +lat_0=23 +lon_0=-96 +datum=NAD83 +units=m +no_defs", 30.0, (-100000.0, 2000000.0)),
    ("+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45 +datum=WGS84 +units=m +no_defs", 1000.0, (-500000.0, -600000.0)),
    (None, 1.0, (0.0, 0.0)),
]
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
WAVE = np.sin(x / 9.0) * np.cos(y / 7.0)
RANDOM = np.random.default_rng(20251125)


def values(dtype, count):
    """A smooth image with noise, that uses much of what the type can hold."""
    image = np.stack([WAVE + RANDOM.normal(0, 0.02, WAVE.shape) + band for band in range(count)])
    if dtype in FLOATS:
        return (image * 1000).astype(dtype)
    low, high = (np.iinfo(dtype).min, np.iinfo(dtype).max) if np.dtype(dtype).itemsize < 8 else (-(2**52) if dtype == "int64" else 0, 2**52)
    image = (image - image.min()) / (image.max() - image.min())
    return (low + image * (float(high) - float(low)) * 0.999).astype(dtype)


def transform(index, size, corner):
    plain = Affine(size, 0.0, corner[0], 0.0, -size, corner[1])
    return plain * Affine.rotation(30.0) if index % 11 == 10 else plain


def write(path, index, dtype, compression, layout, form, bands, place, **more):
    """Writes one file; what is not in the product goes round with `index`."""
    count, interleave = bands
    options = dict(layout, interleave=interleave, ENDIANNESS=form[0], BIGTIFF=form[1])
    name, predictor = compression
    if name:
        options["compress"] = name
    if predictor != 1:
        options["predictor"] = predictor
    array = more.pop("array", None)
    array = values(dtype, count) if array is None else array
    nodata = more.pop("nodata", [None, 0, None][index % 3])
    if nodata is not None and not math.isnan(nodata):
        array[:, 20 // HALF:30 // HALF, 15 // HALF:40 // HALF] = nodata
    crs, size, corner = place
    options.update(more)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        with rasterio.open(path, "w", driver="GTiff", width=WIDTH, height=HEIGHT, count=array.shape[0], dtype=dtype, crs=crs,
                           transform=transform(index, size, corner), nodata=nodata, **options) as dst:
            dst.write(array)
            if index % 4 == 1:
                dst.update_tags(AREA_OR_POINT="Point", SOURCE="a < b & c")
            if index % 5 == 2:
                dst.scales, dst.offsets = (0.5,) * array.shape[0], (-3.0,) * array.shape[0]
                dst.descriptions = ["band <1>"] + [None] * (array.shape[0] - 1)
            if index % 7 == 3:
                mask = np.zeros((HEIGHT, WIDTH), np.uint8)
                mask[5 // HALF:60 // HALF, 20 // HALF:77 // HALF] = 255
                dst.write_mask(mask)
            if index % 6 == 4:
                dst.build_overviews([2, 4], Resampling.nearest)


def half(*numbers):
    return [number // HALF for number in numbers]


KERNELS = ["bilinear", "cubic", "cubic_spline", "lanczos"]


def reads(src):
    """Reads of every kind: arguments for us, array."""
    count = src.count

    def part(numbers):
        return {"window": half(*numbers)}, Window(*half(*numbers))

    for name in ("nearest", "average"):
        method = Resampling[name]
        for rows, columns in [half(23, 31), half(35, 45), half(17, 90)][:2 if SMALL else 3]:
            yield {"shape": [rows, columns], "resampling": name}, src.read(out_shape=(count, rows, columns), resampling=method)
        said, window = part([10, 8, 64, 50])
        yield dict(said, shape=[17, 19], resampling=name), src.read(window=window, out_shape=(count, 17, 19), resampling=method)
    for name in KERNELS[:2] if SMALL else KERNELS:
        method = Resampling[name]
        for rows, columns in [] if SMALL else [(23, 31), (35, 45), (100, 61)]:
            yield {"shape": [rows, columns], "resampling": name}, src.read(out_shape=(count, rows, columns), resampling=method)
        for numbers, rows, columns in [([10, 8, 64, 50], 17, 19), ([33, 21, 20, 30], 45, 31)][:1 if SMALL else 2]:
            said, window = part(numbers)
            yield dict(said, shape=[rows, columns], resampling=name), src.read(window=window, out_shape=(count, rows, columns), resampling=method)
        if not SMALL:
            yield {"bands": [count], "shape": [31, 29], "resampling": name}, src.read([count], out_shape=(1, 31, 29), resampling=method)
    yield {}, src.read()
    for numbers in [[11, 5, 40, 33], [70, 60, 20, 10]]:
        said, window = part(numbers)
        yield said, src.read(window=window)
    said, window = part([3, 4, 20, 10])
    yield dict(said, shape=[25, 50]), src.read(window=window, out_shape=(count, 25, 50))
    yield {"bands": [count]}, src.read([count])
    for band in (1, count):
        yield {"mask": band}, src.read_masks(band)
        yield {"mask": band, "shape": half(23, 31)}, src.read_masks(band, out_shape=tuple(half(23, 31)))


def describe(path, name, expected):
    """What rasterio says of a file, and the place of its values in the file of expected ones."""
    with rasterio.open(path) as src:
        entry = {"file": name, "profile": repr(dict(src.profile)), "bounds": list(src.bounds), "tags": src.tags(), "reads": []}
        entry["descriptions"] = list(src.descriptions)
        entry["xy"] = [float(value) for value in src.xy(7, 11)]
        entry["index"] = [int(value) for value in src.index(*entry["xy"])]
        entry["overviews"] = []
        for level in range(len(src.overviews(1))):
            with rasterio.open(path, overview_level=level) as overview:
                entry["overviews"].append([overview.width, overview.height])
        has_palette = src.colorinterp[0] == ColorInterp.palette
        if src.crs:
            left, bottom, right, top = src.bounds
            ring = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
            try:
                geometry = transform_geom(src.crs, "EPSG:4326", {"type": "Polygon", "coordinates": [ring]})
                entry["footprint"] = geometry["coordinates"][0]
                entry["wgs84"] = list(transform_bounds(src.crs, "EPSG:4326", *src.bounds))
            except (rasterio.errors.RasterioError, rasterio._err.CPLE_BaseError):
                pass
        if src.dtypes[0].startswith("complex"):
            entry["refused"] = "complex numbers"
            return entry
        size = (src.height, src.width)
        for read, array in reads(src) if size == (HEIGHT, WIDTH) else wild_reads(src):
            # GDAL averages the colours that values of a palette stand for, and interpolates their numbers; we refuse.
            if has_palette and read.get("resampling", "nearest") != "nearest":
                continue
            data = np.ascontiguousarray(array).tobytes()
            entry["reads"].append(dict(read, at=expected.tell(), length=len(data)))
            expected.write(data)
    return entry


def wild_reads(src):
    """Reads of a file whose size is not ours."""
    yield {}, src.read()
    shape = (max(1, src.height // 3), max(1, src.width // 3))
    yield {"shape": shape, "resampling": "nearest"}, src.read(out_shape=(src.count, *shape))
    for name in ["average", *KERNELS]:
        yield {"shape": shape, "resampling": name}, src.read(out_shape=(src.count, *shape), resampling=Resampling[name])
    yield {"mask": 1}, src.read_masks(1)
    window = Window(src.width // 4, src.height // 4, src.width // 2, src.height // 2)
    yield {"window": [window.col_off, window.row_off, window.width, window.height]}, src.read(window=window)


def special(folder):
    """What is not in the product."""
    tiles, little = LAYOUTS[0], FORMATS[0]
    utm = PLACES[0]
    gray, rgb = values("uint8", 1), values("uint8", 3)
    plain = (None, 1)

    def one(name, dtype="uint8", compression=plain, bands=(1, "band"), index=0, **more):
        path = folder / f"{name}.tif"
        write(path, index, dtype, compression, more.pop("layout", tiles), more.pop("form", little), bands, more.pop("place", utm), **more)
        return path

    jpeg = ("jpeg", 1)
    square = {"tiled": True, "blockxsize": 32, "blockysize": 32}
    strips = {"tiled": False, "blockysize": 16}
    for layout_name, layout in {"tiles": square, "strips": strips}.items():
        yield one(f"jpeg-gray-{layout_name}", compression=jpeg, layout=layout, array=gray.copy(), nodata=None)
        yield one(f"jpeg-rgb-{layout_name}", compression=jpeg, layout=layout, bands=(3, "pixel"), array=rgb.copy(), nodata=None, photometric="rgb")
        yield one(f"jpeg-ycbcr-{layout_name}", compression=jpeg, layout=layout, bands=(3, "pixel"), array=rgb.copy(), nodata=None, photometric="ycbcr")
        if not SMALL:
            yield one(f"jpeg-cmyk-{layout_name}", compression=jpeg, layout=layout, bands=(4, "pixel"), array=values("uint8", 4), nodata=None, photometric="cmyk")
        yield one(f"jpeg-planar-{layout_name}", compression=jpeg, layout=layout, bands=(3, "band"), array=rgb.copy(), nodata=None)
    yield one("jpeg-big-endian", compression=jpeg, layout=square, form=FORMATS[3], array=gray.copy(), nodata=None)
    for bits in (1, 2, 3, 4, 5, 7):
        yield one(f"bits-{bits}", array=gray >> (8 - bits), nodata=None, NBITS=bits, compression=("deflate", 1))
    for bits in (9, 12, 15):
        yield one(f"bits-{bits}", "uint16", array=values("uint16", 3) >> (16 - bits), nodata=None, NBITS=bits, bands=(3, "pixel"))
    yield one("half", "float32", array=np.round(values("float32", 1)), nodata=None, NBITS=16)
    yield one("half-predictor", "float32", array=np.round(values("float32", 1)), nodata=None, NBITS=16, compression=("deflate", 3))
    yield one("alpha", bands=(4, "pixel"), array=np.concatenate([rgb, gray // 128 * 255]), nodata=None, photometric="rgb", ALPHA="YES")
    yield one("premultiplied", bands=(2, "band"), array=np.concatenate([gray, gray // 128 * 255]), nodata=None, ALPHA="PREMULTIPLIED")
    yield one("nodata-nan", "float32", array=np.where(WAVE > 0.4, np.nan, WAVE)[None].astype("float32"), nodata=math.nan)
    yield one("nodata-infinite", "float64", array=np.where(WAVE > 0.4, -math.inf, WAVE)[None], nodata=-math.inf)
    yield one("nodata-maximum", "uint8", nodata=255)
    yield one("nodata-float-digits", "float32", array=np.where(WAVE > 0.4, np.float32(-3.4e38), WAVE)[None].astype("float32"), nodata=np.float32(-3.4e38))
    yield one("sparse", array=np.pad(gray[:, :48, :32], ((0, 0), (0, max(0, HEIGHT - 48)), (0, WIDTH - 32))), nodata=7, SPARSE_OK=True)
    yield one("no-place", place=PLACES[-1])
    yield one("complex", "complex64", array=WAVE[None].astype("complex64"), nodata=None)
    yield one("wide-tiles", layout={"tiled": True, "blockxsize": 256, "blockysize": 256})
    yield one("one-strip", layout={"tiled": False, "blockysize": HEIGHT}, compression=("lzw", 2))
    yield one("rows", layout={"tiled": False, "blockysize": 1}, compression=("lzw", 1))
    for factor in (2, 3, 8):
        path = one(f"overviews-average-{factor}", index=0, array=gray.copy(), nodata=None)
        with rasterio.open(path, "r+") as dst:
            dst.build_overviews([factor], Resampling.average)
        yield path
    path = one("palette", array=gray // 86, nodata=None, photometric="palette")
    yield path
    path = one("points", "uint8", array=gray.copy(), nodata=None, place=PLACES[-1])
    with rasterio.open(path, "r+") as dst:
        corners = [(0, 0, -10.0, 50.0), (0, WIDTH, 10.0, 49.0), (HEIGHT, 0, -11.0, 40.0), (HEIGHT, WIDTH, 10.5, 39.0)]
        dst.gcps = [rasterio.control.GroundControlPoint(row, col, x, y) for row, col, x, y in corners], rasterio.crs.CRS.from_epsg(4326)
    yield path
    if not SMALL:
        # GDAL computes those in several blocks.
        for dtype, layout in itertools.product(("uint16", "float32"), ({"tiled": True, "blockxsize": 256, "blockysize": 256}, {"tiled": False, "blockysize": 16})):
            down, across = np.mgrid[0:1300, 0:2100]
            array = np.stack([np.sin(across / 9.0 + band) * np.cos(down / 7.0) * 1000 + 2000 for band in range(2)]).astype(dtype)
            path = folder / f"blocks-{dtype}-{'tiles' if layout['tiled'] else 'strips'}.tif"
            with rasterio.open(path, "w", driver="GTiff", width=2100, height=1300, count=2, dtype=dtype, crs="EPSG:32610", compress="deflate",
                               transform=Affine(10, 0, 600000, 0, -10, 4500000), interleave="pixel", nodata=[None, 1000][layout["tiled"]], **layout) as dst:
                dst.write(array)
            yield path
    for bits, form in itertools.product((17, 20, 24, 31), (FORMATS[0], FORMATS[3])):
        array = values("uint32", 1) >> (32 - bits)
        yield one(f"bits-{bits}-{form[0].lower()}", "uint32", form=form, array=array, nodata=None, NBITS=bits, compression=("lzw", 1))
    if not SMALL:
        yield from colours(folder)
        for name, layout in itertools.product(("ccittrle", "ccittfax3", "ccittfax4"), LAYOUTS):
            yield one(f"{name}-{'tiles' if layout['tiled'] else 'strips'}", layout=layout, array=gray // 128, nodata=None, NBITS=1, compression=(name, 1))
    path = one("overviews-beside", array=gray.copy(), nodata=None)
    with rasterio.Env(TIFF_USE_OVR=True), rasterio.open(path, "r+") as dst:
        dst.build_overviews([2, 5], Resampling.average)
    yield path
    for name, count, overviews in (("mask-beside", 1, []), ("mask-beside-overviews", 3, [3])):
        array = values("uint8", count)
        path = one(name, bands=(count, "pixel"), array=array, nodata=None)
        with rasterio.open(path, "r+") as dst:
            dst.build_overviews(overviews, Resampling.nearest)
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as dst:
            dst.write_mask(np.where(WAVE > 0.3, 0, 255).astype("uint8"))
        yield path


def colours(folder):
    """Colours that GDAL makes red, green and blue of."""
    image = np.moveaxis(values("uint8", 4), 0, -1)
    blocks = {"strips": 16, "tiles": (32, 48)}
    for compression, (name, block), order in itertools.product(("none", "lzw", "deflate", "packbits"), blocks.items(), "<>"):
        yield write_raw(folder / f"cmyk-{compression}-{name}-{'little' if order == '<' else 'big'}.tif", image, 5, compression, block, order=order)
    # Of 4 × 4 pixels that share differences, GDAL leaves many black, which is not what they are.
    shared = [(1, 1), (1, 2), (2, 1), (2, 2), (4, 1), (4, 2)]
    for compression, (name, block), subsampling in itertools.product(("none", "lzw", "deflate"), blocks.items(), shared):
        if (compression, name) == ("none", "tiles"):
            # GDAL wants at least 1024 bytes of such tiles, and reads none that has less.
            continue
        path = folder / f"ycbcr-{compression}-{name}-{subsampling[0]}x{subsampling[1]}.tif"
        yield write_raw(path, image[..., :3], 6, compression, block, subsampling=subsampling)
    ranges = {"luma": [(529, "R", [0.2126, 0.7152, 0.0722])], "range": [(532, "R", [16, 235, 128, 240, 128, 240])]}
    for name, tags in ranges.items():
        yield write_raw(folder / f"ycbcr-{name}.tif", image[..., :3], 6, block=16, tags=tags, subsampling=(2, 2))
    # Other numbers stay as they are.
    yield write_raw(folder / "ycbcr-16.tif", np.moveaxis(values("uint16", 3), 0, -1), 6, block=15)
    yield write_raw(folder / "cmyk-16.tif", np.moveaxis(values("uint16", 4), 0, -1), 5, block=16)
    yield write_raw(folder / "cmyk-other-inks.tif", image, 5, block=16, tags=[(332, "H", [2])])


def product():
    for dtype in INTEGERS + FLOATS:
        compressions = COMPRESSIONS + (FLOAT_COMPRESSIONS if dtype in FLOATS else [])
        yield from itertools.product([dtype], compressions, LAYOUTS, FORMATS, BANDS)


def write_systems(path):
    """Definitions of all systems of the registry with two axes: code and WKT, one a line."""
    with open(path, "w") as systems, rasterio.Env(OSR_USE_NON_DEPRECATED="NO"):
        for code in range(2000, 32800):
            try:
                wkt = rasterio.crs.CRS.from_epsg(code).to_wkt()
            except rasterio.errors.CRSError:
                continue
            if wkt.startswith(("GEOGCS", "PROJCS")):
                systems.write(f"{code} {wkt}\n")


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--small"]
    folder, wild = pathlib.Path(arguments[0]), [pathlib.Path(path).resolve() for path in arguments[1:]]
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, (dtype, compression, layout, form, bands) in enumerate(product()):
        if SMALL and index % 149 != 0:
            continue
        tiles = "tiles" if layout["tiled"] else "strips"
        name = f"{dtype}-{compression[0] or 'none'}-{compression[1]}-{tiles}-{form[0].lower()}-{'big' if form[1] == 'YES' else 'classic'}-{bands[0]}{bands[1]}.tif"
        write(folder / name, index, dtype, compression, layout, form, bands, PLACES[index % len(PLACES)])
        paths.append(folder / name)
    chosen = {"jpeg-ycbcr-tiles", "jpeg-gray-strips", "bits-12", "half-predictor", "alpha", "nodata-nan", "points", "overviews-average-3", "bits-24-big",
              "overviews-beside", "mask-beside"}
    for path in special(folder):
        if not SMALL or path.stem in chosen:
            paths.append(path)
        else:
            for file in folder.glob(f"{path.name}*"):
                file.unlink()
    with open(folder / "expected.bin", "wb") as expected, open(folder / "manifest.jsonl", "w") as manifest:
        for path in paths:
            manifest.write(json.dumps(describe(path, path.name, expected)) + "\n")
        for path in wild:
            manifest.write(json.dumps(describe(path, str(path), expected)) + "\n")
    if not SMALL:
        write_systems(folder / "systems.txt")
    print(f"{len(paths) + len(wild)} files in {folder}, by rasterio {rasterio.__version__} and GDAL {rasterio.__gdal_version__}")


main()
