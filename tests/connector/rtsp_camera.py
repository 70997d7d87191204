# mypy: ignore-errors
"""A camera that is GStreamer's RTSP server, in a process of its own under Debian's Python.

`/usr/bin/python3 tests/connector/rtsp_camera.py`, a JSON object of settings on standard input; the port that
it listens on comes out; ends when its input closes. Streams: /baseline, /high (B-frames), /h265, /sound; with
`password`, all want it (Digest). `shared`: one film for all who come, so that a newcomer arrives in the
middle of a group of pictures. GStreamer begins such a film anew for each newcomer, though, with a keyframe.
/running does not: its encoder runs from the start and knows nobody, so who comes gets whatever picture is
next, and no keyframe before its time, unless a line on standard input says "keyframe", as a camera's ONVIF
service tells its encoder. With `listens` the other films' encoders hear what RTCP asks for.
"""

import json
import socket
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import GLib, Gst, GstRtspServer, GstVideo  # noqa: E402

SOUND = "audiotestsrc is-live=true wave=ticks ! audioconvert ! alawenc ! rtppcmapay name=pay1 pt=8"


def pipelines(settings):
    size = f"width={settings['width']},height={settings['height']},framerate={settings['fps']}/1"
    film = f"videotestsrc is-live=true pattern={settings['pattern']} ! video/x-raw,format=I420,{size}"
    group = settings["group_s"] * settings["fps"]
    rate = f"key-int-max={group} bitrate={settings['kbps']}"
    x264 = f"x264enc name=encoder {rate} speed-preset=ultrafast threads=1"
    pay = f"h264parse config-interval={settings['config_interval']} ! rtph264pay name=pay0 pt=96"
    caps = "video/x-h264,profile="
    return {
        "/baseline": f"{film} ! {x264} tune=zerolatency ! {caps}constrained-baseline ! {pay}",
        "/main": f"{film} ! {x264} bframes=0 b-adapt=false cabac=true ! {caps}main ! {pay}",
        "/high": f"{film} ! {x264} bframes=2 b-adapt=false rc-lookahead=5 ! {caps}high ! {pay}",
        "/h265": f"{film} ! x265enc name=encoder key-int-max={group} speed-preset=ultrafast tune=zerolatency"
        " ! h265parse config-interval=-1 ! rtph265pay name=pay0 pt=96",
        "/sound": f"{film} ! {x264} tune=zerolatency ! {caps}constrained-baseline ! {pay} {SOUND}",
        "/running": f"{tap(settings)} ! rtph264depay ! {pay}",
        "/file": f"filesrc location={settings['file']} ! qtdemux ! {pay}",
        "/mjpeg": f"{film} ! jpegenc ! rtpjpegpay name=pay0 pt=26",
    }


def tap(settings):
    """Where what the running encoder makes comes out."""
    caps = "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96"
    return f'udpsrc address=127.0.0.1 port={settings["tap"]} buffer-size=2097152 caps="{caps}"'


def run_encoder(settings):
    """Film and encode from now on, whether anybody watches or not."""
    film = pipelines(settings)["/baseline"].replace("config-interval=0", "config-interval=-1")
    encoder = Gst.parse_launch(f"{film} ! udpsink host=127.0.0.1 port={settings['tap']} sync=false")
    encoder.set_state(Gst.State.PLAYING)
    return encoder


def force_keyframe(running):
    """The encoder's next picture is one."""
    event = GstVideo.video_event_new_upstream_force_key_unit(Gst.CLOCK_TIME_NONE, True, 0)
    running.get_by_name("encoder").get_static_pad("src").send_event(event)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def deafen(_factory, media):
    """Keyframes come when their time has come, as from most cameras, and not for a newcomer."""
    encoder = media.get_element().get_by_name("encoder")
    if encoder is not None:
        encoder.get_static_pad("src").add_probe(
            Gst.PadProbeType.EVENT_UPSTREAM,
            lambda _pad, info: (
                Gst.PadProbeReturn.DROP
                if info.get_event().has_name("GstForceKeyUnit")
                else Gst.PadProbeReturn.OK
            ),
        )


def main():
    settings = {
        "width": 640, "height": 360, "fps": 15, "group_s": 2, "kbps": 1000, "password": "", "port": 0,
        "shared": True, "file": "none.mp4", "config_interval": 0, "warm": [], "pattern": "ball",
        "listens": False,
        **json.loads(sys.stdin.readline()), "tap": free_port(),
    }  # fmt: skip
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(settings["port"]))
    mounts = server.get_mount_points()
    if settings["password"]:
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtspServer.RTSPAuth and gi.repository.GstRtsp.RTSPAuthMethod.DIGEST)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "user")
        auth.add_digest("owner", settings["password"], token)
        server.set_auth(auth)
    for path, pipeline in pipelines(settings).items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {pipeline} )")
        factory.set_shared(settings["shared"])
        if not settings["listens"]:
            factory.connect("media-configure", deafen)
        if settings["password"]:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role("user", "media.factory.access", True)
            permissions.add_permission_for_role("user", "media.factory.construct", True)
            factory.set_permissions(permissions)
        mounts.add_factory(path, factory)
    running = run_encoder(settings) if "/running" in settings["warm"] else None
    server.attach(None)
    port = server.get_bound_port()
    login = f"user-id=owner user-pw={settings['password']}" if settings["password"] else ""
    always = [
        Gst.parse_launch(
            f"rtspsrc location=rtsp://127.0.0.1:{port}{path} protocols=tcp {login}"
            " ! fakesink name=sink signal-handoffs=true"
        )
        for path in settings["warm"]
    ]  # somebody who watches all the time, so that the film runs as a camera's does
    dark = set(range(len(always)))
    for number, pipeline in enumerate(always):
        pipeline.get_by_name("sink").connect("handoff", lambda *_, number=number: dark.discard(number))
        pipeline.set_state(Gst.State.PLAYING)

    def begun():
        """Open to the test once its film is seen. The running encoder's first keyframe, which says what its
        film is, has most often passed before anybody was there to take it."""
        if not dark:
            print(port, flush=True)
        elif running is not None:
            force_keyframe(running)
        return bool(dark)

    GLib.timeout_add(50, begun)
    loop = GLib.MainLoop()

    def watch():
        for line in sys.stdin:
            if line.strip() == "keyframe" and running is not None:
                force_keyframe(running)
        loop.quit()

    threading.Thread(target=watch, daemon=True).start()
    GLib.timeout_add_seconds(2, lambda: server.get_session_pool().cleanup() >= 0)
    loop.run()
    if running is not None:
        running.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main()
