#!/usr/bin/env python3
"""A preprocessor of mdBook: links of the guide that lead out of it lead to the repository.

On the tree, as people read it on a forge, `../../crates/nbsnap/README.md` is a file. In the book it is none. Where the workspace's Cargo.toml has a
`repository`, such a link becomes an address there; else its text stays and names the file.
"""

import json
import posixpath
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = "docs/src"
# `[text](target)`, but not a picture.
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*)\]\(([^)\s]+)\)")


def outside(chapter, target):
    """The file that a link of a chapter means, and its heading, if that is in no chapter."""
    path, _, heading = target.partition("#")
    if "://" in target or not path:
        return None
    file = posixpath.normpath(posixpath.join(SOURCE, posixpath.dirname(chapter), path))
    return None if file.startswith(SOURCE + "/") else (file, heading)


def rewritten(chapter, text, repository):
    def link(match):
        found = outside(chapter, match[2])
        if not found:
            return match[0]
        file, heading = found
        if repository:
            return f"[{match[1]}]({repository}/blob/HEAD/{file}{'#' + heading if heading else ''})"
        return f"{match[1]} (`{file}`)"

    # What is in a fence is no link.
    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else LINK.sub(link, part) for part in parts)


def walk(items, repository):
    for item in items:
        chapter = item.get("Chapter") if isinstance(item, dict) else None
        if chapter:
            if chapter.get("path"):
                chapter["content"] = rewritten(chapter["path"], chapter["content"], repository)
            walk(chapter["sub_items"], repository)


def main():
    if sys.argv[1:2] == ["supports"]:
        return
    _, book = json.load(sys.stdin)
    repository = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"].get("repository", "").rstrip("/")
    walk(book.get("items", book.get("sections", [])), repository)
    json.dump(book, sys.stdout)


if __name__ == "__main__":
    main()
