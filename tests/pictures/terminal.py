#!/usr/bin/env python3
"""Records commands in a terminal as one SVG that plays again and again: terminal.py FOLDER FILE.svg 'COMMAND' ...

The commands run one after another in a pseudo-terminal, in FOLDER, and what the terminal shows at each moment becomes a frame. A command that
begins with `#` is shown as a remark and not run. Pauses are cut short, so that a recording is quick to watch and much the same each time.
Needs the package pyte. Who wants no motion (`prefers-reduced-motion`) sees the last frame.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from html import escape
from pathlib import Path

import pyte

COLUMNS, LINES = 96, 26
# Pixels of a character, and around all of them.
WIDTH, HEIGHT, MARGIN = 8.4, 18, 14
# Seconds that a pause lasts at most, that a command's output is there to be read, and between two typed characters.
LONGEST, READING, TYPING = 0.8, 3.0, 0.04
GROUND, TEXT = "#0d1117", "#d7dde4"
COLOURS = {"black": "#6e7681", "red": "#ff7b72", "green": "#56d364", "brown": "#e3b341", "blue": "#79c0ff", "magenta": "#d2a8ff",
           "cyan": "#76e3ea", "white": "#d7dde4", "default": TEXT}


class Recording:
    """Frames: how long each is shown, and the rows of coloured runs that it shows."""

    def __init__(self):
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)
        self.frames = []

    def feed(self, data, seconds):
        """What the terminal shows after this is there for so long."""
        self.stream.feed(data)
        rows = self.rows()
        if self.frames and self.frames[-1][1] == rows:
            self.frames[-1][0] += seconds
        else:
            self.frames.append([seconds, rows])

    def rows(self):
        rows = []
        for number in range(LINES):
            line, runs = self.screen.buffer[number], []
            for column in range(COLUMNS):
                char = line[column]
                look = (char.fg, char.bold)
                if runs and runs[-1][1] == look:
                    runs[-1][2] += char.data
                else:
                    runs.append([column, look, char.data])
            rows.append([(column, look, text.rstrip()) for column, look, text in runs if text.strip()])
        return rows

    def type(self, command):
        self.feed(b"\x1b[32m$\x1b[0m ", 0.4)
        for letter in command:
            self.feed(letter.encode(), TYPING)
        self.feed(b"\r\n", 0.1)

    def run(self, command, folder):
        """Runs a command of the shell, and shows what it prints as it comes."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(folder)
            os.execvp("sh", ["sh", "-c", command])
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        before = time.monotonic()
        held = b""
        while True:
            ready = select.select([terminal], [], [], 0.05)[0]
            try:
                data = os.read(terminal, 65536) if ready else b""
            except OSError:
                break
            if ready and not data:
                break
            held += data
            now = time.monotonic()
            # What comes at once is one frame: nobody can see more.
            if held and not ready:
                self.feed(held, min(now - before, LONGEST))
                held, before = b"", now
        self.feed(held, 0.1)
        os.waitpid(child, 0)
        self.feed(b"", READING)

    def svg(self):
        total = sum(seconds for seconds, _ in self.frames)
        width, height = COLUMNS * WIDTH + 2 * MARGIN, LINES * HEIGHT + 2 * MARGIN
        last = len(self.frames) - 1
        said = "\n".join(line.rstrip() for line in self.screen.display).strip()
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" role="img">',
            f"<title>A terminal: nbsnap tests a notebook</title>\n<desc>{escape(said)}</desc>",
            "<style>",
            f"text{{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:{TEXT};white-space:pre}}",
            ".b{font-weight:700}",
            *(f".{name}{{fill:{colour}}}" for name, colour in COLOURS.items() if name != "default"),
            "@media (prefers-reduced-motion:no-preference){",
            f".f{{visibility:hidden;animation:{total:.2f}s steps(1,end) infinite}}",
        ]
        begin = 0.0
        for number, (seconds, _) in enumerate(self.frames):
            start, end = 100 * begin / total, 100 * (begin + seconds) / total
            # Before and after its time a frame is hidden.
            before = "0%{visibility:hidden}" if number else ""
            after = "" if number == last else f"{end:.3f}%{{visibility:hidden}}"
            parts.append(f"#f{number}{{animation-name:k{number}}}@keyframes k{number}{{{before}{start:.3f}%{{visibility:visible}}{after}}}")
            begin += seconds
        parts.append("}")
        parts.append(f"@media (prefers-reduced-motion:reduce){{.f:not(#f{last}){{visibility:hidden}}}}")
        parts.append("</style>")
        parts.append(f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>')
        # Most rows stay from frame to frame: each is drawn once, and shown by its number.
        drawn = {}
        for number, (_, rows) in enumerate(self.frames):
            shown = (drawn.setdefault((row, tuple(runs)), f"r{len(drawn)}") for row, runs in enumerate(rows) if runs)
            parts.append(f'<g class="f" id="f{number}">' + "".join(f'<use href="#{name}"/>' for name in shown) + "</g>")
        parts.append("<defs>")
        parts.extend(f'<g id="{name}">{self.drawn(row, runs)}</g>' for (row, runs), name in drawn.items())
        parts.append("</defs>")
        return "\n".join(parts) + "\n</svg>\n"

    @staticmethod
    def drawn(row, runs):
        """The runs of a row, each as wide as its characters, whatever the font."""
        texts = []
        for column, (colour, bold), text in runs:
            names = " ".join(name for name in [colour if colour in COLOURS and colour != "default" else "", "b" if bold else ""] if name)
            look = f' class="{names}"' if names else ""
            place = f'x="{MARGIN + column * WIDTH:.1f}" y="{MARGIN + (row + 0.75) * HEIGHT:.1f}" textLength="{len(text) * WIDTH:.1f}"'
            texts.append(f"<text {place}{look}>{escape(text)}</text>")
        return "".join(texts)


def main():
    folder, file, *commands = sys.argv[1:]
    recording = Recording()
    for command in commands:
        recording.type(command)
        if not command.startswith("#"):
            recording.run(command, folder)
    Path(file).write_text(recording.svg())


if __name__ == "__main__":
    main()
