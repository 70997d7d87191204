"""A still is made anew in a process of its own: nothing but the picture comes out, whatever goes in."""

import asyncio
import contextlib
import io
import random

import pytest
from PIL import Image

from media import frames
from media.frames import LONGEST, STILL_BYTES, Frames
from media.ports import Full


def a_picture(width: int = 1600, height: int = 900, **more: object) -> bytes:
    """A JPEG of a gradient, as a browser would make one."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    out = io.BytesIO()
    picture.save(out, "JPEG", **more)
    return out.getvalue()


async def test_what_comes_out_is_the_picture_smaller_and_nothing_beside_it() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at 1 Main Street"
    exif[0x8825] = {1: "N", 2: (42.0, 19.0, 0.0)}
    hidden = b"<script>heliotrope</script>"
    given = a_picture(exif=exif, comment=b"heliotrope") + hidden
    made = await Frames().clean(given)
    assert (b"Main Street" in given, b"heliotrope" in given) == (True, True)
    assert b"Main Street" not in made
    assert b"heliotrope" not in made
    assert len(made) <= STILL_BYTES
    picture = Image.open(io.BytesIO(made))
    assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (LONGEST, 720), {})
    rows = picture.convert("L").resize((1, 9)).tobytes()
    assert rows[0] < rows[8]


async def test_noise_is_kept_small_too() -> None:
    noise = Image.effect_noise((900, 900), 100).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=30)
    assert len(out.getvalue()) <= STILL_BYTES
    assert len(await Frames().clean(out.getvalue())) <= STILL_BYTES


async def test_hostile_bytes_are_refused_and_the_next_picture_is_not() -> None:
    good, chance = a_picture(320, 240), random.Random(11)
    sof = good.index(b"\xff\xc0")
    bomb = bytearray(good)
    bomb[sof + 5 : sof + 9] = (60000).to_bytes(2, "big") * 2
    made = Frames()
    for bad in (
        b"",
        b"\xff\xd8\xff\xd9",
        good[:200],
        bytes(bomb),
        b"GIF89a" + good,
        bytes(chance.randrange(256) for _ in range(4096)),
        b"#EXTM3U\nfile:///etc/passwd\n",
    ):
        with pytest.raises(ValueError):
            await made.clean(bad)
    for _ in range(4):  # hurt somewhere: a picture or none, and never anything else
        hurt = bytearray(good)
        for _ in range(12):
            hurt[chance.randrange(2, len(hurt))] = chance.randrange(256)
        with contextlib.suppress(ValueError):
            assert (await made.clean(bytes(hurt))).startswith(b"\xff\xd8")
    assert Image.open(io.BytesIO(await made.clean(good))).size == (320, 240)


async def test_more_than_can_wait_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "WAITING", 0)
    made, good = Frames(), a_picture(64, 48)
    asked = await asyncio.gather(*(made.clean(good) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in asked] == [bytes, bytes, Full]
    assert await made.clean(good)


async def test_one_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "WITHIN_S", 0.001)
    with pytest.raises(ValueError, match="too long"):
        await Frames().clean(a_picture(64, 48))
