"""A bucket on loopback: the files of a folder, as S3 would list and send them.

    python benchmarks/bucket.py FOLDER

serves them as the bucket “cars” until it is ended, and prints its address. It does no
more than a download needs, so that clients are measured and not the server.
"""

import hashlib
import os
import sys
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

PAGE = 1000
MODIFIED = ("2030-01-01T00:00:00.000Z", "Tue, 01 Jan 2030 00:00:00 GMT")


@dataclass(frozen=True)
class Object:
    path: Path
    size: int
    etag: str


class Handler(BaseHTTPRequestHandler):
    """Answers for one connection, which stays open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    objects: dict[str, Object]

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        _, _, key = unquote(asked.path).lstrip("/").partition("/")
        if not key:
            self._list({name: one[0] for name, one in parse_qs(asked.query).items()})
        elif key in self.objects:
            self._send(self.objects[key])
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    do_HEAD = do_GET  # noqa: N815

    def _list(self, query: dict[str, str]) -> None:
        after = query.get("continuation-token", "")
        prefix = query.get("prefix", "")
        keys = [one for one in self.objects if one.startswith(prefix) and one > after]
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{self.objects[key].size}</Size>"
            f"<ETag>{self.objects[key].etag}</ETag>"
            f"<LastModified>{MODIFIED[0]}</LastModified></Contents>"
            for key in keys[:PAGE]
        )
        more = (
            "<IsTruncated>true</IsTruncated><NextContinuationToken>"
            f"{escape(keys[PAGE - 1])}</NextContinuationToken>"
            if len(keys) > PAGE
            else "<IsTruncated>false</IsTruncated>"
        )
        self._answer(200, f"<ListBucketResult>{more}{rows}</ListBucketResult>".encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def _send(self, one: Object) -> None:
        start, end = 0, one.size
        wanted = self.headers.get("Range", "").removeprefix("bytes=")
        if wanted:
            first, _, last = wanted.partition("-")
            start, end = int(first), min(one.size, int(last or one.size) + 1)
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(end - start))
        self.send_header("Content-Range", f"bytes {start}-{end - 1}/{one.size}")
        self.send_header("ETag", one.etag)
        self.send_header("Last-Modified", MODIFIED[1])
        self.end_headers()
        self.wfile.flush()
        if self.command == "GET":
            with one.path.open("rb") as file:
                while start < end:
                    sent = os.sendfile(
                        self.connection.fileno(), file.fileno(), start, end - start
                    )
                    start += sent

    def log_message(self, *_: Any) -> None:
        """Keep quiet: a line a request would be measured, too."""


def main(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    Handler.objects = {str(path.relative_to(folder)): described(path) for path in files}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.request_queue_size = 64
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


def described(path: Path) -> Object:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "md5").hexdigest()
    return Object(path, path.stat().st_size, f'"{digest}"')


if __name__ == "__main__":
    main(Path(sys.argv[1]))
