"""`sightline basemap FILE`: an agency's own map, looked through and put where the service finds it.

The file is the operator's, but came from somewhere: nothing of it is taken on trust. Every directory is read
and every tile's place in the file is checked; a copy that passes takes the old one's place at once.
"""

import argparse
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from pmtiles.tile import Compression, Entry, deserialize_directory

from backend.api.tiles import Basemap, unpacked
from backend.config import Config, ConfigError
from backend.fittings import installed_basemap, refuse_map_beside

DRAWN = ("roads", "buildings", "water", "landuse", "places", "pois")  # by pwa/src/map/style.ts
_MOST_BYTES = 16 << 30
_DEEPEST = 3  # directories below the root, as readers follow them
_SAMPLES = 64
_MEGABYTE = 1_000_000


def install(options: argparse.Namespace, config: Config) -> int:
    """Take `options.file` as the map of this service. Raises ConfigError for one that cannot be it."""
    source, target = Path(options.file), installed_basemap(config)
    draft = target.with_name(f"{target.name}.{secrets.token_hex(8)}")
    try:
        if not source.is_file():
            raise ValueError(f"{source} is not a file")
        size = source.stat().st_size
        if size > _MOST_BYTES:
            raise ValueError(
                f"{source} is larger than 16 GiB: cut your city out of it, with `pmtiles extract`"
            )
        Basemap(source)  # before the disk is filled with something else
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(target.parent).free < size:
            raise ValueError(f"{target.parent} has no room for it: {size / _MEGABYTE:.0f} MB are needed")
        _copy(source, draft)
        basemap = Basemap(draft)
        refuse_damaged(basemap)
        refuse_map_beside(config, basemap)
        draft.replace(target)
    except (OSError, ValueError) as error:
        raise ConfigError(str(error).replace(str(draft), str(source))) from error
    finally:
        draft.unlink(missing_ok=True)
    west, south, east, north = basemap.bounds
    print(f"{target}: {size / _MEGABYTE:.1f} MB, zooms {basemap.least_zoom} to {basemap.most_zoom},")
    print(f"from {south:.4f}, {west:.4f} to {north:.4f}, {east:.4f}, with {', '.join(basemap.layers)}.")
    missing = [layer for layer in DRAWN if layer not in basemap.layers]
    if missing:
        print(f"It has no {', '.join(missing)}: the map will show less than one of Protomaps, version 4.")
    if config.basemap is not None:
        print(f"SIGHTLINE_BASEMAP names another, {config.basemap}: unset it to show this one.")
    print("Restart the service to show it.")
    return 0


def _copy(source: Path, draft: Path) -> None:
    with (
        source.open("rb") as given,
        os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
    ):
        shutil.copyfileobj(given, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())


def refuse_damaged(basemap: Basemap) -> None:
    """Raise ValueError for a map of which a tile is not there or cannot be unpacked, or that has no streets.

    Unpacks every directory, and 64 tiles from all over the file.
    """
    if not {"roads", "buildings"} & set(basemap.layers):
        raise ValueError("it has no streets: it is no basemap of Protomaps, version 4, but something else")
    header = basemap.header
    tiles = list(_tiles(basemap))
    if not tiles:
        raise ValueError("there is no tile in it")
    is_packed = header["tile_compression"] is Compression.GZIP
    for entry in tiles[:: max(1, len(tiles) // _SAMPLES)]:
        start = header["tile_data_offset"] + entry.offset
        tile = basemap.held[start : start + entry.length]
        if is_packed:
            unpacked(tile)


def _tiles(basemap: Basemap) -> Iterator[Entry]:
    """Every entry for tiles, from all directories; each of them is read once."""
    header = basemap.header
    left = header["leaf_directory_length"]
    ahead = [(header["root_offset"], header["root_length"], 0)]
    while ahead:
        offset, length, depth = ahead.pop()
        for entry in _directory(basemap.held[offset : offset + length]):
            if entry.run_length > 0:
                if entry.length == 0 or entry.offset + entry.length > header["tile_data_length"]:
                    raise ValueError("it is damaged: it names a tile that is not in it")
                yield entry
                continue
            left -= entry.length
            if left < 0 or depth == _DEEPEST or entry.offset + entry.length > header["leaf_directory_length"]:
                raise ValueError("it is damaged: its directories lead nowhere")
            ahead.append((header["leaf_directory_offset"] + entry.offset, entry.length, depth + 1))


def _directory(packed: bytes) -> list[Entry]:
    unpacked(packed)  # the library unpacks whatever there is
    try:
        entries = cast(Any, deserialize_directory)(packed)
    except (EOFError, OSError, IndexError, OverflowError) as error:
        raise ValueError("it is damaged: a directory of it cannot be read") from error
    return cast(list[Entry], entries)
