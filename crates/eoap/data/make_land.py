#!/usr/bin/env python3
"""Writes land.bin, the coasts and borders of maps, from the 110m countries of Natural Earth (public domain) as the npm package world-atlas 2.0.2 has them.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz && crates/eoap/data/make_land.py package/countries-110m.json

Lines that two countries share are borders, and all others are coasts. They are thinned to TOLERANCE and written as differences, in steps of STEP degrees:
for each line the number of its points, doubled, and one more for a border; then for each point the differences to the one before, longitude and latitude,
as zigzag integers; every number in groups of seven bits, the lowest first, with the eighth bit set where another group follows.
"""

import json
import sys
from collections import Counter
from pathlib import Path

STEP = 0.05
TOLERANCE = 0.06


def arcs_of(value):
    if isinstance(value, int):
        yield value if value >= 0 else ~value
    else:
        for part in value:
            yield from arcs_of(part)


def thinned(line):
    """Ramer, Douglas and Peucker."""
    if len(line) < 3:
        return line
    (x, y), (u, v) = line[0], line[-1]
    length = ((u - x) ** 2 + (v - y) ** 2) ** 0.5

    def distance(point):
        if length == 0:
            return ((point[0] - x) ** 2 + (point[1] - y) ** 2) ** 0.5
        return abs((u - x) * (y - point[1]) - (x - point[0]) * (v - y)) / length

    far = max(range(1, len(line) - 1), key=lambda index: distance(line[index]))
    if distance(line[far]) <= TOLERANCE:
        return [line[0], line[-1]]
    return thinned(line[: far + 1])[:-1] + thinned(line[far:])


def number(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value):
    return number(value << 1 if value >= 0 else (-value << 1) - 1)


def main():
    topology = json.loads(Path(sys.argv[1]).read_text())
    (scale_x, scale_y), (x0, y0) = topology["transform"]["scale"], topology["transform"]["translate"]
    used = Counter()
    for country in topology["objects"]["countries"]["geometries"]:
        used.update(set(arcs_of(country["arcs"])))
    lines, points = bytearray(), 0
    for index, arc in enumerate(topology["arcs"]):
        x = y = 0
        line = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            line.append((x * scale_x + x0, y * scale_y + y0))
        # What the flat map adds itself is no coast: its edges at 180 degrees and at the pole. Nor is the way from one edge to the other.
        pieces, piece = [], []
        for before, place in zip([None, *line], line):
            on_edge = [one is None or abs(abs(one[0]) - 180) < 1e-3 or one[1] < -89.9 for one in (before, place)]
            if before is None or all(on_edge) or place[1] < -89.9 or before[1] < -89.9 or abs(place[0] - before[0]) > 180:
                pieces.append(piece)
                piece = [place]
            else:
                piece.append(place)
        pieces.append(piece)
        for piece in pieces:
            steps = []
            for place in thinned(piece) if len(piece) > 1 else []:
                step = (round(place[0] / STEP), round(place[1] / STEP))
                if not steps or steps[-1] != step:
                    steps.append(step)
            if len(steps) < 2:
                continue
            lines += number(len(steps) << 1 | (used[index] > 1))
            x = y = 0
            for u, v in steps:
                lines += zigzag(u - x) + zigzag(v - y)
                x, y = u, v
            points += len(steps)
    target = Path(__file__).with_name("land.bin")
    target.write_bytes(lines)
    print(f"{target}: {points} points, {len(lines)} bytes")


main()
