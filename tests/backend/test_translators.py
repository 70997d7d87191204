"""The translator that runs beside the service, really."""

import shutil

import pytest

from backend.services.translators import Apertium, Nobody


async def test_nobody_translates_by_default() -> None:
    assert await Nobody().translate("hola", "es", "en") is None


@pytest.mark.skipif(shutil.which("apertium") is None, reason="Debian's apertium is not installed")
async def test_apertium_makes_spanish_readable_and_leaves_what_it_does_not_know() -> None:
    apertium = Apertium()
    made = await apertium.translate("Hay un hombre con un cuchillo.", "es-MX", "en")
    assert made == "There is a man with a knife."
    back = await apertium.translate("The house is on the left.", "en", "es")
    assert back is not None
    assert "casa" in back
    assert await apertium.translate("Guten Tag", "de", "en") is None
    hostile = "$(id) `id` ^hola$ [<b>] \\ ; rm -rf / | cat @x *y"
    assert "uid=" not in (await apertium.translate(hostile, "es", "en") or "")
