"""The QR code on a handout: a document of its own, not a piece of HTML."""

from xml.etree import ElementTree

from backend.services.links import drawn
from tests.backend.house import House, Staff


async def test_a_handouts_qr_code_is_an_svg_document_that_stands_alone(house: House, dana: Staff) -> None:
    link = await dana.issue(await dana.open())
    handout = await dana.get(f"/api/links/{link['id']}/handout")
    root = ElementTree.fromstring(handout["qr_svg"])
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("width") == root.get("height")
    assert handout["qr_svg"] == drawn(handout["url"])
    assert handout["url"] not in handout["qr_svg"]
