"""What could be better about a picture, from small stills: drawn scenes, and what hostile bytes do."""

import asyncio
from collections.abc import AsyncIterator

import cv2
import numpy as np
import pytest

from media.looks import BLURRED, COVERED, DARK, LOOK_BYTES, Looks, Seen, judge, measure


@pytest.fixture
async def looks() -> AsyncIterator[Looks]:
    looks = Looks()
    yield looks
    await looks.close()


def scene(seed: int) -> np.ndarray:
    """A street of houses with windows, 640 by 480, grey: edges of all sizes, and a little noise."""
    chance = np.random.default_rng(seed)
    picture = np.full((480, 640), 190, np.uint8)
    for _ in range(60):
        x, y = (int(v) for v in chance.integers(0, (600, 440)))
        wide, high = (int(v) for v in chance.integers(12, 120, 2))
        cv2.rectangle(picture, (x, y), (x + wide, y + high), int(chance.integers(20, 240)), -1)
    noise = chance.normal(0, 3, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def small(picture: np.ndarray) -> bytes:
    """As the page sends it: 160 pixels across."""
    shrunk = cv2.resize(picture, (160, 120), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", shrunk, (cv2.IMWRITE_JPEG_QUALITY, 80))[1].tobytes()


def moved(picture: np.ndarray, pixels: int) -> np.ndarray:
    kernel = np.zeros((pixels, pixels), np.float32)
    kernel[pixels // 2] = 1 / pixels
    return cv2.filter2D(picture, -1, kernel)


async def test_each_fault_is_named_and_a_good_picture_is_not(looks: Looks) -> None:
    for seed in range(6):
        good = scene(seed)
        told = {
            "": good,
            "dark": np.clip(good * 0.12, 0, 255).astype(np.uint8),
            "covered": np.clip(cv2.GaussianBlur(good, (0, 0), 80) * 0.05 + 70, 0, 255).astype(np.uint8),
            "blurred": cv2.GaussianBlur(good, (0, 0), 9),
        }
        assert {word: await looks.look(small(picture)) for word, picture in told.items()} == {
            w: w for w in told
        }
        assert await looks.look(small(moved(good, 45))) == "blurred", "moved along one axis alone"


async def test_what_is_shown_stays_until_the_picture_is_clearly_better(looks: Looks) -> None:
    between = tuple((low + high) / 2 for low, high in (DARK, COVERED, BLURRED))
    fine = (200.0, 60.0, 900.0)
    for place, fault in enumerate((Seen.DARK, Seen.COVERED, Seen.BLURRED)):
        measured = list(fine)
        measured[place] = between[place]
        assert judge((measured[0], measured[1], measured[2]), Seen.FINE) is Seen.FINE
        assert judge((measured[0], measured[1], measured[2]), fault) is fault
    assert judge(fine, Seen.DARK) is Seen.FINE
    light, contrast, sharp = measure(np.full((120, 160), 40, np.uint8))
    assert (light, contrast, sharp) == (40, 0, 0)


async def test_hostile_bytes_stop_nobody_else(looks: Looks) -> None:
    good = small(scene(1))
    bomb = cv2.imencode(".jpg", np.zeros((2000, 2000), np.uint8))[1].tobytes()
    chance = np.random.default_rng(3)
    hostile = [b"\xff\xd8\xff\xd9", b"GIF89a", good[: len(good) // 2], bomb[:LOOK_BYTES], b"\x00" * 500]
    for _ in range(10):
        mutant = bytearray(good)
        for at in chance.integers(0, len(mutant), 20):
            mutant[at] = int(chance.integers(0, 256))
        hostile.append(bytes(mutant))

    async def told(jpeg: bytes) -> str:
        try:
            return await looks.look(jpeg)
        except ValueError:
            return "no picture"

    answers = await asyncio.gather(*(told(jpeg) for bad in hostile for jpeg in (bad, good)))
    assert set(answers[1::2]) == {""}, "each good one has its own answer"
    assert answers[0] == answers[2] == answers[6] == "no picture"
    with pytest.raises(ValueError, match="small"):
        await looks.look(b"\xff" * (LOOK_BYTES + 1))


async def test_a_process_that_is_gone_is_begun_anew(looks: Looks) -> None:
    good = small(scene(2))
    assert await looks.look(good) == ""
    assert looks._process is not None
    looks._process.kill()
    await looks._process.wait()
    assert await looks.look(good) == ""
