"""The cameras of one connector: what is known of each, its troubles, and the search for more.

The agent's memory: which cameras there are beside it, and what each turned out to be. Opens none, and says
nothing by itself: `changed` is called when there is something to tell.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec

from media.connector import find, wire
from media.connector.folder import Camera, Folder, FolderError
from media.connector.orders import Opened

_RESTS_S = (60.0, 120.0, 300.0, 600.0)  # before a camera that refuses its password is asked again
_WRONG = "does not take this name and password"
_DISCOVER_EVERY_S = 10.0
# Nobody opens a camera that is in trouble, so only time can end a trouble that may have passed.
_PASSES_S = 60.0


class Sources:
    def __init__(self, folder: Folder, changed: Callable[[], None]) -> None:
        """Raises FolderError when the folder cannot be read."""
        self._folder = folder
        self.state = folder.read()
        self._changed_at = folder.changed_at()
        self._changed = changed
        self._troubles: dict[str, str | None] = {}
        self._passes: dict[str, float] = {}  # when those are forgotten that may have passed by then
        self._rest: dict[str, tuple[int, float]] = {}  # wrong passwords: how often, and until when
        self._found: dict[str, wire.SourceReport] = {}
        self._finding: asyncio.Task[None] | None = None
        self._found_at = float("-inf")

    @property
    def server(self) -> tuple[str, int]:
        """Host and port of the service."""
        parts = urlsplit(self.state.server)
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)

    def camera(self, name: str) -> Camera | None:
        return self.state.camera(name)

    def close(self) -> None:
        if self._finding is not None:
            self._finding.cancel()

    def look(self) -> list[str]:
        """Take over what was changed beside the connector; the names of cameras that were taken out."""
        self._forget(time.monotonic())
        if self._folder.changed_at() == self._changed_at:
            return []
        self._changed_at = self._folder.changed_at()
        gone = list[str]()
        with contextlib.suppress(FolderError):
            before, self.state = self.state, self._folder.read()
            for camera in before.cameras:
                now = self.state.camera(camera.name)
                if now is None:
                    gone.append(camera.name)
                if now is None or _login(now) != _login(camera):
                    self._troubles.pop(camera.name, None)
                    self._passes.pop(camera.name, None)
                    self._rest.pop(camera.name, None)
            self._changed()
        return gone

    def resting(self, name: str) -> str | None:
        """Why a camera is not asked at present."""
        count, until = self._rest.get(name, (0, 0.0))
        left = until - time.monotonic()
        if not count or left <= 0:
            return None
        said = self._troubles.get(name) or ""
        return f"{said} It is not asked again for {int(left) + 1} s, or it might lock.".strip()

    def learn(self, name: str, report: Opened) -> None:
        """What the camera turned out to be, kept so that its next start need not find out."""
        self._rest.pop(name, None)
        self._passes.pop(name, None)
        self._troubles[name] = None
        camera = self.state.camera(name)
        if camera is None:
            return
        now = msgspec.structs.replace(
            camera,
            codec=report.codec[:16],
            width=report.width,
            height=report.height,
            has_sound=report.has_sound,
            transcode=report.transcodes,
        )
        if now != camera:
            cameras = tuple(now if c.name == name else c for c in self.state.cameras)
            self.state = msgspec.structs.replace(self.state, cameras=cameras)
            self._folder.write(self.state)
            self._changed_at = self._folder.changed_at()
        self._changed()

    def broke(self, name: str, words: str, *, lasting: bool) -> None:
        """A run or a preview ended by this."""
        if _WRONG in words:
            count = self._rest.get(name, (0, 0.0))[0] + 1
            self._rest[name] = count, time.monotonic() + _RESTS_S[min(count, len(_RESTS_S)) - 1]
        self.trouble(name, words, lasting=lasting)

    def trouble(self, name: str, words: str | None, *, lasting: bool = False) -> None:
        """What its owner is told. Not `lasting`: forgotten in a minute, so that the camera is tried again."""
        self._passes.pop(name, None)
        if words is not None and not lasting:
            self._passes[name] = time.monotonic() + _PASSES_S
        if self._troubles.get(name) != words:
            self._troubles[name] = words
            self._changed()

    def _forget(self, now: float) -> None:
        for name in [name for name, at in self._passes.items() if at <= now]:
            self.trouble(name, None)

    def reports(self) -> tuple[wire.SourceReport, ...]:
        own = [
            wire.SourceReport(
                name=camera.name,
                label=camera.label,
                kind=camera.kind,
                codec=camera.codec,
                width=camera.width,
                height=camera.height,
                transcodes=camera.transcode,
                has_sound=camera.has_sound,
                trouble=(self._troubles.get(camera.name) or None),
            )
            for camera in self.state.cameras
        ]
        return (*own, *self._found.values())[: wire.MAX_SOURCES]

    def discover(self) -> None:
        now = time.monotonic()
        if (self._finding is None or self._finding.done()) and now - self._found_at > _DISCOVER_EVERY_S:
            self._found_at = now
            self._finding = asyncio.create_task(self._find())

    async def _find(self) -> None:
        found = await find.search(
            find.Search(search_s=find.SEARCH_S, networks=self.state.networks, server=self.server)
        )
        self._found = {}
        known = {urlsplit(camera.url).hostname for camera in self.state.cameras}
        for each in found:
            if each.host in known:
                self._complete(each)
                continue
            if each.url:
                label = each.label[:120] or "Camera"
                self._folder.add_camera(
                    Camera(
                        name=self._folder.free_name(label),
                        label=label,
                        url=each.url,
                        kind="onvif",
                        codec=each.codec,
                        width=each.width,
                        height=each.height,
                        onvif=each.onvif,
                    )
                )
                self.state = self._folder.read()
                self._changed_at = self._folder.changed_at()
            else:
                name = f"found-{each.host.replace(':', '.')}"
                self._found[name] = wire.SourceReport(
                    name=name, label=each.label[:120], kind="onvif", trouble=(each.trouble or "")[:300]
                )
        self._changed()

    def _complete(self, found: find.Found) -> None:
        """A camera that was added before anybody noted where ONVIF can ask it for a keyframe."""
        cameras = tuple(
            msgspec.structs.replace(camera, onvif=found.onvif)
            if found.url and camera.url == found.url and camera.onvif is None
            else camera
            for camera in self.state.cameras
        )
        if cameras != self.state.cameras:
            self.state = msgspec.structs.replace(self.state, cameras=cameras)
            self._folder.write(self.state)
            self._changed_at = self._folder.changed_at()


def _login(camera: Camera) -> tuple[str, str, str]:
    return camera.url, camera.user, camera.password
