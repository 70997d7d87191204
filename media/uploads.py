"""What a caller chose to send, a photo or a clip, is made anew before anybody sees it.

In a process that lives for this one file (media.upload_worker): no secrets, little memory and time, and one
file that it may write. Whatever the bytes do to a decoder, they do it there.
"""

import asyncio
from enum import StrEnum
from pathlib import Path

import msgspec

from media.confined import run

PHOTO_PIXELS = 1 << 26  # 67 million
_WITHIN_S = 300.0


class UploadKind(StrEnum):
    PHOTO = "photo"
    CLIP = "clip"


class Cleaned(msgspec.Struct, frozen=True, kw_only=True):
    """What came out: pixels, and for a clip its seconds, after which it may have been cut."""

    kind: UploadKind
    width: int
    height: int
    seconds: float = 0.0


class Cleaner:
    """One file at a time: callers wait for seconds, and the machine has others to serve."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def clean(self, given: Path, made: Path) -> Cleaned:
        """Make `given` anew as `made`. Raises ValueError for what is neither a photo nor a clip."""
        async with self._turn:
            said = await run(
                "media.upload_worker", str(given), str(made), pixels=PHOTO_PIXELS, within_s=_WITHIN_S
            )
        try:
            return msgspec.json.decode(said, type=Cleaned)
        except msgspec.MsgspecError:
            raise ValueError("it is neither a photo nor a clip") from None
