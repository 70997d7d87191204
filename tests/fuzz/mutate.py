"""Damage of the kinds that break parsers, the same for the same seed."""

import random
from collections.abc import Sequence

_NUMBERS = (0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 254, 255)
_WORDS = (0, 1, 2, 0x7FFF, 0x8000, 0xBEDE, 0xFFFE, 0xFFFF)
_TEXTS = (
    "", "0", "-1", "99999999999999999999", "1e9", "\x00", "é", "𝔸" * 3, "a=", "m=", "v=0", " ", "/" * 40,
    "A" * 3000, "%n%s", "\r", "0x10", "NaN", "*", "BUNDLE", "sendrecv", "255", "65536",
)  # fmt: skip


class Mutator:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def datagram(self, data: bytes, others: Sequence[bytes]) -> bytes:
        """One to four wounds, most of them near the front, where the lengths and kinds are."""
        chance = self.random
        held = bytearray(data)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 4))):
            if not held:
                held += bytes([chance.randrange(256)])
            at = min(len(held) - 1, int(chance.expovariate(1 / 24)))
            match chance.randrange(10):
                case 0 | 1:
                    held[at] ^= 1 << chance.randrange(8)
                case 2 | 3:
                    held[at] = chance.choice(_NUMBERS)
                case 4:
                    held[at : at + 2] = chance.choice(_WORDS).to_bytes(2)
                case 5:
                    del held[chance.randrange(len(held)) :]
                case 6:
                    held += chance.randbytes(chance.choice((1, 4, 40, 400)))
                case 7:
                    del held[at : at + chance.randrange(1, 9)]
                case 8:
                    held[at:at] = held[at : at + chance.randrange(1, 65)]
                case _:
                    other = chance.choice(others)
                    cut = chance.randrange(len(other) + 1)
                    held[at:] = other[cut:]
        return bytes(held[:2000])

    def text(self, sdp: str, others: Sequence[str]) -> str:
        """An offer with lines lost, doubled, exchanged, or with another word in them."""
        chance = self.random
        lines = sdp.splitlines(keepends=True)
        for _ in range(chance.choice((1, 1, 2, 3, 5))):
            if not lines:
                break
            at = chance.randrange(len(lines))
            match chance.randrange(8):
                case 0:
                    del lines[at]
                case 1:
                    lines.insert(chance.randrange(len(lines)), lines[at])
                case 2:
                    other = chance.randrange(len(lines))
                    lines[at], lines[other] = lines[other], lines[at]
                case 3:
                    lines[at] = chance.choice(chance.choice(others).splitlines(keepends=True) or [""])
                case 4:
                    lines[at:at] = lines[at : at + 8] * chance.choice((1, 3, 40))
                case 5:
                    cut = chance.randrange(len(lines[at]) + 1)
                    lines[at] = lines[at][:cut] + chance.choice(_TEXTS) + lines[at][cut + 1 :]
                case _:
                    words = lines[at].split(" ")
                    words[chance.randrange(len(words))] = chance.choice(_TEXTS)
                    lines[at] = " ".join(words)
        return "".join(lines)[: 40 * 1024]
