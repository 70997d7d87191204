"""Proof of possession: a browser, or a connector, signs with a key that it does not give away.

Browsers: ECDSA on P-256 with SHA-256 as WebCrypto makes it (r and s side by side, IEEE P1363), the key named
by its JWK thumbprint (RFC 7638). Connectors: Ed25519 (RFC 8032), the key named by itself.
"""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

REDEEM, RECEIPT = "sightline-redeem", "sightline-receipt"  # what a signature is for


def _decode(text: str, length: int) -> bytes:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64url") from error
    if len(raw) != length:
        raise ValueError("wrong length")
    return raw


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def thumbprint(x: str, y: str) -> str:
    """RFC 7638 over the key's members, base64url."""
    jwk = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
    return _encode(hashlib.sha256(jwk.encode()).digest())


def proves(
    *, x: str, y: str, signature: str, challenge: str, token: str, purpose: str = REDEEM
) -> str | None:
    """The key's thumbprint when the signature is right, else None. Never raises on what a peer sent."""
    try:
        raw_x, raw_y, raw = _decode(x, 32), _decode(y, 32), _decode(signature, 64)
        key = ec.EllipticCurvePublicNumbers(
            int.from_bytes(raw_x, "big"), int.from_bytes(raw_y, "big"), ec.SECP256R1()
        ).public_key()
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key.verify(der, f"{purpose}\n{challenge}\n{token}".encode(), ec.ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return None
    return thumbprint(_encode(raw_x), _encode(raw_y))  # as it is written, a key has several spellings


def ed25519_key(text: str) -> str | None:
    """A public key in base64url in its one spelling; None when it is none."""
    try:
        raw = _decode(text, 32)
        Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        return None
    return _encode(raw)


def signed(*, key: str, signature: str, text: bytes) -> bool:
    """Whether the holder of this Ed25519 key signed that. Never raises on what a peer sent."""
    try:
        Ed25519PublicKey.from_public_bytes(_decode(key, 32)).verify(_decode(signature, 64), text)
    except (ValueError, InvalidSignature):
        return False
    return True
