"""The campaign of power cuts, which kill -9 does not test: what was not synced may be lost, in any part.

A log's beginning is traced by strace once: every write with its bytes, every name made, moved and removed,
every sync, every acknowledgement. Then the machine loses its power after a random call: what was synced by
then is on the disk, of all else some is and some is not, writes are torn at any sector, and the log is opened
on that disk. A model that is harsher than ext4: nothing reaches the disk in any order but by fsync.
"""

import ast
import json
import os
import random
import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from backend.tlog.faults import Unfit
from tests.tlog import calls

CUTS = 2_000
SECTOR = 512
_LINE = re.compile(r"^\d+ +(\w+)\((.*)\) += +(-?\d+)")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ACKNOWLEDGED = "/acknowledged/"


class Op(NamedTuple):
    """One thing that was done. `on` is what a sync is of: the data's inode, or the name's folder."""

    kind: str  # data, cut, name, sync, told
    on: object
    name: str = ""
    inode: int | None = None  # that the name stands for from here on; None when it is gone
    at: int = 0
    data: bytes = b""


def recorded(root: Path) -> list[Op]:
    """A log's beginning under `root`, as strace saw it."""
    traced = ("openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "ftruncate", "link", "unlink")
    more = ("mkdir", "rmdir", "fallocate", "access")
    os.environ[calls.TELL] = _ACKNOWLEDGED
    try:
        calls._run(root, f"trace={','.join(traced + more)}", "abbrev=none", more=("-s", "1000000"))
    finally:
        del os.environ[calls.TELL]
    return _read((root / "trace").read_text(), root)


def _read(trace: str, root: Path) -> list[Op]:
    ops: list[Op] = []
    names: dict[str, int] = {}  # what each stands for now
    files: dict[int, tuple[int | str, int]] = {}  # descriptor -> inode or folder, position
    inodes = 0

    def named(path: str, inode: int | None) -> None:
        if inode is None:
            names.pop(path, None)
        else:
            names[path] = inode
        ops.append(Op("name", str(Path(path).parent), path, inode))

    for line in trace.splitlines():
        found = _LINE.match(line)
        if found is None or (found[3].startswith("-1") and _ACKNOWLEDGED not in line):
            continue
        call, arguments, result = found[1], found[2], int(found[3])
        strings = [ast.literal_eval(f'b"{each}"') for each in _STRING.findall(arguments)]
        if call == "access":
            if strings[0].startswith(_ACKNOWLEDGED.encode()):
                ops.append(Op("told", None, at=int(strings[0].rpartition(b"/")[2])))
            continue
        if call in ("openat", "mkdir", "rename", "link", "unlink", "rmdir"):
            paths = [each.decode() for each in strings]
            if not all(each.startswith(f"{root}/") or each == str(root) for each in paths):
                files.pop(result, None)
                continue
            if call == "openat":
                path = paths[0]
                if Path(path).is_dir() or names.get(path) == -1 or path == str(root):
                    files[result] = path, 0
                    continue
                if path not in names:
                    inodes += 1
                    named(path, inodes)
                elif "O_TRUNC" in arguments:
                    ops.append(Op("cut", names[path], at=0))
                files[result] = names[path], 0
            elif call == "mkdir":
                named(paths[0], -1)
            elif call == "rename":
                inode = names[paths[0]]
                named(paths[1], inode)
                named(paths[0], None)
            elif call == "link":
                named(paths[1], names[paths[0]])
            else:
                named(paths[0], None)
            continue
        descriptor = int(arguments.partition(",")[0])
        if descriptor not in files:
            continue
        on, position = files[descriptor]
        if call == "write":
            ops.append(Op("data", on, at=position, data=strings[0][:result]))
            files[descriptor] = on, position + result
        elif call == "pwrite64":
            ops.append(Op("data", on, at=int(arguments.rpartition(",")[2]), data=strings[0][:result]))
        elif call == "ftruncate":
            ops.append(Op("cut", on, at=int(arguments.rpartition(",")[2])))
        elif call in ("fsync", "fdatasync"):
            ops.append(Op("sync", on))
    return ops


def cut(ops: list[Op], when: int, root: Path, target: Path, dice: random.Random) -> int:
    """Make in `target` what the disk holds when the power goes after `when` of them; how many were told."""
    past = ops[:when]
    last_sync = {op.on: index for index, op in enumerate(past) if op.kind == "sync"}
    told = max((op.at for op in past if op.kind == "told"), default=0)
    data: dict[object, bytearray] = {}
    names: dict[str, int] = {}
    for index, op in enumerate(past):
        safe = index < last_sync.get(op.on, -1)
        if op.kind == "name":
            if safe or dice.random() < 0.5:
                if op.inode is None:
                    names.pop(op.name, None)
                else:
                    names[op.name] = op.inode
        elif op.kind in ("data", "cut"):
            held = data.setdefault(op.on, bytearray())
            if op.kind == "cut":
                if safe or dice.random() < 0.5:
                    del held[op.at :]
                    held.extend(bytes(op.at - len(held)))
                continue
            at = op.at
            while at < op.at + len(op.data):
                end = min((at // SECTOR + 1) * SECTOR, op.at + len(op.data))
                if safe or dice.random() < 0.5:
                    held.extend(bytes(max(0, end - len(held))))
                    held[at:end] = op.data[at - op.at : end - op.at]
                at = end
    for path in sorted(names):  # folders before what is in them; what has no folder is lost with it
        place = target / Path(path).relative_to(root)
        if not place.parent.is_dir():
            continue
        if names[path] == -1:
            place.mkdir()
        else:
            place.write_bytes(data.get(names[path], b""))
            place.chmod(0o600)
    return told


def campaign(cuts: int, seed: int) -> dict[str, int]:
    """So many power cuts of one recorded beginning. Raises calls.Wrong when what was told is lost."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="sightline-power-") as name:
        root = Path(name) / "root"
        root.mkdir()
        ops = recorded(root)
        done = {"cuts": 0, "calls": len(ops), "acknowledged": 0}
        for number in range(cuts):
            target = Path(name) / f"cut-{number}"
            target.mkdir()
            when = dice.randrange(len(ops) + 1)
            told = cut(ops, when, root, target, dice)
            try:
                calls.verify(target, told)
            except (calls.Wrong, Unfit, OSError) as wrong:
                raise calls.Wrong(f"after {when} of {len(ops)} calls (seed {seed}): {wrong}") from wrong
            done["cuts"] += 1
            done["acknowledged"] += told
    return done


def main() -> int:
    try:
        done = campaign(CUTS, random.SystemRandom().randrange(1 << 32))
    except calls.Wrong as wrong:
        print(f"WRONG: {wrong}")
        return 1
    print(json.dumps({"campaign": "power", **done, "lost": 0}, separators=(",", ":")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
