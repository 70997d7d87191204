"""Firefox with its own chrome in reach, by Marionette: what it shows is pressed where a person would.

async with Firefox(folder, preferences) as firefox:
    await firefox.open(url)
    await firefox.run("return await navigator.serviceWorker.ready && 1")       # in the page
    await firefox.chrome("return Services.wm.getMostRecentWindow(null).location.href")
"""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any, Self

from tests.pwa.service import free_port

FIREFOX = Path("/usr/bin/firefox-esr")
_WRAP = (
    "const done = arguments[arguments.length - 1]; (async () => {{ {} }})()"
    ".then((value) => done({{ value }}), (error) => done({{ error: String(error) }}));"
)


class Firefox:
    """One headless Firefox with a profile of its own in `folder`."""

    def __init__(self, folder: Path, preferences: dict[str, Any]) -> None:
        self._folder, self._preferences, self._count = folder, preferences, 0

    async def __aenter__(self) -> Self:
        port = free_port(socket.SOCK_STREAM)
        settings = {"marionette.port": port, **self._preferences}
        lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in settings.items()]
        (self._folder / "user.js").write_text("\n".join(lines))
        self._process = await asyncio.create_subprocess_exec(
            *(str(FIREFOX), "-headless", "-no-remote", "-profile", str(self._folder)),
            *("-marionette", "-remote-allow-system-access"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(60):
            while True:
                try:
                    self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
                    break
                except OSError:
                    await asyncio.sleep(0.05)
            await self._read()
            await self._call("WebDriver:NewSession")
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._writer.close()
        self._process.terminate()
        await self._process.wait()

    async def open(self, url: str) -> None:
        await self._call("Marionette:SetContext", value="content")
        await self._call("WebDriver:Navigate", url=url)

    async def run(self, script: str, *arguments: Any) -> Any:
        """In the page; `script` is the body of an async function."""
        return await self._run("content", script, arguments)

    async def chrome(self, script: str, *arguments: Any) -> Any:
        """The same in the browser's own window."""
        return await self._run("chrome", script, arguments)

    async def until(self, script: str, what: str) -> Any:
        """The first value of this chrome script that is something; fails with its name."""
        for _ in range(200):
            found = await self.chrome(script)
            if found:
                return found
            await asyncio.sleep(0.1)
        raise AssertionError(f"never happened: {what}")

    async def _run(self, context: str, script: str, arguments: tuple[Any, ...]) -> Any:
        await self._call("Marionette:SetContext", value=context)
        answer = await self._call(
            "WebDriver:ExecuteAsyncScript", script=_WRAP.format(script), args=list(arguments)
        )
        held = answer["value"]
        assert "error" not in held, held["error"]
        return held.get("value")

    async def _call(self, name: str, **parameters: Any) -> Any:
        self._count += 1
        said = json.dumps([0, self._count, name, parameters]).encode()
        self._writer.write(f"{len(said)}:".encode() + said)
        _, _, error, answer = await self._read()
        assert error is None, error
        return answer

    async def _read(self) -> Any:
        size = (await self._reader.readuntil(b":"))[:-1]
        return json.loads(await self._reader.readexactly(int(size)))
