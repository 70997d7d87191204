"""A house whose public log is published, and what stands open in its disclosure files."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from backend.disclosures import Checked, check
from backend.tlog.verify import check_tree, read_checkpoint
from tests.backend.house import House, Staff
from tests.backend.lent import AT_THE_SHOP, Lent, press
from tests.tlog import trees

LOG = trees.KEY.verifier


def public(house: House) -> Path:
    """The log's folder."""
    return house.config.data_dir / "log"


async def cover(house: House, size: int | None = None) -> int:
    """A checkpoint over the first entries that the log has, or over all of them: how many that is."""
    await house.parts.uses.hand_over()
    leaves = house.log.leaves()[:size]
    shutil.rmtree(public(house) / "tile", ignore_errors=True)
    trees.grow(public(house), 0, leaves)
    return len(leaves)


async def used(dana: Staff, lent: Lent, camera: str, place: dict[str, Any] | None = None) -> str:
    """A lent camera is opened for an incident, which is then closed: the incident."""
    incident = await dana.open(**(place or AT_THE_SHOP))
    await press(dana, incident, camera)
    await dana.post(f"/api/incidents/{incident['id']}/close")
    return str(incident["id"])


def late(house: House) -> None:
    """As long after everything as the rest is waited for, to the next full hour."""
    house.clock.advance(hours=house.config.disclose_after_hours + 1)


def opened(house: House) -> dict[int, dict[str, str]]:
    """What the files say, by index: each field's value. All of it has been checked."""
    checked(house)
    found: dict[int, dict[str, str]] = {}
    for file in sorted((public(house) / "disclosures").glob("*.json")):
        for entry in json.loads(file.read_bytes())["entries"]:
            found[entry["index"]] = {name: value for name, (value, _) in entry["fields"].items()}
    return found


def checked(house: House) -> Checked:
    """What `sightline audit verify` makes of the files. Raises Fault."""
    checkpoint = read_checkpoint(public(house), LOG).checkpoint
    check_tree(public(house), checkpoint)
    return check(public(house), checkpoint, LOG)


async def looked(house: House, after: timedelta | None = None) -> dict[int, dict[str, str]]:
    """One look of the service's, as its loop takes them: what is open then."""
    if after is not None:
        house.clock.advance(seconds=after.total_seconds())
    await house.parts.disclosures.look()
    return opened(house)
