"""How much one peer, one holder and one address may send: packets and STUN checks, counted by the second.

A peer has an allowance that is topped up once a second from what its holder and its address have left, so
that the packet path takes one from a number and asks nobody. Pure arithmetic: no clocks, no sockets.
"""

from collections.abc import Iterable

_ADDRESSES = 4096  # whose checks are counted apart; the rest share one count
_REST = ""


class Budget:
    """What all peers of one holder, or at one address, may send together."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._left = per_s

    def second(self) -> None:
        self._left = self._per_s

    def take(self, wanted: int) -> int:
        """As many of these as are left."""
        taken = min(wanted, self._left)
        self._left -= taken
        return taken


class Allowance:
    """One peer's packets. `left` is public so that the packet path can count it down by itself."""

    def __init__(self, per_s: int) -> None:
        self.left = per_s
        self._per_s = per_s

    def second(self, budgets: Iterable[Budget]) -> None:
        """Top up: at most to two seconds' worth, for packets come in bursts after a stall."""
        wanted = min(self._per_s, 2 * self._per_s - self.left)
        for budget in budgets:
            wanted = budget.take(wanted)
        self.left += wanted


class Checks:
    """STUN checks per address, of those that name a session that is here."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._seen: dict[str, int] = {}

    def second(self) -> None:
        self._seen.clear()

    def admit(self, host: str) -> bool:
        if host not in self._seen and len(self._seen) >= _ADDRESSES:
            host = _REST
        seen = self._seen[host] = self._seen.get(host, 0) + 1
        return seen <= self._per_s
