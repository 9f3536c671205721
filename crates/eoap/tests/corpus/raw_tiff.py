"""Writes TIFFs whose colours GDAL reads and does not write: four inks (CMYK), and brightness with differences of colour (YCbCr), whose
differences may be kept for several pixels at once. The encoding is that of TIFF 6.0, sections 16 and 21."""
import struct
import zlib

import numpy as np

COMPRESSIONS = {"none": 1, "deflate": 8, "packbits": 32773, "lzw": 5}


def lzw(data):
    """As TIFF has it: codes of 9 to 12 bits, the highest bit first; the table is cleared before it is full."""
    bits, count, table, word = [], 9, {bytes([value]): value for value in range(256)}, b""

    def put(code):
        bits.append(f"{code:0{count}b}")

    put(256)
    for value in data:
        longer = word + bytes([value])
        if longer in table:
            word = longer
            continue
        put(table[word])
        table[longer] = len(table) + 2
        if len(table) + 2 > (1 << count) - 1:
            count += 1
        if len(table) + 2 >= 4094:
            put(256)
            count, table = 9, {bytes([value]): value for value in range(256)}
        word = bytes([value])
    if word:
        put(table[word])
        if len(table) + 3 > (1 << count) - 1:
            count += 1
    put(257)
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return bytes(int(text[at:at + 8], 2) for at in range(0, len(text), 8))


def packbits(data):
    return b"".join(bytes([len(data[at:at + 128]) - 1]) + data[at:at + 128] for at in range(0, len(data), 128))


PACK = {"none": bytes, "deflate": zlib.compress, "packbits": packbits, "lzw": lzw}


def subsampled(image, across, down):
    """Units of `across` × `down` brightnesses and the means of both differences."""
    height, width = image.shape[:2]
    image = np.pad(image, ((0, -height % down), (0, -width % across), (0, 0)), mode="edge")
    height, width = image.shape[:2]
    units = image.reshape(height // down, down, width // across, across, 3).transpose(0, 2, 1, 3, 4)
    units = units.reshape(height // down, width // across, down * across, 3)
    differences = units[..., 1:].astype("float64").mean(axis=2).astype("uint8")
    return np.concatenate([units[..., 0], differences], axis=2).tobytes()


def write(path, image, photometric, compression="none", block=None, subsampling=(1, 1), planar=False, order="<", extra=(), tags=()):
    """`image` is rows × columns × samples of 8 or 16 bits; `block` the rows of a strip, or columns and rows of a tile."""
    height, width, samples = image.shape
    is_tiled = isinstance(block, tuple)
    columns, rows = block if is_tiled else (width, block or height)
    image = image.astype(image.dtype.newbyteorder(order))
    chunks = []
    for plane in range(samples) if planar else [slice(None)]:
        for top in range(0, height, rows):
            for left in range(0, width, columns):
                part = image[top:top + rows, left:left + columns, plane].reshape(min(rows, height - top), min(columns, width - left), -1)
                if is_tiled:
                    part = np.pad(part, ((0, rows - part.shape[0]), (0, columns - part.shape[1]), (0, 0)), mode="edge")
                data = subsampled(part, *subsampling) if photometric == 6 and subsampling != (1, 1) else part.tobytes()
                chunks.append(PACK[compression](data))
    bits = image.dtype.itemsize * 8
    entries = [(256, "L", [width]), (257, "L", [height]), (258, "H", [bits] * samples), (259, "H", [COMPRESSIONS[compression]]),
               (262, "H", [photometric]), (277, "H", [samples]), (284, "H", [2 if planar else 1])]
    places = {True: (324, 325), False: (273, 279)}[is_tiled]
    entries += [(places[0], "L", [0] * len(chunks)), (places[1], "L", [len(chunk) for chunk in chunks])]
    entries += [(322, "L", [columns]), (323, "L", [rows])] if is_tiled else [(278, "L", [rows])]
    if extra:
        entries.append((338, "H", list(extra)))
    if photometric == 6:
        entries.append((530, "H", list(subsampling)))
    entries = sorted(entries + list(tags))
    kinds = {"H": (3, 2), "L": (4, 4), "R": (5, 8)}

    def values(kind, numbers):
        if kind == "R":
            return b"".join(struct.pack(order + "LL", round(number * 1000000), 1000000) for number in numbers)
        return struct.pack(f"{order}{len(numbers)}{kind}", *numbers)

    size = 8 + 2 + 12 * len(entries) + 4
    rest = sum(len(values(kind, numbers)) + 1 & ~1 for _, kind, numbers in entries if len(values(kind, numbers)) > 4)
    at = size + rest
    for index, (tag, kind, numbers) in enumerate(entries):
        if tag == places[0]:
            offsets = [at + sum(map(len, chunks[:number])) for number in range(len(chunks))]
            entries[index] = (tag, kind, offsets)
    directory, more = struct.pack(order + "H", len(entries)), b""
    for tag, kind, numbers in entries:
        data = values(kind, numbers)
        if len(data) > 4:
            place = struct.pack(order + "L", size + len(more))
            more += data + b"\0" * (len(data) % 2)
        else:
            place = data.ljust(4, b"\0")
        directory += struct.pack(order + "HHL", tag, kinds[kind][0], len(numbers)) + place
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HL", 42, 8)
    path.write_bytes(head + directory + b"\0" * 4 + more.ljust(rest, b"\0") + b"".join(chunks))
    return path
