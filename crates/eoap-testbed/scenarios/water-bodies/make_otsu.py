"""Draws the two water masks (otsu.tif) of this scenario.

The masks of the documented run are not published, their figures are. This script makes rasters that a viewer takes for water
(reservoirs with dendritic arms, rivers, ponds, and the speckle that Otsu leaves on shaded slopes) and that give the documented
figures exactly: shape, georeference, creation options, number of water pixels in the grid that rio-stac samples, and for the first
one the size of the file.

How the figures are met, with nothing forced on single pixels:
- One seeded landscape covers both footprints (they share the south of the area). A pixel is water where "height - speckle" lies
  below a level; the level is the rank among the sampled pixels that leaves exactly as many of them under water as documented.
- The size: the roughness of the speckle is bisected until the LZW file is a little smaller than documented, and the rest is made
  up by the TIFF ImageDescription tag, which says what the file is and is filled up with blanks.

Needs numpy, rasterio and rio-stac:

    python3 -m venv venv && venv/bin/pip install numpy rasterio rio-stac
    venv/bin/python make_otsu.py

The files are committed; another version of GDAL, libtiff or numpy may draw other bytes, and then the checks at the end say so.
"""

import heapq
import math
import pathlib
import sys

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rio_stac.stac import get_raster_info

HERE = pathlib.Path(__file__).resolve().parent
JOB = "68046976-7dcb-11f0-90ac-2a20aea25780"
FOLDER = HERE / "s3" / "results" / JOB / JOB

WEST, NORTH, PIXEL = 636975.0, 4482615.0, 30.0
HEIGHT, WIDTH = 2402, 1821
SEED = 20250820

ABOUT = "Synthetic water mask for tests: 1 water, 0 no data. Not a Landsat product."


def fractal(rng, shape, slope, longest):
    """Noise whose power falls with frequency ** -slope, flat beyond wavelengths of `longest` pixels; zero mean, unit deviation."""
    rows, columns = (1 << (n - 1).bit_length() for n in shape)
    fy = np.fft.fftfreq(rows)[:, None]
    fx = np.fft.rfftfreq(columns)[None, :]
    frequency = np.maximum(np.hypot(fy, fx), 1.0 / longest)
    spectrum = np.fft.rfft2(rng.standard_normal((rows, columns))) * frequency ** (-slope / 2)
    field = np.fft.irfft2(spectrum, s=(rows, columns))[: shape[0], : shape[1]]
    return (field - field.mean()) / field.std()


def drainage(ground):
    """Where rain runs to: a flood that rises from the edges visits every cell from its outlet, so "outlet first" is the order of
    the visits. Returns that order, each cell's downstream neighbour, and the ground with its pits filled, all flat."""
    rows, columns = ground.shape
    filled = ground.ravel().tolist()
    downstream = [-1] * len(filled)
    seen = bytearray(len(filled))
    order, queue = [], []
    for row in range(rows):
        for column in range(columns) if row in (0, rows - 1) else (0, columns - 1):
            cell = row * columns + column
            seen[cell] = 1
            heapq.heappush(queue, (filled[cell], cell))
    around = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if y or x]
    while queue:
        level, cell = heapq.heappop(queue)
        order.append(cell)
        row, column = divmod(cell, columns)
        for y, x in around:
            if 0 <= row + y < rows and 0 <= column + x < columns:
                neighbour = cell + y * columns + x
                if not seen[neighbour]:
                    seen[neighbour] = 1
                    downstream[neighbour] = cell
                    filled[neighbour] = max(filled[neighbour], level)
                    heapq.heappush(queue, (filled[neighbour], neighbour))
    return order, downstream, filled


def above_river(ground, river):
    """Height of every cell above the river it drains to; a river drains at least `river` cells. Filling that up floods valleys
    with all their side valleys, which is what a reservoir is."""
    order, downstream, filled = drainage(ground)
    area = [1] * len(order)
    for cell in reversed(order):
        if downstream[cell] >= 0:
            area[downstream[cell]] += area[cell]
    base = [0.0] * len(order)
    height = np.zeros(len(order))
    for cell in order:
        wet = area[cell] >= river or downstream[cell] < 0
        base[cell] = filled[cell] if wet else base[downstream[cell]]
        height[cell] = filled[cell] - base[cell] - (0.01 * math.log(area[cell] / river) if area[cell] >= river else 0.0)
    return height.reshape(ground.shape)


def enlarge(field, shape):
    """Linear interpolation to a finer grid."""
    rows = np.linspace(0, field.shape[0] - 1, shape[0])
    columns = np.linspace(0, field.shape[1] - 1, shape[1])
    wide = np.array([np.interp(columns, np.arange(field.shape[1]), line) for line in field])
    return np.array([np.interp(rows, np.arange(field.shape[0]), line) for line in wide.T]).T


def landscape():
    """Heights above the nearest river in units of the relief, lowered in broad basins, roughened at the scale of a pixel."""
    rng = np.random.default_rng(SEED)
    shape = (HEIGHT, WIDTH)
    coarse = (HEIGHT // 3 + 60, WIDTH // 3 + 60)
    river = above_river(fractal(rng, coarse, 3.1, 420), 900)
    river = enlarge(river[30:-30, 30:-30], shape)
    basins = fractal(rng, shape, 4.2, 900)
    return river / river.std() - 0.8 * basins + 0.05 * fractal(rng, shape, 2.6, 60)


def slopes(height):
    """Where the terrain is steep (0 to 1): speckle gathers there, open water and valley floors stay clean."""
    down, across = np.gradient(height)
    steep = np.hypot(down, across)
    return np.clip(steep / np.quantile(steep, 0.97), 0.0, 1.0)


def sampled(height, width, longest=1024):
    """Rows and columns that a nearest-neighbour read of at most `longest` pixels a side picks."""
    ratio = height / width
    rows, columns = (longest, math.ceil(longest / ratio)) if ratio > 1 else (math.ceil(longest * ratio), longest)
    pick = lambda n, size: np.floor((np.arange(n) + 0.5) * size / n).astype(int)
    return np.ix_(pick(rows, height), pick(columns, width))


def mask(field, wet):
    """Water below the level that leaves exactly `wet` of the sampled pixels under water."""
    samples = np.sort(field[sampled(*field.shape)], axis=None)
    level = (samples[wet - 1] + samples[wet]) / 2
    return (field < level).astype(np.uint8)


def write(path, water, north, description):
    profile = dict(driver="GTiff", dtype="uint8", nodata=0, count=1, height=water.shape[0], width=water.shape[1], crs="EPSG:32610",
                   transform=from_origin(WEST, north, PIXEL, PIXEL), tiled=True, blockxsize=512, blockysize=512, compress="lzw",
                   interleave="band")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with rasterio.open(path, "w", **profile) as target:
        target.write(water, 1)
        target.update_tags(TIFFTAG_IMAGEDESCRIPTION=description)
    return path.stat().st_size


def check(path, water, wet):
    """The block that rio-stac writes into an item, against the documented one."""
    with rasterio.open(path) as source:
        band = get_raster_info(source, max_size=1024)[0]
        assert source.profile["tiled"] and source.profile["compress"] == "lzw" and not source.overviews(1)
        assert (source.read(1) == water).all()
    rows, columns = sampled(*water.shape)
    assert band["statistics"] == {"mean": 1.0, "minimum": 1, "maximum": 1, "stddev": 0.0,
                                  "valid_percent": wet / (rows.size * columns.size) * 100}, band
    assert band["histogram"] == {"count": 11, "min": 0.5, "max": 1.5, "buckets": [0, 0, 0, 0, 0, wet, 0, 0, 0, 0]}, band
    return band["statistics"]["valid_percent"]


def first(height, steep):
    """The whole area, 8 December: high water, speckled slopes, exactly the documented size."""
    path, wet, size = FOLDER / "LC08_L2SP_044032_20231208_02_T1" / "otsu.tif", 481086, 406547
    grain = fractal(np.random.default_rng(SEED + 1), height.shape, 1.0, 10)
    low, high = 0.0, 12.0
    for _ in range(30):
        rough = (low + high) / 2
        water = mask(height - rough * steep * np.maximum(grain, 0), wet)
        reached = write(path, water, NORTH, ABOUT)
        low, high = (rough, high) if reached <= size else (low, rough)
        if 0 <= size - reached <= 160:
            break
    blanks = size - reached
    for _ in range(8):
        off = size - write(path, water, NORTH, ABOUT + " " * blanks)
        if off == 0:
            break
        blanks += off
    assert path.stat().st_size == size, (path.stat().st_size, blanks)
    assert check(path, water, wet) == 60.46467784749034
    return rough, blanks


def second(height, steep, rough):
    """The south of the same landscape, 1 December: lower water, less speckle."""
    path, wet = FOLDER / "LC08_L2SP_043033_20231201_02_T1" / "otsu.tif", 34314
    grain = fractal(np.random.default_rng(SEED + 2), height.shape, 1.0, 10)
    water = mask((height - 0.2 * rough * steep * np.maximum(grain, 0))[-482:], wet)
    size = write(path, water, 4425015.0, ABOUT)
    assert check(path, water, wet) == 12.31976677389706
    return size


def main():
    height = landscape()
    steep = slopes(height)
    rough, blanks = first(height, steep)
    size = second(height, steep, rough)
    sys.stdout.write(f"roughness {rough:.6f}, {blanks} blanks; second file {size} bytes\n")


if __name__ == "__main__":
    main()
