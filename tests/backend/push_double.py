"""What services.push asks of push services, played: what was pushed to whom, and what they answer."""

from notifications.ports import PushAddress, PushOutcome, PushWords


class Pushes:
    """Takes every push unless an endpoint stands in `answers`."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, PushWords]] = []
        self.answers: dict[str, PushOutcome] = {}

    @property
    def key(self) -> str:
        return "B" * 87

    def misfit(self, address: PushAddress) -> str | None:
        return None

    async def push(self, address: PushAddress, words: PushWords) -> PushOutcome:
        self.sent.append((address.endpoint, words))
        return self.answers.get(address.endpoint, PushOutcome.TAKEN)

    async def aclose(self) -> None:
        return None
