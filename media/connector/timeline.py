"""One running line of time for all streams of a camera, whatever its clock does.

Cameras start in 1970, are set while they run, send no timestamps, or count both streams from different
beginnings. What comes out runs at the camera's pace and begins with the first arrival; where the camera's
clock jumps, the line goes on from when the frame arrived.
"""

JUMP_S = 3.0  # a larger step than any pause between two frames: the clock was set


class Timeline:
    """Seconds since the first frame. Each stream counts for itself; all share one beginning."""

    def __init__(self) -> None:
        self.jumps = 0
        self._began: float | None = None
        self._offsets: dict[str, float] = {}

    def at(self, stream: str, stamp: float | None, arrived: float) -> float:
        """`stamp`: what the camera says, in seconds; `arrived`: by a clock that is never set."""
        if self._began is None:
            self._began = arrived
        since = arrived - self._began
        if stamp is None:
            return since
        offset = self._offsets.get(stream)
        if offset is not None and abs(stamp + offset - since) > JUMP_S:
            self.jumps += 1
            offset = None
        if offset is None:
            offset = self._offsets[stream] = since - stamp
        return stamp + offset
