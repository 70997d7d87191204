"""Asks a camera what it has before libav opens it: one RTSP DESCRIBE on a connection of our own.

RFC 2326 section 10.2, RFC 7616 and RFC 2069 (Digest), RFC 7617 (Basic). libav follows an RTSP redirect to
wherever it leads and says of a refusal only that there was one; so the question is asked here first, to the
pinned address, and a redirect or a wrong password ends it before libav knows an address.
"""

import asyncio
import base64
import hashlib
import re
import secrets
import ssl
from collections.abc import Callable

import msgspec

from media.connector.addresses import Pinned

_ANSWER_S = 6.0
_MAX_HEAD, _MAX_BODY = 16 * 1024, 64 * 1024
_HASHES = {"": "md5", "MD5": "md5", "SHA-256": "sha256"}  # what cameras ask for; MD5 is all that most know


class Trouble(Exception):
    """A camera that cannot be had; the message is for its owner. `lasting`: trying again changes nothing."""

    def __init__(self, words: str, *, lasting: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.lasting = lasting


class Described(msgspec.Struct, frozen=True):
    """`sdp` as it came; `count` the bytes of both directions.

    `close` ends the connection, which is better done when libav has its own: some cameras stop filming, and
    begin anew, between one connection and the next.
    """

    sdp: str
    count: int
    close: Callable[[], None]


async def describe(pinned: Pinned, user: str, password: str) -> Described:
    """Raises Trouble."""
    context = None
    if pinned.place.scheme == "rtsps":
        context = (
            ssl.create_default_context()
        )  # cameras sign their own certificates; none has a name to check
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await asyncio.open_connection(
                pinned.address, pinned.place.port, ssl=context, limit=_MAX_HEAD
            )
            try:
                return await _ask(reader, writer, pinned.url, user, password)
            except BaseException:
                writer.close()
                raise
    except TimeoutError as error:
        raise Trouble("The camera does not answer. Is it switched on and in this network?") from error
    except (OSError, asyncio.IncompleteReadError) as error:
        raise Trouble("The camera cannot be reached. Is it switched on, and is its address right?") from error
    except (asyncio.LimitOverrunError, ValueError) as error:
        raise Trouble("What answers at the camera's address does not speak RTSP.") from error


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str, user: str, password: str
) -> Described:
    count, permit = 0, ""
    for number in (1, 2):
        request = (
            f"DESCRIBE {url} RTSP/1.0\r\nCSeq: {number}\r\nAccept: application/sdp\r\n"
            f"User-Agent: Sightline\r\n{permit}\r\n"
        )
        writer.write(request.encode())
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        said = re.match(r"RTSP/\d\.\d (\d{3})", first)
        if said is None:
            raise ValueError(first[:40])
        headers = [(n.strip().lower(), v.strip()) for n, _, v in (line.partition(":") for line in lines)]
        length = int(dict(headers).get("content-length", "0"))
        if not 0 <= length <= _MAX_BODY:
            raise ValueError("a body without end")
        body = await reader.readexactly(length)
        count += len(request) + len(head) + length
        status = int(said[1])
        if status == 401 and number == 1 and user:
            permit = _permit([v for n, v in headers if n == "www-authenticate"], url, user, password)
            continue
        _judge(status, bool(user))
        return Described(body.decode(errors="replace"), count, writer.close)
    raise Trouble("The camera does not take this name and password. Set them again.", lasting=True)


def _judge(status: int, with_password: bool) -> None:
    if status == 401 and not with_password:
        raise Trouble("The camera wants a name and a password, and none is set beside it.", lasting=True)
    if status in (401, 403):
        raise Trouble("The camera does not take this name and password. Set them again.", lasting=True)
    if status == 404:
        raise Trouble("The camera knows no stream at this path. Check the end of its address.", lasting=True)
    if 300 <= status < 400:
        raise Trouble(
            "The camera points to another address, which is not followed. Set the address that it means.",
            lasting=True,
        )
    if status == 453 or status >= 500:
        raise Trouble("The camera is too busy to answer. Does something else watch it?")
    if status != 200:
        raise Trouble(f"The camera refuses its stream (RTSP {status}).", lasting=True)


def _permit(challenges: list[str], url: str, user: str, password: str) -> str:
    """The Authorization header for the best that is asked for. Raises Trouble."""
    for challenge in challenges:
        method, _, rest = challenge.partition(" ")
        asked = {n.lower(): q or p for n, q, p in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', rest)}
        algorithm = asked.get("algorithm", "").upper()
        if method.lower() != "digest" or algorithm not in _HASHES:
            continue

        def digest(text: str, name: str = _HASHES[algorithm]) -> str:
            return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

        realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
        of_user, of_request = digest(f"{user}:{realm}:{password}"), digest(f"DESCRIBE:{url}")
        parts = [f'username="{user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{url}"']
        if "auth" in asked.get("qop", "").split(","):
            once = secrets.token_hex(8)
            answer = digest(f"{of_user}:{nonce}:00000001:{once}:auth:{of_request}")
            parts += ["qop=auth", "nc=00000001", f'cnonce="{once}"']
        else:
            answer = digest(f"{of_user}:{nonce}:{of_request}")
        parts.append(f'response="{answer}"')
        parts += [f'opaque="{asked["opaque"]}"'] if "opaque" in asked else []
        parts += [f"algorithm={algorithm}"] if algorithm else []
        return f"Authorization: Digest {', '.join(parts)}\r\n"
    if any(challenge.lower().startswith("basic") for challenge in challenges):
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        return f"Authorization: Basic {pair}\r\n"
    raise Trouble("The camera asks for its password in a way that is not known here.", lasting=True)
