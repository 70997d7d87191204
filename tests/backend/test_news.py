"""When an incident last had news: what a caller or a carrier did, and refusals; not who looked."""

from datetime import datetime

from tests.backend.house import House, Phone


async def test_news_is_what_the_caller_does_and_not_what_the_desk_does(any_house: House) -> None:
    dana = await any_house.staff("dana")
    incident = await dana.open()
    assert incident["news_at"] == incident["opened_at"]
    any_house.clock.advance(minutes=1)
    link = await dana.issue(incident)
    assert (await dana.see(incident))["news_at"] == incident["opened_at"]
    phone = Phone(any_house, any_house.token(link["id"]))
    any_house.clock.advance(minutes=1)
    await phone.open()
    opened = (await any_house.entries("link.open"))[-1].at
    assert datetime.fromisoformat((await dana.see(incident))["news_at"]) == opened
    any_house.clock.advance(minutes=1)
    await phone.share()
    feed = (await dana.see(incident))["feeds"][0]["id"]
    news_at = (await dana.see(incident))["news_at"]
    any_house.clock.advance(minutes=1)
    await dana.post(f"/api/feeds/{feed}/watch")
    assert (await dana.see(incident))["news_at"] == news_at


async def test_a_refusal_is_news(house: House) -> None:
    dana = await house.staff("dana")
    incident = await dana.open()
    link = await dana.issue(incident)
    await dana.post(f"/api/links/{link['id']}/revoke")
    house.clock.advance(minutes=1)
    await Phone(house, house.token(link["id"])).open()
    refused = (await house.entries("link.open"))[-1]
    assert refused.refusal == "link-revoked"
    assert datetime.fromisoformat((await dana.see(incident))["news_at"]) == refused.at
