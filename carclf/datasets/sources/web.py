"""Files from the web, by http and https: whole or not at all."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from carclf.datasets.sources import names, sidecar
from carclf.datasets.sources.pace import Pace, Told
from carclf.errors import SourceError, Stopped

# Between tries; whatever came meanwhile is kept, and starts the count anew.
PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_REDIRECTS = 5
_LONGEST_WAIT_S = 30.0
_CHUNK = 262_144
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_PART = "part"


class _Again(Exception):  # noqa: N818  Never leaves this module.
    """The download is to be gone on with after a moment."""

    def __init__(self, trouble: str, wait_s: float | None = None) -> None:
        super().__init__(trouble)
        self.wait_s = wait_s


def fetch(
    address: str,
    shown: str,
    folder: Path,
    told: Told,
    stop_requested: Callable[[], bool],
) -> Path:
    """Return the file that an address names, downloaded into a folder of its own.

    Started again, it goes on where it was, if the file is still the same; one that
    is whole already is only asked about.

    Args:
        shown: The address without what is secret in it.

    Raises:
        SourceError: It cannot be had.
        StoreError: The disk is full.
        Stopped: `stop_requested` said so.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _client() as client:
        download = _Download(client, address, shown, folder, told, stop_requested)
        return download.run()


def _client() -> httpx.Client:
    return httpx.Client(
        follow_redirects=True,
        max_redirects=_REDIRECTS,
        timeout=TIMEOUT,
        # Sizes and ranges are those of the file, not of a compressed answer.
        headers={"Accept-Encoding": "identity", "User-Agent": "carclf"},
    )


class _Download:
    def __init__(
        self,
        client: httpx.Client,
        address: str,
        shown: str,
        folder: Path,
        told: Told,
        stop_requested: Callable[[], bool],
    ) -> None:
        self._client, self._address, self._shown = client, address, shown
        self._folder, self._part = folder, folder / _PART
        self._told, self._stop_requested = told, stop_requested

    def run(self) -> Path:
        tries = 0
        while True:
            before = self._size()
            try:
                return self._ask()
            except _Again as trouble:
                tries = 0 if self._size() > before else tries + 1
                if tries > len(PAUSES_S):
                    raise SourceError(
                        f"{self._shown} could not be downloaded: {trouble}. Try again; "
                        "what came so far is kept, and it goes on from there."
                    ) from trouble
                self._rest(trouble.wait_s or PAUSES_S[max(0, tries - 1)])

    def _ask(self) -> Path:
        noted = sidecar.read(self._part)
        with self._told_of_trouble():
            request = _conditions(noted, self._size())
            with self._client.stream("GET", self._address, headers=request) as answer:
                return self._take(answer, noted)

    def _take(self, answer: httpx.Response, noted: dict[str, Any]) -> Path:
        if answer.status_code == httpx.codes.NOT_MODIFIED and noted:
            return self._whole(noted)
        if answer.status_code == httpx.codes.PARTIAL_CONTENT:
            start = self._continued(answer, noted)
        elif answer.status_code == httpx.codes.OK:
            start, noted = 0, self._begin(answer)
        else:
            raise self._refusal(answer)
        self._receive(answer, start, noted["size"])
        return self._whole(noted)

    def _begin(self, answer: httpx.Response) -> dict[str, Any]:
        """Start from nothing, and note what it is that comes."""
        kind = answer.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() == "text/html":
            raise SourceError(
                f"{self._shown} answers with a web page, not with a file. Give the "
                "address of the file itself: what the page's download button leads to."
            )
        size = answer.headers.get("content-length", "")
        noted = {
            "etag": answer.headers.get("etag", ""),
            "modified": answer.headers.get("last-modified", ""),
            "size": int(size) if size.isdecimal() else None,
            "name": _file_name(answer, self._address),
        }
        # Emptied in place, a file that was whole once would be emptied elsewhere too.
        sidecar.discard(self._part)
        self._part.touch()
        sidecar.write(self._part, noted)
        return noted

    def _continued(self, answer: httpx.Response, noted: dict[str, Any]) -> int:
        """Return where a part that was asked for begins; it must fit what is here."""
        found = _RANGE.fullmatch(answer.headers.get("content-range", ""))
        expected = (self._size(), noted.get("size"))
        if found is None or (int(found[1]), int(found[2])) != expected:
            sidecar.discard(self._part)
            raise _Again("the server gave another part than it was asked for")
        return expected[0]

    def _receive(self, answer: httpx.Response, start: int, size: int | None) -> None:
        pace = Pace("Downloading", size or 0, self._told)
        pace.had(start)
        with self._part.open("r+b") as file:
            file.seek(start)
            for chunk in answer.iter_raw(_CHUNK):
                if self._stop_requested():
                    raise Stopped
                file.write(chunk)
                pace.add(len(chunk))
                pace.tell()
        pace.tell(at_once=True)
        if size is not None and self._size() != size:
            if self._size() > size:
                sidecar.discard(self._part)
            raise _Again(f"{self._size():,} bytes came, and {size:,} were announced")

    def _whole(self, noted: dict[str, Any]) -> Path:
        """Give the file its name; a second one to it, for the next time it is asked."""
        target: Path = self._folder / "whole" / noted["name"]
        target.parent.mkdir(exist_ok=True)
        target.unlink(missing_ok=True)
        target.hardlink_to(self._part)
        sidecar.write(self._part, noted | {"size": self._size()})
        return target

    def _size(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _refusal(self, answer: httpx.Response) -> Exception:
        code = answer.status_code
        if code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            sidecar.discard(self._part)
            return _Again("the file there has become shorter")
        if code in _TRY_AGAIN:
            wait = answer.headers.get("retry-after", "")
            wait_s = min(float(wait), _LONGEST_WAIT_S) if wait.isdecimal() else None
            return _Again(f"the server answers {code} {answer.reason_phrase}", wait_s)
        if code in (401, 403):
            return SourceError(
                f"{self._shown} may not be read ({code}): it wants a login, or the "
                "address has expired. Get a fresh address, or download the file "
                "yourself and import it from this machine."
            )
        if code in (404, 410):
            return SourceError(
                f"There is no file at {self._shown} ({code}). Check the address."
            )
        return SourceError(
            f"{self._shown} cannot be downloaded: the server answers {code} "
            f"{answer.reason_phrase}. Check the address in a browser."
        )

    @contextmanager
    def _told_of_trouble(self) -> Iterator[None]:
        try:
            yield
        except httpx.TooManyRedirects as error:
            raise SourceError(
                f"{self._shown} was sent on more than {_REDIRECTS} times. Give the "
                "address that the file has in the end."
            ) from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise SourceError(
                f"{self._shown} does not lead to a file by http or https ({error}). "
                "Check the address."
            ) from error
        except httpx.ConnectError as error:
            if self._size():
                raise _Again(f"the server cannot be reached ({error})") from error
            raise SourceError(
                f"{self._shown} cannot be reached: {error}. Check the address, and "
                "that this machine has a network."
            ) from error
        except httpx.TimeoutException as error:
            raise _Again("the server did not answer in time") from error
        except httpx.TransportError as error:
            raise _Again(f"the connection was cut ({error})") from error

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._stop_requested():
                raise Stopped
            time.sleep(min(0.2, seconds))


def _conditions(noted: Mapping[str, Any], here: int) -> dict[str, str]:
    """Return headers that ask for what is missing of a file that is the same still."""
    etag, modified = noted.get("etag", ""), noted.get("modified", "")
    if not here or not (etag or modified):
        return {}
    if here == noted.get("size"):
        if etag:
            return {"If-None-Match": etag}
        return {"If-Modified-Since": modified}
    # A weak ETag says that the meaning is the same, which is not to say the bytes.
    proof = etag if etag and not etag.startswith("W/") else modified
    if not proof or noted.get("size") is None:
        return {}
    return {"Range": f"bytes={here}-", "If-Range": proof}


def _file_name(answer: httpx.Response, address: str) -> str:
    """Return what the file is called: as the server says, or as the address ends."""
    header = Message()
    header["content-disposition"] = answer.headers.get("content-disposition", "")
    for name in (
        header.get_filename() or "",
        unquote(urlsplit(address).path),
        unquote(answer.url.path),
    ):
        last = PurePosixPath(name.replace("\\", "/")).name
        if last and last != "..":
            return str(names.inside(last, "The server's answer"))
    return "download"
