# mypy: ignore-errors
"""An encoder that is none of ours: GStreamer's webrtcbin speaks WHIP, in a process under Debian's Python.

`/usr/bin/python3 tests/backend/gst_encoder.py`, a JSON object with `url` and `bearer` on standard input; says
each HTTP status and each state of its connection on a line; hangs up when its input closes. Its ICE is
libnice, its DTLS OpenSSL, its SRTP libsrtp; the offer is webrtcbin's own.
"""

import json
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

FILM = (
    "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=180,framerate=15/1"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=400 threads=1"
    " ! video/x-h264,profile=constrained-baseline ! h264parse config-interval=-1"
    " ! rtph264pay aggregate-mode=zero-latency pt=96"
    " ! application/x-rtp,media=video,encoding-name=H264,payload=96"
    " ! webrtcbin name=peer bundle-policy=max-bundle"
)


def say(*words):
    print(*words, flush=True)


def send(method, url, bearer, body=None):
    request = urllib.request.Request(url, data=body and body.encode(), method=method)
    request.add_header("Authorization", f"Bearer {bearer}")
    request.add_header("Content-Type", "application/sdp")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            say("http", answer.status)
            return answer.read().decode(), answer.headers.get("Location")
    except urllib.error.HTTPError as error:
        say("http", error.code)
        return None, None


class Encoder:
    def __init__(self, url, bearer):
        self.url, self.bearer, self.session = url, bearer, None
        self.pipeline = Gst.parse_launch(FILM)
        self.peer = self.pipeline.get_by_name("peer")
        self.peer.connect("on-negotiation-needed", self.offer)
        self.peer.connect("notify::ice-gathering-state", self.gathered)
        self.peer.connect("notify::connection-state", self.changed)
        self.asked = False

    def offer(self, peer):
        peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered, None))

    def offered(self, promise, _):
        promise.wait()
        self.made = promise.get_reply()  # what it holds goes with it
        self.peer.emit("set-local-description", self.made.get_value("offer"), Gst.Promise.new())

    def gathered(self, peer, _):
        state = peer.get_property("ice-gathering-state")
        if state == GstWebRTC.WebRTCICEGatheringState.COMPLETE and not self.asked:
            self.asked = True
            threading.Thread(target=self.publish, daemon=True).start()

    def publish(self):
        offer = self.peer.get_property("local-description").sdp.as_text()
        answer, session = send("POST", self.url, self.bearer, offer)
        if answer is None:
            return
        self.session = urllib.parse.urljoin(self.url, session)
        _, sdp = GstSdp.SDPMessage.new_from_text(answer)
        described = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.peer.emit("set-remote-description", described, Gst.Promise.new())

    def changed(self, peer, _):
        say("connection", peer.get_property("connection-state").value_nick)

    def run(self):
        loop = GLib.MainLoop()
        threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
        self.pipeline.set_state(Gst.State.PLAYING)
        loop.run()
        if self.session is not None:
            send("DELETE", self.session, self.bearer)
        self.pipeline.set_state(Gst.State.NULL)


def main():
    wanted = json.loads(sys.stdin.readline())
    Gst.init(None)
    Encoder(wanted["url"], wanted["bearer"]).run()


if __name__ == "__main__":
    main()
