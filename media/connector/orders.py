"""What the connector and the process of one camera say to each other: JSON lines on its two pipes.

The camera's name and password go in here, over a pipe that nobody else can read, and never come out.
"""

import msgspec

from media.connector.soap import Services

MAX_LINE = 1 << 20  # bytes; a preview is the largest


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    pass


# To the process


class Open(_Line, frozen=True, kw_only=True, tag="open"):
    """Which camera is its own; nothing is connected to before a run begins. `url` has no password in it.

    `url` is RTSP's, or what media.connector.inputs reads. An empty one is the moving test picture, which only
    whoever starts a connector in code can ask for.
    """

    url: str
    user: str = ""
    password: str = ""
    networks: tuple[str, ...] = ()
    server: tuple[str, int] | None = None
    onvif: Services | None = None  # where it can be asked for a keyframe
    transcode: bool = False  # it is known that it must be
    trust: str | None = None


class Begin(_Line, frozen=True, kw_only=True, tag="begin"):
    """`whip` is a whole URL of the connector's own server."""

    run: str
    whip: str
    bearer: str
    sound: bool


class End(_Line, frozen=True, kw_only=True, tag="end"):
    run: str


class TakePicture(_Line, frozen=True, kw_only=True, tag="take-picture"):
    pass


# From the process


class Opened(_Line, frozen=True, kw_only=True, tag="opened"):
    codec: str
    width: int
    height: int
    has_sound: bool
    transcodes: bool


class Began(_Line, frozen=True, kw_only=True, tag="began"):
    run: str


class Broke(_Line, frozen=True, kw_only=True, tag="broke"):
    """`run` is empty for a still. `lasting`: trying again changes nothing.

    `refused`: by the service, which took the picture no more; nothing is wrong with the camera.
    """

    run: str
    words: str
    lasting: bool = False
    refused: bool = False


class Taken(_Line, frozen=True, kw_only=True, tag="taken"):
    jpeg: bytes


class Counted(_Line, frozen=True, kw_only=True, tag="counted"):
    """Bytes since the line before, both ways, and whether the camera was open meanwhile."""

    media: int
    camera: int
    control: int
    session: bool


class Hurt(_Line, frozen=True, kw_only=True, tag="hurt"):
    """Something that its owner should know and that ends nothing; None when it is over."""

    words: str | None


Order = Open | Begin | End | TakePicture
Report = Opened | Began | Broke | Taken | Counted | Hurt
