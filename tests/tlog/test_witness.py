"""Witnesses: one that is honest signs, one that is away or lies is named, and neither holds anything up."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from backend.tlog import checkpoints, witness
from backend.tlog.faults import Malformed
from backend.tlog.folder import Folder
from backend.tlog.notes import COSIGNATURE, Signer
from backend.tlog.witness import Named
from backend.tlog.writer import Log
from tests.tlog.logs import Place, leaf
from tests.tlog.test_process import Process, connected
from tests.tlog.witnesses import Answer, Witness, served


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@contextlib.asynccontextmanager
async def asking(theirs: Signer, url: str) -> AsyncIterator[witness.Witness]:
    async with witness.client() as client:
        yield witness.Witness(Named(theirs.verifier, url), client)


async def asked(log: Log, asks: witness.Witness) -> bool:
    """Publish, ask, and add what it signed; whether the checkpoint is cosigned now."""
    checkpoint = log.publish()
    given = await asks.ask(log.checkpoint, checkpoint, Folder(log.folder, checkpoint.size).node, time.time())
    log.cosign(checkpoint, given)
    signed = checkpoints.read(log.checkpoint, log.verifier, [asks.verifier])
    return signed.cosigned_by == (asks.verifier.name,)


async def test_an_honest_witness_follows_the_log(place: Place) -> None:
    honest = Witness("w.example/1", place.signer.verifier)
    with served(honest.add_checkpoint) as url, place.opened() as log:
        async with asking(honest.signer, url) as asks:
            for grow in (0, 1, 255, 0, 3, 700):
                log.append([leaf(index) for index in range(log.entries, log.entries + grow)] or [b"x"])
                assert await asked(log, asks)
            assert asks.account.trouble is None
        before = honest.asked
        async with asking(honest.signer, url) as asks:  # as after a restart: the witness says how far it is
            log.append([b"one more"])
            assert await asked(log, asks)
        assert honest.asked == before + 2


async def test_a_witness_that_saw_another_tree_refuses_and_is_named(place: Place, tmp_path: Path) -> None:
    honest = Witness("w.example/1", place.signer.verifier)
    other = Place(tmp_path / "other")
    with served(honest.add_checkpoint) as url:
        for grown, entries, words in (
            (place, 5, None),
            (other, 8, "did not only grow"),
            (other, -1, "signed a tree of 5 entries, and the log has 3"),
        ):
            async with asking(honest.signer, url) as asks:
                where = grown if entries > 0 else Place(tmp_path / "third")
                with where.opened() as log:
                    log.append(
                        [
                            b"%s %d" % (str(where.folder).encode(), index)
                            for index in range(abs(entries) if entries > 0 else 3)
                        ]
                    )
                    assert await asked(log, asks) == (words is None)
                assert (asks.account.trouble is None) == (words is None)
                assert words is None or words in (asks.account.trouble or "")


def lies(place: Place, theirs: Signer) -> dict[str, tuple[Callable[[bytes], Answer], str]]:
    """What a bad one may answer, and what is said of it."""
    stranger = Signer.generate(theirs.verifier.name, COSIGNATURE)
    other = checkpoints.Checkpoint(origin=place.signer.verifier.name, size=3, root=bytes(32))

    def text(body: bytes) -> str:
        return checkpoints.read(body.partition(b"\n\n")[2], place.signer.verifier).checkpoint.text

    def line(signer: Signer, of: str, at: float) -> Answer:
        return 200, "text/plain", signer.sign(of, int(at)).line.encode()

    def torn(body: bytes) -> Answer:
        return 200, "text/plain", theirs.sign(text(body), int(time.time())).line.encode()[:-5]

    return {
        "another tree": (lambda _: line(theirs, other.text, time.time()), "does not hold"),
        "another key": (
            lambda body: line(stranger, text(body), time.time()),
            "without a signature by the key",
        ),
        "a date to come": (lambda body: line(theirs, text(body), time.time() + 9999), "in the future"),
        "half a line": (torn, "does not end"),
        "nothing": (lambda _: (200, "text/plain", b""), "does not end"),
        "no text": (lambda _: (200, "text/plain", b"\xff\xfe\n"), "no text"),
        "too much": (lambda _: (200, "text/plain", b"a" * 200_000), "more than"),
        "a larger tree": (lambda _: (409, "text/x.tlog.size", b"999\n"), "signed a tree of 999"),
        "a size that is none": (lambda _: (409, "text/x.tlog.size", b"-1\n"), "without the size"),
        "the same size each time": (lambda _: (409, "text/x.tlog.size", b"0\n"), "is not the size"),
        "another size each time": (lambda _: (409, "text/x.tlog.size", b"2\n"), "another size each time"),
        "not known": (lambda _: (404, "text/plain", b""), "does not know"),
        "not its key": (lambda _: (403, "text/plain", b""), "does not take"),
        "an error": (lambda _: (500, "text/plain", b""), "answers 500"),
        "another place": (lambda _: (302, "text/plain", b""), "answers 302"),
    }


async def test_each_lie_is_named_and_adds_nothing(place: Place) -> None:
    theirs = Signer.generate("w.example/1", COSIGNATURE)
    with place.opened() as log:
        log.append([leaf(index) for index in range(3)])
        for what, (answer, words) in lies(place, theirs).items():
            with served(answer) as url:
                async with asking(theirs, url) as asks:
                    assert not await asked(log, asks), what
                    assert words in (asks.account.trouble or ""), what
        assert log.checkpoint.count("—".encode()) == 1


async def test_one_that_is_away_or_does_not_answer_holds_nothing_up(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = Signer.generate("w.example/1", COSIGNATURE)
    monkeypatch.setattr(witness, "WITHIN_S", 0.2)

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(says_nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with place.opened() as log:
            log.append([b"a"])
            async with asking(theirs, f"http://127.0.0.1:{port}") as asks:
                assert not await asked(log, asks)
                assert "did not answer" in (asks.account.trouble or "")
            server.close()
            async with asking(theirs, f"http://127.0.0.1:{port}") as asks:
                assert not await asked(log, asks)
                assert "cannot be reached" in (asks.account.trouble or "")


async def test_the_process_asks_them_all_and_says_how_it_stands(tmp_path: Path) -> None:
    process = Process(tmp_path)
    await process.start()
    async with connected(process) as client:
        await client.append([b"a"])
    await process.end()
    honest = Witness("w.example/honest", process.vkey())
    liar = Signer.generate("w.example/liar", COSIGNATURE)
    with served(honest.add_checkpoint) as good, served(lambda _: (200, "text/plain", b"trust me\n")) as bad:
        named = (f"{honest.signer.verifier.vkey} {good}", f"{liar.verifier.vkey} {bad}")
        second = Process(tmp_path, cadence_s=1.0, witnesses=named)
        await second.start()
        try:
            async with connected(second) as client:
                await client.append([b"b"])
                for _ in range(300):
                    status = await client.status()
                    if status.witnesses[0].size == 2 and status.witnesses[1].trouble:
                        break
                    await asyncio.sleep(0.1)
                assert [each.trouble is None for each in status.witnesses] == [True, False]
                for _ in range(100):
                    raw = await client.checkpoint()
                    signed = checkpoints.read(raw, process.vkey(), [honest.signer.verifier, liar.verifier])
                    if signed.cosigned_by:
                        break
                    await asyncio.sleep(0.1)
                assert signed.cosigned_by == ("w.example/honest",)
                assert signed.checkpoint.size == 2
        finally:
            await second.end()
    assert "w.example/liar" in second.said.read_text()


@pytest.mark.parametrize(
    "text",
    ["", "w.example https://w.example", "{vkey}", "{vkey} ftp://w.example", "{log} https://w.example"],
)
def test_a_witness_that_cannot_be_one_is_refused(text: str) -> None:
    vkey = Signer.generate("w.example/1", COSIGNATURE).verifier.vkey
    log = Signer.generate("call.example.gov/log").verifier.vkey
    with pytest.raises(Malformed):
        witness.parse(text.format(vkey=vkey, log=log))
    assert witness.parse(f"{vkey} https://w.example/a/").url == "https://w.example/a"
