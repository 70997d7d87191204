"""STATUSTEXT as sentences: pieces joined, repeats and floods held back.

https://mavlink.io/en/messages/common.html#STATUSTEXT: an id other than 0 has a text come in pieces of 50
bytes; the last is shorter, or has a zero byte.
"""

from collections import deque
from typing import Any

import msgspec

_PIECE = 50
_MOST_PIECES, _MOST_OPEN = 6, 4  # a text of 300 characters; texts that are being joined
_LATE_S = 1.0  # a text whose rest does not come is told as far as it came
_PER_S, _BURST = 4.0, 12.0
_AGAIN_S = 5.0  # the same words are told once in so long


class Text(msgspec.Struct, frozen=True):
    at: float
    severity: int  # 0 is the gravest
    words: str


class Texts:
    """`take` and `flush` answer with what is to be told; `recent` holds all of the last seconds."""

    def __init__(self) -> None:
        self.recent: deque[Text] = deque(maxlen=32)
        self.dropped = 0
        self._open: dict[tuple[int, int], tuple[float, int, dict[int, str]]] = {}
        self._told: dict[str, float] = {}
        self._may, self._counted_at = _BURST, 0.0

    def take(self, message: Any, now: float) -> list[Text]:
        raw = (
            message.text if isinstance(message.text, str) else bytes(message.text).decode("utf-8", "replace")
        )
        piece, ends, _ = raw.partition("\0")
        number, sequence = int(getattr(message, "id", 0)), int(getattr(message, "chunk_seq", 0))
        if not number:
            return self._say(now, message.severity, piece)
        key = message.get_srcComponent(), number
        began, severity, pieces = self._open.pop(key, (now, message.severity, {}))
        pieces[sequence] = piece
        done = bool(ends) or len(piece.encode()) < _PIECE
        last = max(pieces) if done else _MOST_PIECES - 1
        if (done and len(pieces) == last + 1) or sequence >= _MOST_PIECES - 1:
            return self._say(now, severity, _joined(pieces))
        self._open[key] = began, severity, pieces
        said = []
        if len(self._open) > _MOST_OPEN:
            _, severity, pieces = self._open.pop(next(iter(self._open)))
            said = self._say(now, severity, _joined(pieces))
        return said

    def flush(self, now: float) -> list[Text]:
        """What has waited for the rest of it for too long."""
        late = [key for key, (began, _, _) in self._open.items() if now - began > _LATE_S]
        return [
            text
            for key in late
            for _, severity, pieces in (self._open.pop(key),)
            for text in self._say(now, severity, _joined(pieces))
        ]

    def since(self, began: float, worst: int) -> str:
        """What was said from then on, of that severity or graver; at most 300 characters."""
        return " ".join(text.words for text in self.recent if text.at >= began and text.severity <= worst)[
            :300
        ]

    def _say(self, now: float, severity: int, raw: str) -> list[Text]:
        words = "".join(each if each.isprintable() else " " for each in raw).strip()[:300]
        if not words:
            return []
        text = Text(now, min(7, max(0, int(severity))), words)
        self.recent.append(text)
        self._may = min(_BURST, self._may + (now - self._counted_at) * _PER_S)
        self._counted_at = now
        self._told = {said: at for said, at in self._told.items() if now - at < _AGAIN_S}
        if words in self._told or self._may < 1:
            self.dropped += 1
            return []
        self._may -= 1
        self._told[words] = now
        return [text]


def _joined(pieces: dict[int, str]) -> str:
    whole, expected = "", 0
    for number, piece in sorted(pieces.items()):
        whole += ("…" if number != expected else "") + piece
        expected = number + 1
    return whole
