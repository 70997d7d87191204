"""An ONVIF camera for tests: WS-Discovery and the part of Profile S that finds a stream, as real cameras do
it.

No package was found that answers as a camera and runs without a network of its own, so this is written from
the specifications: SOAP 1.2, WS-Discovery 2005/04 (Probe, ProbeMatches), ONVIF Core 5 (GetSystemDateAndTime,
GetServices, GetCapabilities), Media (GetProfiles, GetStreamUri, SetSynchronizationPoint), WS-Security
UsernameToken 1.0. It verifies the password digest against its own clock and refuses what is older than a
minute, as cameras do. Plain standard library; the client that is tested against it is not its own, but for
SetSynchronizationPoint, which test_keyframes compares with what ONVIF's own WSDL says.
"""

import base64
import datetime
import hashlib
import http.server
import re
import socket
import struct
import threading
import uuid
from collections.abc import Callable
from typing import Self

GROUP, PORT = "239.255.255.250", 3702
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
    'xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:ter="http://www.onvif.org/ver10/error">'
    "{header}<s:Body>{body}</s:Body></s:Envelope>"
)
_FAULT = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code>"
    '<s:Reason><s:Text xml:lang="en">Sender not authorized</s:Text></s:Reason></s:Fault>'
)


class OnvifCamera:
    """`behind_s`: how far its clock is behind. `lies`: it names another host in its addresses.

    `keyframe`: what SetSynchronizationPoint does; without it the camera does not know that.
    """

    def __init__(
        self,
        host: str,
        stream: str,
        *,
        user: str = "",
        password: str = "",
        behind_s: float = 0,
        lies: str = "",
        keyframe: Callable[[], None] | None = None,
    ) -> None:
        self.asked: list[str] = []
        self._host, self._stream = host, stream
        self._user, self._password = user, password
        self._behind = datetime.timedelta(seconds=behind_s)
        self._says = lies or host
        self._keyframe = keyframe
        self._id = f"urn:uuid:{uuid.uuid4()}"
        camera = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
                status, answer = camera.answer(body)
                data = answer.encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                return

        self._server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.xaddr = f"http://{host}:{self.port}/onvif/device_service"
        self._probes = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
        self._over = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        probes = self._probes
        probes.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probes.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        probes.bind(("", PORT))
        member = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(self._host))
        probes.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        probes.settimeout(0.1)
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._listening.join()
        self._probes.close()
        self._server.shutdown()
        self._server.server_close()

    def _listen(self) -> None:
        while not self._over:
            try:
                data, sender = self._probes.recvfrom(65536)
            except TimeoutError:
                continue
            text = data.decode(errors="replace")
            message = re.search(r"<\w+:MessageID[^>]*>\s*([^<\s]+)\s*<", text)
            if "discovery/Probe<" not in re.sub(r"\s", "", text) or message is None:
                continue
            action = "http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches"
            header = (
                f"<s:Header><a:MessageID>urn:uuid:{uuid.uuid4()}</a:MessageID><a:RelatesTo>{message[1]}</a:RelatesTo>"
                "<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>"
                f'<a:Action>{action}</a:Action><d:AppSequence InstanceId="1" MessageNumber="1"/></s:Header>'
            )
            body = (
                "<d:ProbeMatches><d:ProbeMatch><a:EndpointReference>"
                f"<a:Address>{self._id}</a:Address></a:EndpointReference>"
                "<d:Types>dn:NetworkVideoTransmitter</d:Types>"
                "<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Back%20Door</d:Scopes>"
                f"<d:XAddrs>{self.xaddr}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>"
                "</d:ProbeMatch></d:ProbeMatches>"
            )
            self._probes.sendto(_ENVELOPE.format(header=header, body=body).encode(), sender)

    def answer(self, request: str) -> tuple[int, str]:
        """Status and envelope for one request."""
        found = re.search(r"<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)", request)
        operation = found[1] if found else ""
        self.asked.append(operation)
        if operation != "GetSystemDateAndTime" and self._user and not self._authentic(request):
            return 400, _ENVELOPE.format(header="", body=_FAULT)
        body = {
            "GetSystemDateAndTime": self._time,
            "GetServices": self._services,
            "GetCapabilities": self._capabilities,
            "GetProfiles": self._profiles,
            "GetStreamUri": self._uri,
            "SetSynchronizationPoint": self._point if self._keyframe is not None else None,
        }.get(operation)
        if operation == "SetSynchronizationPoint" and "ProfileToken>main<" not in request:
            body = None
        if body is None:
            return 500, _ENVELOPE.format(
                header="", body=_FAULT.replace("NotAuthorized", "ActionNotSupported")
            )
        return 200, _ENVELOPE.format(header="", body=body())

    def _authentic(self, request: str) -> bool:
        def field(name: str) -> str:
            value = re.search(rf"<(?:[\w-]+:)?{name}(?:\s[^>]*)?>([^<]*)<", request)
            return value[1] if value else ""

        created = field("Created")
        try:
            at = datetime.datetime.fromisoformat(created.replace("Z", "+00:00"))
        except ValueError:
            return False
        if abs((at - self._now()).total_seconds()) > 60:
            return False
        nonce = base64.b64decode(field("Nonce"))
        digest = hashlib.sha1(nonce + created.encode() + self._password.encode()).digest()
        return field("Username") == self._user and field("Password") == base64.b64encode(digest).decode()

    def _now(self) -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC) - self._behind

    def _time(self) -> str:
        now = self._now()
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
            "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
            f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year>"
            f"<tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date></tt:UTCDateTime>"
            "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _services(self) -> str:
        services = "".join(
            f"<tds:Service><tds:Namespace>http://www.onvif.org/ver10/{name}/wsdl</tds:Namespace>"
            f"<tds:XAddr>http://{self._says}:{self.port}/onvif/{name}_service</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
            for name in ("device", "media")
        )
        return f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>"

    def _capabilities(self) -> str:
        return (
            "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media>"
            f"<tt:XAddr>http://{self._says}:{self.port}/onvif/media_service</tt:XAddr>"
            "<tt:StreamingCapabilities><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities>"
            "</tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>"
        )

    def _profiles(self) -> str:
        profiles = "".join(
            f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{token}</tt:Name>'
            f'<tt:VideoEncoderConfiguration token="e{token}">'
            f"<tt:Name>{token}</tt:Name><tt:UseCount>1</tt:UseCount>"
            f"<tt:Encoding>{codec}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>"
            f"<tt:Height>{height}</tt:Height></tt:Resolution><tt:Quality>5</tt:Quality>"
            "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>"
            "<tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
            "<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration></trt:Profiles>"
            for token, codec, width, height in (
                ("jpeg", "JPEG", 1920, 1080),
                ("main", "H264", 640, 360),
                ("sub", "H264", 320, 180),
            )
        )
        return f"<trt:GetProfilesResponse>{profiles}</trt:GetProfilesResponse>"

    def _point(self) -> str:
        assert self._keyframe is not None
        self._keyframe()
        return "<trt:SetSynchronizationPointResponse/>"

    def _uri(self) -> str:
        stream = re.sub(r"//[^:/]+", f"//{self._says}", self._stream)
        return (
            f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{stream}</tt:Uri>"
            "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
            "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
            "<tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>"
        )
