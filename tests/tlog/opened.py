"""Leaves with commitments, and disclosure files that open some of their fields; as docs/log.md says it."""

import base64
import hashlib
import json
from pathlib import Path

from tests.tlog import trees

CONTEXT = b"sightline-commitment/v1\n"


def field(index: int, name: str) -> tuple[str, str]:
    """A value and a salt that anybody can make again."""
    salt = hashlib.sha256(f"{index} {name}".encode()).digest()[:16]
    return f"{name} of {index}, “ä” \\ \n", base64.b64encode(salt).decode()


def leaf(index: int) -> bytes:
    """An entry with three fields."""
    committed = {}
    for name in ("hour", "reason", "camera"):
        value, salt = field(index, name)
        text = CONTEXT + name.encode() + b"\n" + base64.b64decode(salt) + value.encode()
        committed[name] = base64.b64encode(hashlib.sha256(text).digest()).decode()
    return json.dumps({"v": 1, "type": "open", "c": committed}, separators=(",", ":")).encode()


def file(bundle: int, names: dict[int, list[str]]) -> bytes:
    """A disclosure file that opens these fields of these entries."""
    entries = [
        {"index": index, "fields": {name: field(index, name) for name in sorted(opened)}}
        for index, opened in sorted(names.items())
    ]
    whole = {"v": 1, "first": 256 * bundle, "entries": entries}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


def make(path: Path, size: int) -> None:
    """A log of this size with its disclosure files: one field of each entry, and of every third two."""
    trees.grow(path, 0, [leaf(index) for index in range(size)])
    (path / "disclosures").mkdir()
    for bundle in range(-(-size // 256)):
        inside = range(bundle * 256, min(size, bundle * 256 + 256))
        names = {index: ["hour", "reason"] if index % 3 == 0 else ["hour"] for index in inside}
        (path / f"disclosures/{bundle}.json").write_bytes(file(bundle, names))
