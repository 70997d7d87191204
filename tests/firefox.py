"""Firefox with its own chrome in reach, by Marionette: what it shows is pressed where a person would.

async with Firefox(folder, preferences) as firefox:
    await firefox.open(url)
    await firefox.press("Turn on alerts")
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

_SIGN_IN = """
  const [name, password] = arguments;
  const body = JSON.stringify({ name, password });
  const headers = { "Content-Type": "application/json" };
  return (await fetch("/api/session", { method: "POST", headers, body })).status;
"""
_PRESS = """
  const [words] = arguments;
  for (let tries = 0; tries < 200; tries += 1) {
    const found = [...document.querySelectorAll("button")].find((one) => one.textContent.includes(words));
    if (found !== undefined && !found.disabled) return found.click() ?? true;
    await new Promise((later) => setTimeout(later, 100));
  }
  throw new Error(`no button: ${words}`);
"""
_SAYS = """
  const [words] = arguments;
  for (let tries = 0; tries < 200; tries += 1) {
    if (document.body.textContent.includes(words)) return true;
    await new Promise((later) => setTimeout(later, 100));
  }
  throw new Error(`never said: ${words}; ${document.body.textContent}`);
"""

_NETWORK = """
  const [there] = arguments;
  const { prefs, io } = Services;
  prefs.setBoolPref("network.proxy.allow_hijacking_localhost", true);
  for (const kind of ["http", "ssl"]) {
    prefs.setCharPref(`network.proxy.${kind}`, "127.0.0.1");
    prefs.setIntPref(`network.proxy.${kind}_port`, 9);  // discard: nobody listens
  }
  prefs.setIntPref("network.proxy.type", there ? 0 : 1);
  io.offline = !there;
"""


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

    async def sign_in(self, url: str, name: str, password: str) -> None:
        """At the service there."""
        await self.open(f"{url}/signin")
        assert await self.run(_SIGN_IN, name, password) == 200

    async def press(self, words: str) -> None:
        """The page's button with these words, once it is there."""
        await self.run(_PRESS, words)

    async def says(self, words: str) -> None:
        """The page does, sooner or later."""
        await self.run(_SAYS, words)

    async def network(self, *, there: bool) -> None:
        """Take it away, or give it back. Offline alone spares 127.0.0.1, so a dead proxy takes that."""
        await self.chrome(_NETWORK, there)

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
