"""What one subscriber's session is allowed by, grant after grant, and what it was sent by each.

Between step 11 and step 12 of the story. The times are the machine's monotonic clock: a time of day that is
set back gives nobody more. Nothing of it is on the packet path, where totals run on as ever.
"""

from media.grants import Basis, Claims
from media.ports import ByGrant, Full

MOST = 256  # grants of one session: far more than half an hour's each for a day


class Granted:
    """`claims` is what holds now, and `until` when that ends (monotonic)."""

    def __init__(self, claims: Claims, until: float) -> None:
        self.claims, self.until = claims, until
        self._over: list[ByGrant] = []
        self._before = (0.0, 0, 0)  # seconds, packets and bytes, by grants that are over

    def renew(self, claims: Claims, until: float, seconds: float, packets: int, bytes_out: int) -> None:
        """Go on by a later grant; one that ends sooner changes nothing. The totals are as of now.

        Raises Full when there were too many.
        """
        if until <= self.until:
            return
        if (claims.index, claims.basis) != (self.claims.index, self.claims.basis):
            if len(self._over) == MOST - 1:
                raise Full("this session was renewed as often as it may be")
            self._over.append(self._now(seconds, packets, bytes_out))
            self._before = seconds, packets, bytes_out
        self.claims, self.until = claims, until

    def by_grant(self, seconds: float, packets: int, bytes_out: int) -> tuple[ByGrant, ...]:
        """What it was sent by each, first to last, as of these totals: together they are all of it."""
        return (*self._over, self._now(seconds, packets, bytes_out))

    def _now(self, seconds: float, packets: int, bytes_out: int) -> ByGrant:
        return ByGrant(
            index=self.claims.index,
            spooled=self.claims.basis is Basis.SPOOL,
            seconds=seconds - self._before[0],
            packets=packets - self._before[1],
            bytes_out=bytes_out - self._before[2],
        )
