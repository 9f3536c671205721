#!/usr/bin/env python3
"""Reads with rasterio what eoap has written, and compares it with the values beside it; `rio cogeo` has to find nothing wrong.

    python3 written.py FOLDER

needs numpy, rasterio and rio-cogeo. `suite/raster_write.rs` writes the folder.
"""
import pathlib
import sys

import numpy as np
import rasterio
from rasterio.transform import Affine
from rio_cogeo.cogeo import cog_validate

PLACE = Affine(30.0, 0.0, 636975.0, 0.0, -30.0, 4410555.0)


def differences(path):
    """What rasterio reads otherwise than it was written."""
    name, ending = path.stem.rsplit("-", 1)
    dtype, shape = name.split("-")
    expected = np.fromfile(path.with_name(f"{name}.bin"), dtype).reshape([int(size) for size in shape.split("x")])
    is_valid, errors, warnings = cog_validate(path, strict=True, quiet=True)
    if not is_valid or errors or warnings:
        yield f"rio cogeo: {errors} {warnings}"
    with rasterio.open(path) as src:
        if not np.array_equal(src.read(), expected):
            yield "pixels"
        if (src.transform, src.crs.to_epsg(), src.nodata) != (PLACE, 32610, 0.0):
            yield f"place or nodata: {src.transform} {src.crs} {src.nodata}"
        if not np.array_equal(src.read_masks(1) != 0, expected[0] != 0):
            yield "mask"
        for level, factor in enumerate(src.overviews(1)):
            with rasterio.open(path, overview_level=level) as overview:
                small = overview.read()
            if ending == "nearest" and not np.array_equal(small, expected[:, ::factor, ::factor]):
                yield f"overview {level}"
            if ending == "average" and level == 0:
                yield from wrong_averages(small, expected)
        for band, values in enumerate(expected, start=1):
            valid = values[values != 0].astype("float64")
            figures = dict(MINIMUM=valid.min(), MAXIMUM=valid.max(), MEAN=valid.mean(), STDDEV=valid.std(), VALID_PERCENT=100 * valid.size / values.size)
            for figure, value in figures.items():
                written = float(src.tags(band)[f"STATISTICS_{figure}"])
                if not np.isclose(written, value, rtol=1e-9, atol=1e-6 * valid.std()):
                    yield f"{figure} of band {band} is {written} instead of {value}"


def wrong_averages(small, expected):
    """Averages of two by two pixels that are not near to those of NumPy."""
    height, width = expected.shape[1] // 2 * 2, expected.shape[2] // 2 * 2
    four = expected[:, :height, :width].astype("float64").reshape(len(expected), height // 2, 2, width // 2, 2)
    count = (four != 0).sum(axis=(2, 4))
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(count > 0, four.sum(axis=(2, 4)) / count, 0)
    step = 0.5000001 if np.issubdtype(expected.dtype, np.integer) else 0
    off = np.abs(small[:, : height // 2, : width // 2].astype("float64") - means) > step + 1e-6 * np.abs(means)
    if off.any():
        yield f"{off.sum()} averages"


def main():
    files = sorted(pathlib.Path(sys.argv[1]).glob("*.tif"))
    wrong = [f"{path.name}: {difference}" for path in files for difference in differences(path)]
    print(*wrong, f"{len(files)} files, {len(wrong)} differences, by rasterio {rasterio.__version__} and GDAL {rasterio.__gdal_version__}", sep="\n")
    sys.exit(1 if wrong or not files else 0)


main()
