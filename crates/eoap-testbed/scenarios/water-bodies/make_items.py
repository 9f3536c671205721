"""Writes the STAC files that lie next to the masks on S3: catalog.json, collection.json and one JSON per item.

The documented run shows the items as the server answers them (processes/water-bodies/results.json), not as they are stored. What is
documented of the stored first item is its size, 3447 bytes: that is the answered item, indented by two and without blanks behind colons, with links
to the root, the parent and the collection, which STAC asks of an item that names one.

Needs Python alone: python3 make_items.py
"""

import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
RESULTS = HERE / "processes" / "water-bodies" / "results.json"
BUCKET = HERE / "s3" / "results"


def link(rel, href, **more):
    return {"rel": rel, "href": href, "type": "application/json", **more}


def write(href, document, separators=None):
    path = BUCKET / href.removeprefix("s3://results/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, separators=separators))
    return path.stat().st_size


def stored(item):
    """The item as it lies in the bucket."""
    address = next(entry["href"] for entry in item["links"] if entry["rel"] == "self")
    collection = next(entry for entry in item["links"] if entry["rel"] == "collection")
    links = [link("root", "../../catalog.json", title="Root catalog"), link("parent", "../collection.json", title="Processing results"), collection]
    return address, item | {"links": links}


def collection(job, items):
    boxes = [item["bbox"] for item in items]
    whole = [min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)]
    dates = sorted(item["properties"]["datetime"] for item in items)
    return {
        "type": "Collection",
        "id": job,
        "stac_version": "1.0.0",
        "description": "Processing results",
        "links": [
            link("root", "../catalog.json"),
            *(dict(link("item", f"./{item['id']}/{item['id']}.json"), type="application/geo+json") for item in items),
            link("self", f"s3://results/{job}/{job}/collection.json"),
            link("parent", "../catalog.json"),
        ],
        "title": "Processing results",
        "extent": {"spatial": {"bbox": [whole]}, "temporal": {"interval": [[dates[0], dates[-1]]]}},
        "license": "proprietary",
    }


def catalog(job):
    return {
        "type": "Catalog",
        "id": "catalog",
        "stac_version": "1.0.0",
        "description": "Root catalog",
        "links": [
            link("root", "./catalog.json"),
            link("child", f"./{job}/collection.json", title="Processing results"),
            link("self", f"s3://results/{job}/catalog.json"),
        ],
    }


def main():
    answered = json.loads(RESULTS.read_text())["stac_catalog"]["value"]
    job, items = answered["id"], answered["features"]
    sizes = [write(*stored(item), separators=(",", ":")) for item in items]
    assert sizes[0] == 3447, sizes
    write(f"s3://results/{job}/{job}/collection.json", collection(job, items))
    write(f"s3://results/{job}/catalog.json", catalog(job))


if __name__ == "__main__":
    main()
