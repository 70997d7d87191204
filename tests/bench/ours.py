"""Our engine in a process of its own, as in production, spoken to in JSON lines (tests/bench/child).

Its one word is what to change of media.config.SfuConfig. `{"publish": offer}` and `{"subscribe": offer}`,
with a `feed` where there are several, give `{"answer": sdp, "session": id}`; `{"hang_up": session}` ends one
session, `{"end": feed}` a feed; `{"look": true}` tells what the process holds.
"""

import asyncio
import gc
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from media.config import SfuConfig
from media.ports import EndReason, FeedId, Holder, SessionId
from tests.bench.child import answer_lines
from tests.peers import KEYS, Engine, Listener

_FEED = "fed_bench"


async def main(config: dict[str, Any]) -> None:
    crowd = {"sessions_per_holder": 4096, "peers_per_address": 4096}  # all of them are here
    sfu = Engine(SfuConfig(**{"host": "127.0.0.1", **crowd, **config}), Listener(), KEYS)
    await sfu.start()

    async def answer(said: dict[str, Any]) -> dict[str, Any]:
        feed = FeedId(said.get("feed", _FEED))
        if "publish" in said:
            made = await sfu.publish(feed, Holder("caller"), said["publish"])
        elif "subscribe" in said:
            made = await sfu.subscribe(feed, Holder("dispatcher"), said["subscribe"])
        elif "hang_up" in said:
            await sfu.end_session(SessionId(said["hang_up"]), EndReason.HUNG_UP)
            return {}
        elif "end" in said:
            await sfu.end_feed(FeedId(said["end"]), EndReason.CLOSED)
            return {}
        else:
            return {**look(), "engine": msgspec.to_builtins((await sfu.stats())[0])}
        return {"answer": made.sdp, "session": made.session}

    await answer_lines(answer)
    await sfu.stop()


def look() -> dict[str, Any]:
    """Memory, descriptors, threads and tasks of this process, with the garbage gone."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "rss": pages * os.sysconf("SC_PAGE_SIZE"),
        "fds": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
        "tasks": len(asyncio.all_tasks()),
    }


if __name__ == "__main__":
    uvloop.run(main(json.loads(sys.argv[1]) if sys.argv[1:] else {}))
