"""A witness over HTTP, as https://c2sp.org/tlog-witness says, small; and the ways in which one can be bad."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from backend.tlog import checkpoints, notes
from backend.tlog.faults import Malformed, Unproven
from backend.tlog.merkle import consistent
from backend.tlog.notes import COSIGNATURE, Signer, Verifier

Answer = tuple[int, str, bytes]


class Witness:
    """Honest. `logs` are the keys that it takes."""

    def __init__(self, name: str, *logs: Verifier) -> None:
        self.signer = Signer.generate(name, COSIGNATURE)
        self.signed: dict[str, tuple[int, bytes]] = {}  # origin -> size, root
        self.asked = 0
        self._logs = {log.name: log for log in logs}
        self._lock = threading.Lock()

    def add_checkpoint(self, body: bytes) -> Answer:
        with self._lock:
            self.asked += 1
            return self._add(body)

    def _add(self, body: bytes) -> Answer:
        head, _, raw = body.partition(b"\n\n")
        old_line, *proof_lines = head.decode().split("\n")
        word, _, number = old_line.partition(" ")
        if word != "old" or not number.isdigit() or len(proof_lines) > 63:
            return 400, "text/plain", b"old size\n"
        old = int(number)
        try:
            proof = [notes.decode(line, "a proof line") for line in proof_lines]
            origin = raw.decode().partition("\n")[0]
            if origin not in self._logs:
                return 404, "text/plain", b"unknown log\n"
            new = checkpoints.read(raw, self._logs[origin]).checkpoint
        except Malformed:
            return 400, "text/plain", b"malformed\n"
        except Unproven:
            return 403, "text/plain", b"not signed by the log\n"
        size, root = self.signed.get(origin, (0, b""))
        if old > new.size:
            return 400, "text/plain", b"old size is larger\n"
        if old != size:
            return 409, "text/x.tlog.size", b"%d\n" % size
        if old == new.size and old and root != new.root:
            return 409, "text/plain", b"another root\n"
        if old and not consistent(old, new.size, root, new.root, proof):
            return 422, "text/plain", b"inconsistent\n"
        if not old and proof:
            return 422, "text/plain", b"a proof from nothing\n"
        self.signed[origin] = new.size, new.root
        return 200, "text/plain", self.signer.sign(new.text, int(time.time())).line.encode()


@contextmanager
def served(answer: Callable[[bytes], Answer]) -> Iterator[str]:
    """The address of a server that answers add-checkpoint so."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, kind, said = answer(body) if self.path == "/add-checkpoint" else (404, "text/plain", b"")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(said)))
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
