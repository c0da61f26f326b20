"""Servers for tests that err when they are told to: over real sockets, on loopback."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

_PIECE = 16_384


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What a server says.

    Attributes:
        cut: Bytes of the body after which the connection breaks.
        pause_s: Between pieces of the body.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None
    pause_s: float = 0.0


# Returns None where it does not apply; then it waits for another request.
Fault = Callable[[Request, Answer], Answer | None]


@dataclass
class Server:
    """A running server: its address, what it was asked, and what goes wrong next."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def asked(self, method: str = "GET") -> list[Request]:
        return [one for one in self.requests if one.method == method]


@contextmanager
def serve(answer: Callable[[Request], Answer]) -> Iterator[Server]:
    """Serve by a function until the block ends."""
    server, lock = Server(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            request = Request(
                self.command, self.path, dict(self.headers), self.rfile.read(length)
            )
            given = answer(request)
            with lock:
                server.requests.append(request)
                for fault in server.faults:
                    wrong = fault(request, given)
                    if wrong is not None:
                        server.faults.remove(fault)
                        given = wrong
                        break
            self._send(given)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _do  # noqa: N815

        def _send(self, given: Answer) -> None:
            self.close_connection = True
            self.send_response(given.status)
            named = {name.lower() for name in given.headers}
            if "content-length" not in named and "transfer-encoding" not in named:
                self.send_header("Content-Length", str(len(given.body)))
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            if self.command == "HEAD":
                return
            body = given.body if given.cut is None else given.body[: given.cut]
            try:
                for start in range(0, len(body), _PIECE):
                    self.wfile.write(body[start : start + _PIECE])
                    time.sleep(given.pause_s)
            except ConnectionError:
                pass  # The client has seen enough.

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


@dataclass
class Files:
    """What a plain web server serves: by path, with an ETag and ranges."""

    content: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    etag: Callable[[bytes], str] = lambda data: f'"{hash(data)}"'

    def answer(self, request: Request) -> Answer:
        path = unquote(urlsplit(request.path).path)
        if path not in self.content:
            return Answer(404)
        data = self.content[path]
        headers = {"ETag": self.etag(data), **self.headers}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return Answer(304, headers)
        wanted = request.headers.get("Range")
        if wanted is None or request.headers.get("If-Range") != headers["ETag"]:
            return Answer(200, headers, data)
        start = int(wanted.removeprefix("bytes=").partition("-")[0])
        if start >= len(data):
            return Answer(416, headers)
        headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        return Answer(206, headers, data[start:])


def passed_on_to(host: str, port: int) -> Callable[[Request], Answer]:
    """Return a function that asks another server, and answers as that does."""

    def answer(request: Request) -> Answer:
        link = http.client.HTTPConnection(host, port, timeout=30)
        try:
            link.request(
                request.method, request.path, request.body, dict(request.headers)
            )
            said = link.getresponse()
            body = said.read()
        finally:
            link.close()
        dropped = {"connection", "transfer-encoding", "date", "server"}
        if request.method != "HEAD":
            dropped.add("content-length")
        headers = {k: v for k, v in said.getheaders() if k.lower() not in dropped}
        return Answer(said.status, headers, body)

    return answer


def once(change: Callable[[Answer], Answer], path: str = "") -> Fault:
    """Return a fault that meets the next GET of a path with content."""

    def fault(request: Request, given: Answer) -> Answer | None:
        is_met = request.method == "GET" and path in request.path and given.body
        return change(given) if is_met else None

    return fault


def cut(after: int, path: str = "") -> Fault:
    """Break the connection after so many bytes of the body."""
    return once(lambda given: replace(given, cut=after), path)


def truncated(after: int, path: str = "") -> Fault:
    """Send less, and say that this is all of it."""
    return once(lambda given: replace(given, body=given.body[:after]), path)


def busy(path: str = "", **headers: str) -> Fault:
    return once(lambda given: Answer(503, headers), path)


def slow(pause_s: float, path: str = "") -> Fault:
    return once(lambda given: replace(given, pause_s=pause_s), path)


def flipped(path: str = "") -> Fault:
    """Send one bit otherwise."""
    return once(
        lambda given: replace(given, body=bytes([given.body[0] ^ 1]) + given.body[1:]),
        path,
    )
