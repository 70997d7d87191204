"""E-mail addresses: what a dispatcher types becomes one that a message can be sent to, or a sentence.

Used in step 2 of the story, before anything is written. Stricter than RFC 5321, section 4.1.2: a local part
of plain words and dots, as people spell aloud, and so nothing that a header or a command could be made of.
"""

import re

_LOCAL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII | re.IGNORECASE
)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_LOCAL_CHARS, _CHARS = 64, 254


class BadMailbox(ValueError):
    """Not an address that an e-mail can be sent to; the words are for the dispatcher."""


def normalise(text: str) -> str:
    """The address, its domain in small ASCII letters (RFC 5890). Raises BadMailbox."""
    local, at, domain = text.strip().rpartition("@")
    if not at:
        raise BadMailbox("An e-mail address has an @ in it.")
    if not local or not domain:
        raise BadMailbox("Something is missing beside the @.")
    if not local.isascii():
        raise BadMailbox("We cannot send to letters with accents before the @.")
    if not _LOCAL.fullmatch(local) or len(local) > _LOCAL_CHARS:
        raise BadMailbox("What stands before the @ is no mailbox.")
    try:
        plain = domain.encode("idna").decode().lower()
    except UnicodeError:
        plain = ""
    labels = plain.split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        raise BadMailbox("What stands after the @ is no domain, such as example.com.")
    if len(local) + 1 + len(plain) > _CHARS:
        raise BadMailbox("This address is too long.")
    return f"{local}@{plain}"
