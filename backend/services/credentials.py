"""Names and passwords: what may be one, and how a password is kept and compared (argon2id, RFC 9106)."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from backend.model.people import NAME_CHARS

PASSWORD_CHARS, PASSWORD_MOST = 10, 256  # the sign-in page takes no more
COST = RFC_9106_LOW_MEMORY  # 64 MiB, three passes, four lanes
AT_ONCE = 2  # argon2 takes that and a core each


class AccountError(ValueError):
    """The account cannot be made so; the text says why."""


def check_name(name: str) -> str:
    """The name as it is kept, in small letters. Raises AccountError."""
    name = name.strip().lower()
    if not (1 <= len(name) <= NAME_CHARS and name.isprintable()) or " " in name:
        raise AccountError(f"a name is 1 to {NAME_CHARS} characters without spaces")
    return name


def check_display_name(display_name: str) -> None:
    """Raises AccountError."""
    if not (
        len(display_name.strip()) >= 1 and len(display_name) <= NAME_CHARS and display_name.isprintable()
    ):
        raise AccountError(f"a display name is 1 to {NAME_CHARS} characters that can be seen")


def check_password(password: str) -> None:
    """Raises AccountError."""
    if not PASSWORD_CHARS <= len(password) <= PASSWORD_MOST:
        raise AccountError(f"a password has {PASSWORD_CHARS} to {PASSWORD_MOST} characters")
    if any("\ud800" <= character <= "\udfff" for character in password):  # how Python reads other bytes
        raise AccountError("a password is UTF-8")


class Passwords:
    """Hashes in threads, two at once, whoever asks."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher.from_parameters(COST)
        self._busy = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """As it is stored."""
        async with self._busy:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the one; without a hash it is not, and takes as long."""
        async with self._busy:
            return await asyncio.to_thread(self._verify, password_hash, password)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        if password_hash is None:
            self._hasher.hash(password)  # an unknown name takes as long as a wrong password
            return False
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
