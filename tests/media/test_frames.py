"""A still is made anew in a process of its own: nothing but the picture comes out, whatever goes in."""

import asyncio
import contextlib
import io
import random
import re
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from media import frames
from media.frames import LONGEST, STILL_BYTES, Frames
from media.palettes import STOPS, Palette, Thermal, table
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


def a_warm_scene() -> bytes:
    """Grey as a thermal camera sends it: a cold corner, somebody warm, all else between."""
    scene = Image.new("L", (640, 480), 100)
    scene.paste(20, (40, 40, 120, 100))
    scene.paste(230, (400, 300, 424, 348))
    out = io.BytesIO()
    scene.convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


async def test_a_thermal_still_is_coloured_and_its_coldest_and_hottest_spots_are_marked() -> None:
    made = Frames()
    plain = Image.open(io.BytesIO(await made.clean(a_warm_scene(), Thermal(palette=Palette.IRONBOW))))
    colours = table(Palette.IRONBOW)
    for spot, white in (((60, 60), 20), ((412, 320), 230), ((200, 400), 100)):
        assert plain.getpixel(spot) == pytest.approx(colours[white], abs=14)
    thermal = Thermal(palette=Palette.BLACK_HOT, range_c=(-5.0, 40.0))
    marked = Image.open(io.BytesIO(await made.clean(a_warm_scene(), thermal))).convert("L")
    bare = Thermal(palette=Palette.BLACK_HOT)
    unmarked = Image.open(io.BytesIO(await made.clean(a_warm_scene(), bare))).convert("L")
    drawn = ImageChops.difference(marked, unmarked).point(lambda white: 255 if white > 60 else 0)
    assert drawn.crop((30, 10, 240, 110)).getbbox() is not None, "at the coldest"
    assert drawn.crop((390, 270, 600, 360)).getbbox() is not None, "at the hottest"
    assert drawn.crop((240, 110, 390, 270)).getbbox() is None, "and nowhere else"


def test_a_spots_degrees_are_where_its_white_lies_in_the_cameras_range() -> None:
    import cv2
    import numpy as np

    said: list[str] = []
    scene = cv2.imdecode(np.frombuffer(a_warm_scene(), np.uint8), cv2.IMREAD_COLOR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "_mark", lambda _, at, words: said.append(words))
        frames.coloured(scene, Thermal(palette=Palette.RAINBOW, range_c=(-5.0, 40.0)))
    cold, hot = (float(words.removesuffix(" C")) for words in said)
    assert cold == pytest.approx(-5 + 45 * 20 / 255, abs=0.6)
    assert hot == pytest.approx(-5 + 45 * 230 / 255, abs=0.6)


def test_the_pages_and_the_stills_know_the_same_palettes() -> None:
    source = (Path(__file__).parents[2] / "pwa/src/staff/thermal/palettes.ts").read_text()
    stops = source[source.index("const STOPS") : source.index("const STEPS")]
    found = {
        name: tuple((int(r), int(g), int(b)) for r, g, b in re.findall(r"\[(\d+), (\d+), (\d+)\]", body))
        for name, body in re.findall(r'"?([a-z-]+)"?: \[\n(.*?)\n  \],', stops, re.DOTALL)
    }
    assert found == {palette.value: colours for palette, colours in STOPS.items()}
