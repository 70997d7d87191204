"""Reads a camera of this computer: Video4Linux through libav, opened while it is wanted and no longer.

H.264 where the camera makes it, else JPEG, else plain pixels. All but the first is encoded here
(media.connector.convert).
"""

import errno
from typing import Any

import av
import av.error

from media.connector.demux import Reader
from media.connector.describe import Trouble
from media.connector.inputs import Device
from media.connector.pictures import Taker

_FORMAT = "v4l2"
_SIZE = {"video_size": "1280x720", "fpsprobesize": "0"}
_WISHES: tuple[dict[str, str], ...] = (
    {**_SIZE, "input_format": "h264"},
    {**_SIZE, "input_format": "mjpeg"},
    _SIZE,
    {},  # as it stands
)


class Local(Reader):
    """`traffic` counts what was read of it."""

    def __init__(self, device: Device, taker: Taker) -> None:
        super().__init__(taker)
        self._device = device
        self._carried = 0

    def traffic(self) -> int:
        return self._carried

    def _read(self) -> None:
        with self._open() as container:
            self._hand_on(container)

    def _took(self, size: int) -> None:
        self._carried += size

    def _open(self) -> Any:
        path = self._device.path
        *first, last = _WISHES
        for wish in first:
            try:
                return av.open(path, format=_FORMAT, options=wish)
            except av.error.FFmpegError as error:
                if (lasting := _why(path, error)) is not None:
                    raise lasting from error
        try:
            return av.open(path, format=_FORMAT, options=last)
        except av.error.FFmpegError as error:
            raise _why(path, error) or Trouble(f"The camera {path} gives no picture.") from error


def _why(path: str, error: av.error.FFmpegError) -> Trouble | None:
    """None for what another format may mend."""
    match error.errno:
        case errno.ENOENT | errno.ENODEV | errno.ENXIO:
            return Trouble(f"There is no camera at {path}. Is it plugged in?")
        case errno.EACCES | errno.EPERM:
            return Trouble(
                f"{path} may not be opened. Put the connector's user into the group video.", lasting=True
            )
        case errno.EBUSY:
            return Trouble(f"Another program has {path} open.")
        case _:
            return None
