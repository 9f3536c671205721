"""Writes the heights from which the testbed draws its Landsat scenes: scenes/landscape.pgm.

The scenes are drawn when they are asked for, by the testbed itself. What they show is the landscape of `make_otsu.py`, in which the masks of
the documented run were drawn: this script keeps every fourth of its heights, in 255 steps from -2.4 to 6.0, as a portable graymap that any
viewer of pictures opens.

Needs numpy, rasterio and rio-stac, since make_otsu.py does:

    python3 -m venv venv && venv/bin/pip install numpy rasterio rio-stac
    venv/bin/python make_scenes.py
"""

import pathlib

import numpy as np

import make_otsu

LOWEST, HIGHEST, STEP = -2.4, 6.0, 4


def main():
    heights = make_otsu.landscape()[::STEP, ::STEP]
    levels = np.clip(np.round((heights - LOWEST) / (HIGHEST - LOWEST) * 255), 0, 255).astype(np.uint8)
    target = pathlib.Path(__file__).resolve().parent / "scenes" / "landscape.pgm"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(f"P5\n{levels.shape[1]} {levels.shape[0]}\n255\n".encode() + levels.tobytes())


if __name__ == "__main__":
    main()
