"""Signed notes, https://c2sp.org/signed-note: text, a blank line, and lines of signatures under it.

Two kinds of key: Ed25519 (0x01), with which a log signs, and timestamped cosignatures (0x04,
https://c2sp.org/tlog-cosignature), with which witnesses do. Keys are written as Go's sumdb/note does:
`name+keyid+base64` to verify, `PRIVATE+KEY+name+keyid+base64` to sign. A private key is never logged.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from backend.tlog.faults import Malformed, Unproven

ED25519 = 0x01
COSIGNATURE = 0x04
MAX_NOTE_BYTES = 1_000_000  # as Go's; the spec asks for a limit that lets 16 large signatures through
MAX_SIGNATURES = 100  # as Go's
_DASH = "— "  # em dash, space
_SIGNATURE_BYTES = 64
_TIME_BYTES = 8


class Signature(NamedTuple):
    """One signature line."""

    name: str
    key_id: int
    data: bytes

    @property
    def line(self) -> str:
        """As it stands in a note, its newline included."""
        return f"{_DASH}{self.name} {encode(self.key_id.to_bytes(4, 'big') + self.data)}\n"

    @property
    def time(self) -> int:
        """When a cosignature was made, in Unix seconds; means nothing for other kinds."""
        return int.from_bytes(self.data[:_TIME_BYTES], "big")


class Note(NamedTuple):
    """A note's text, which ends in a newline, and its signatures. Nothing of it is verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    def to_bytes(self) -> bytes:
        """The note as it is published."""
        return (self.text + "\n" + "".join([each.line for each in self.signatures])).encode()


class Opened(NamedTuple):
    """A note that at least one known key signed, and none wrongly."""

    text: str
    verified: tuple[Signature, ...]
    unknown: tuple[Signature, ...]  # by keys that nobody named: worth nothing


class Verifier(NamedTuple):
    """A public key and the name it goes by: a vkey."""

    name: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """Read `name+keyid+base64`. Raises Malformed."""
        name, plus, rest = vkey.partition("+")
        hashed, second, key = rest.partition("+")
        if not plus or not second:
            raise Malformed("a verifier key is name+keyid+base64")
        _check_name(name)
        data = decode(key, "the verifier key")
        if len(data) != 1 + 32 or data[0] not in (ED25519, COSIGNATURE):
            raise Malformed("the verifier key is neither Ed25519 (type 1) nor a cosigner's (type 4)")
        found = cls(name, data[0], data[1:])
        if hashed != f"{found.key_id:08x}":
            raise Malformed(f"the verifier key's id is {hashed}, but its bytes give {found.key_id:08x}")
        return found

    @property
    def key_id(self) -> int:
        """The first four bytes of SHA-256(name, newline, kind, key)."""
        return key_id(self.name, self.kind, self.public)

    @property
    def vkey(self) -> str:
        """As it is handed to others."""
        return f"{self.name}+{self.key_id:08x}+{encode(bytes([self.kind]) + self.public)}"

    def made(self, signature: Signature) -> bool:
        """Is this signature said to be by this key? Whether it holds is `verifies`."""
        return signature.name == self.name and signature.key_id == self.key_id

    def verifies(self, text: str, signature: Signature) -> bool:
        """Did this key sign this text?"""
        if not self.made(signature):
            return False
        message, data = text.encode(), signature.data
        if self.kind == COSIGNATURE:
            if len(data) != _TIME_BYTES + _SIGNATURE_BYTES or signature.time >= 1 << 63:
                return False
            message, data = _cosigned(text, signature.time), data[_TIME_BYTES:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(data, message)
        except InvalidSignature:
            return False
        return True


class Signer:
    """A private key and the name it goes by. Its repr does not show the key."""

    def __init__(self, name: str, key: Ed25519PrivateKey, kind: int = ED25519) -> None:
        _check_name(name)
        if kind not in (ED25519, COSIGNATURE):
            raise ValueError(f"no key of kind {kind}")
        self._key = key
        self.verifier = Verifier(name, kind, key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str, kind: int = ED25519) -> "Signer":
        """A new key."""
        return cls(name, Ed25519PrivateKey.generate(), kind)

    @classmethod
    def parse(cls, text: str) -> "Signer":
        """Read `PRIVATE+KEY+name+keyid+base64`. Raises Malformed, whose words show none of it."""
        parts = text.split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise Malformed("a signing key begins with PRIVATE+KEY+")
        data = decode(parts[4], "the signing key")
        if len(data) != 1 + 32 or data[0] not in (ED25519, COSIGNATURE):
            raise Malformed("the signing key is neither Ed25519 (type 1) nor a cosigner's (type 4)")
        _check_name(parts[2])
        signer = cls(parts[2], Ed25519PrivateKey.from_private_bytes(data[1:]), data[0])
        if parts[3] != f"{signer.verifier.key_id:08x}":
            raise Malformed("the signing key's id does not belong to its bytes")
        return signer

    def private_text(self) -> str:
        """The key in words, for its file and nothing else."""
        secret = bytes([self.verifier.kind]) + self._key.private_bytes_raw()
        return f"PRIVATE+KEY+{self.verifier.name}+{self.verifier.key_id:08x}+{encode(secret)}"

    def sign(self, text: str, time: int = 0) -> Signature:
        """Sign a note's text. `time` is a cosignature's, in Unix seconds."""
        _check_text(text)
        if self.verifier.kind == COSIGNATURE:
            data = time.to_bytes(_TIME_BYTES, "big") + self._key.sign(_cosigned(text, time))
        else:
            data = self._key.sign(text.encode())
        return Signature(self.verifier.name, self.verifier.key_id, data)

    def __repr__(self) -> str:
        return f"Signer({self.verifier.name}+{self.verifier.key_id:08x}, …)"


def key_id(name: str, kind: int, public: bytes) -> int:
    """A key's id as the specification recommends it for every kind."""
    return int.from_bytes(sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4], "big")


def sign(text: str, signers: Sequence[Signer]) -> bytes:
    """A new note."""
    return Note(text, tuple([signer.sign(text) for signer in signers])).to_bytes()


def parse(data: bytes) -> Note:
    """Take a note apart without believing any of it. Raises Malformed."""
    if len(data) > MAX_NOTE_BYTES:
        raise Malformed(f"a note of more than {MAX_NOTE_BYTES} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise Malformed("the note is not UTF-8") from None
    if any(letter < " " and letter != "\n" for letter in whole):
        raise Malformed("the note holds control characters")
    text, blank, lines = whole.rpartition("\n\n")
    if not blank:
        raise Malformed("the note has no blank line before its signatures")
    if not lines.endswith("\n"):
        raise Malformed("the note's last line does not end")
    return Note(text + "\n", tuple(parse_signatures(lines)))


def parse_signatures(lines: str) -> list[Signature]:
    """Signature lines alone, as they end a note and as a witness answers. Raises Malformed."""
    if not lines.endswith("\n"):
        raise Malformed("the last signature line does not end")
    found = []
    for line in lines[:-1].split("\n"):
        name, space, encoded = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not space:
            raise Malformed("a signature line is not “— name base64”")
        _check_name(name)
        data = decode(encoded, f"the signature of {name}")
        if len(data) < 5:
            raise Malformed(f"the signature of {name} is too short")
        found.append(Signature(name, int.from_bytes(data[:4], "big"), data[4:]))
        if len(found) > MAX_SIGNATURES:
            raise Malformed(f"a note with more than {MAX_SIGNATURES} signatures")
    return found


def verify(note: Note, verifiers: Iterable[Verifier]) -> Opened:
    """Check a note against the keys that one trusts.

    Signatures by other keys are passed over, as the specification demands. Raises Unproven when a known
    key's signature does not hold, and when no known key signed at all.
    """
    known = {(each.name, each.key_id): each for each in verifiers}
    verified, unknown = [], []
    for signature in note.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            unknown.append(signature)
        elif verifier.verifies(note.text, signature):
            verified.append(signature)
        else:
            raise Unproven(f"the signature of {signature.name} does not hold")
    if not verified:
        raise Unproven("no key that is known here signed it")
    return Opened(note.text, tuple(verified), tuple(unknown))


def open_note(data: bytes, verifiers: Iterable[Verifier]) -> Opened:
    """`parse`, then `verify`. Raises Malformed and Unproven."""
    return verify(parse(data), verifiers)


def encode(data: bytes) -> str:
    """Standard base64, RFC 4648 section 4."""
    return base64.b64encode(data).decode()


def decode(text: str, what: str) -> bytes:
    """Its reverse. Raises Malformed; also for a second spelling of the same bytes, which hides a change."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"{what} is not base64") from None
    if encode(data) != text:
        raise Malformed(f"{what} is not base64 as it is written")
    return data


def _cosigned(text: str, time: int) -> bytes:
    """What a witness signs."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _check_name(name: str) -> None:
    if not name or "+" in name or any(letter.isspace() or letter < " " for letter in name):
        raise Malformed("a key's name is not empty and holds neither spaces nor “+”")


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(letter < " " and letter != "\n" for letter in text):
        raise Malformed("a note's text ends in a newline and holds no other control characters")
