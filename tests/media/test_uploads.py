"""What callers send is made anew in a process of its own; what lies, is torn or far too large is refused."""

import io
from pathlib import Path

import av
import pytest
from PIL import Image

from media import upload_worker
from media.upload_worker import container, pixels
from media.uploads import Cleaned, Cleaner, UploadKind
from tests.media import clips
from tests.media.test_frames import a_picture


async def made(folder: Path, given: bytes) -> tuple[Cleaned, Path]:
    path, out = folder / "given", folder / "made"
    path.write_bytes(given)
    return await Cleaner().clean(path, out), out


async def test_a_photo_comes_out_upright_smaller_and_with_nothing_beside_it(tmp_path: Path) -> None:
    given = clips.sideways()
    cleaned, out = await made(tmp_path, given)
    assert (cleaned.kind, cleaned.width, cleaned.height) == (UploadKind.PHOTO, 600, 800)
    picture = Image.open(out)
    assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (600, 800), {})
    top, bottom = picture.convert("RGB").getpixel((300, 50)), picture.convert("RGB").getpixel((300, 750))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 150 > top[2]
    assert bottom[2] > 150 > bottom[0]
    assert b"Main Street" in given
    assert b"Main Street" not in out.read_bytes()


@pytest.mark.parametrize(("codec", "form"), [("libx264", "mp4"), ("libvpx", "webm")])
async def test_a_clip_comes_out_as_pictures_without_sound(tmp_path: Path, codec: str, form: str) -> None:
    given = clips.clip(tmp_path / "clip", codec=codec, form=form)
    cleaned, out = await made(tmp_path, given.read_bytes())
    assert (cleaned.kind, cleaned.width, cleaned.height) == (UploadKind.CLIP, 320, 180)
    assert 1.7 <= cleaned.seconds <= 2.0
    with av.open(str(out)) as read:
        assert [(one.type, one.codec_context.name) for one in read.streams] == [("video", "h264")]
        assert 26 <= sum(1 for _ in read.decode(video=0)) <= 32, "15 a second are enough"


async def test_a_clip_that_breaks_off_is_what_came_and_a_long_one_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = clips.clip(tmp_path / "clip", codec="libvpx", form="webm", seconds=3).read_bytes()
    cleaned, _ = await made(tmp_path, whole[: len(whole) * 2 // 3])
    assert cleaned.kind is UploadKind.CLIP
    (tmp_path / "given").write_bytes(whole)
    monkeypatch.setattr(upload_worker, "CLIP_S", 1)
    cut = upload_worker.anew(tmp_path / "given", tmp_path / "made")
    assert cut.seconds <= 1.0


async def test_what_cannot_be_shown_is_refused(tmp_path: Path) -> None:
    clip = clips.clip(tmp_path / "clip").read_bytes()
    for lie in (
        b"",
        b"<html><script>",
        b"GIF89a" + bytes(100),
        b"\xff\xd8\xff\xe0 it says that it is a JPEG",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        a_picture()[:300],
        clip[:200],
        b"\x1a\x45\xdf\xa3" + bytes(1000),
        clips.bomb(20_000, 20_000),
        clips.bomb(16_000, 16_000),
        b"#EXTM3U\nfile:///etc/passwd\n",
        bytes(4) + b"ftyp" + b"isom" + bytes(200),
    ):
        with pytest.raises(ValueError, match=r"."):
            await made(tmp_path, lie)


def test_pixels_are_known_before_anything_is_decoded() -> None:
    for form, more in (("JPEG", {}), ("PNG", {}), ("WEBP", {}), ("WEBP", {"lossless": True})):
        out = io.BytesIO()
        Image.new("RGB", (123, 45)).save(out, form, **more)
        head = out.getvalue()
        assert pixels(container(head), head) == (123, 45)
    alpha = io.BytesIO()
    Image.new("RGBA", (123, 45)).save(alpha, "WEBP", exif=b"Exif\0\0")
    assert pixels("webp", alpha.getvalue()) == (123, 45)
    with pytest.raises(ValueError, match="too many pixels"):
        pixels("png", clips.bomb(20_000, 1))
