"""Objects on their way to the disk: side by side, proved, never half."""

import io
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import urllib3.exceptions
from botocore.exceptions import (
    ClientError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from botocore.exceptions import ConnectionError as BrokenConnection

from carclf import images
from carclf.datasets.sources import digests
from carclf.datasets.sources.pace import Pace
from carclf.datasets.sources.s3 import refusals
from carclf.datasets.sources.s3.listing import Object
from carclf.datasets.sources.s3.parts import PART, Journal, Parts
from carclf.errors import Stopped

T = TypeVar("T")

WORKERS = 16
# Between tries of an answer that broke off: boto3 repeats only what had none.
PAUSES_S = (0.2, 1.0, 3.0, 8.0)
_CHUNK = 1_000_000
_BROKEN = (
    *(IncompleteReadError, ResponseStreamingError, FlexibleChecksumError),
    *(HTTPClientError, BrokenConnection, urllib3.exceptions.HTTPError),
    refusals.DamagedError,
)


class Download:
    """Objects of one bucket on their way into a folder, by several threads."""

    def __init__(
        self,
        client: Any,
        bucket: str,
        folder: Path,
        pace: Pace,
        stop_requested: Callable[[], bool],
    ) -> None:
        self._client, self._bucket, self._folder = client, bucket, folder
        self._pace, self._stop_requested = pace, stop_requested
        self._ending = threading.Event()
        self._parts = folder.with_name(f"{folder.name}.parts")
        self._journal = Journal(folder.with_name(f"{folder.name}.journal"))

    def run(self, found: Sequence[Object]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        missing = self._journal.missing(found, self._folder)
        here = sum(one.size for one in found) - sum(one.size for one in missing)
        self._pace.had(here)
        if sum(one.size for one in missing) > shutil.disk_usage(self._folder).free:
            raise images.full_disk(self._folder)
        self._do(partial(self._take_small, one) for one in missing if one.size <= PART)
        for one in missing:
            if one.size > PART:
                self._take_large(one)
        self._pace.tell(at_once=True)

    def _do(self, tasks: Iterable[Callable[[], None]]) -> None:
        """Do tasks side by side; the first that fails ends the others."""
        waiting, running = iter(tasks), set[Future[None]]()
        with ThreadPoolExecutor(WORKERS) as pool:
            try:
                while True:
                    # Not all at once: there may be a million.
                    while len(running) < 2 * WORKERS and (task := next(waiting, None)):
                        running.add(pool.submit(task))
                    if not running:
                        return
                    done, running = wait(running, 0.5, FIRST_COMPLETED)
                    for one in done:
                        one.result()
                    self._pace.tell()
                    if self._stop_requested():
                        raise Stopped
            except BaseException:
                self._ending.set()
                pool.shutdown(cancel_futures=True)
                raise

    def _take_small(self, one: Object) -> None:
        data = self._tried(partial(self._whole, one))
        images.write_bytes(self._folder / one.path, data)
        self._journal.add(one)

    def _take_large(self, one: Object) -> None:
        """Download an object in parts, and give it its name once it is proved."""
        parts = Parts(self._parts, one)
        self._pace.had(parts.bytes_here())
        proof = self._proof(one)
        tasks = [partial(self._take_part, one, parts, n) for n in parts.missing()]
        with ThreadPoolExecutor(1) as prover:
            # Proved while it comes: afterwards, all would be read once more.
            came = proof and prover.submit(proof.of, parts.in_order(self._ending))
            self._do(tasks)
        if proof and came and came.result() != proof.expected:
            parts.discard()
            raise refusals.DamagedError(one.key, proof.kind)
        parts.finish(self._folder / one.path)
        self._journal.add(one)
        print(f"{one.key}: checked by size and {proof.kind if proof else 'no more'}.")

    def _take_part(self, one: Object, parts: Parts, number: int) -> None:
        self._tried(partial(self._part, one, parts, number))
        parts.note(number)

    def _proof(self, one: Object) -> digests.Proof | None:
        said = self._client.head_object(
            Bucket=self._bucket, Key=one.key, IfMatch=one.etag, ChecksumMode="ENABLED"
        )
        return digests.proof(self._credible(said), self._part_size(one))

    def _part_size(self, one: Object) -> int | None:
        """Return in which parts an object was uploaded; None if nobody can tell."""
        if "-" not in one.etag:
            return None
        try:
            first = self._client.head_object(
                Bucket=self._bucket, Key=one.key, PartNumber=1
            )
        except ClientError:
            # Not every server that speaks like S3 knows parts.
            return None
        size: int = first["ContentLength"]
        return size if first.get("PartsCount", 1) > 1 else None

    def _credible(self, said: dict[str, Any]) -> dict[str, Any]:
        # In a bucket of S3 Express, an ETag is random.
        return {**said, "ETag": ""} if self._bucket.endswith("--x-s3") else said

    def _whole(self, one: Object) -> bytes:
        held = io.BytesIO()
        said = self._ask(one)
        self._receive(said["Body"], held.write, one.size)
        data, proof = held.getvalue(), digests.proof(self._credible(said))
        if proof is not None and proof.of(iter((data,))) != proof.expected:
            self._pace.add(-len(data))
            raise refusals.DamagedError(one.key, proof.kind)
        return data

    def _part(self, one: Object, parts: Parts, number: int) -> None:
        start, size = parts.range(number)
        said = self._ask(one, Range=f"bytes={start}-{start + size - 1}")
        with parts.path.open("r+b") as file:
            file.seek(start)
            self._receive(said["Body"], file.write, size)

    def _tried(self, take: Callable[[], T]) -> T:
        """Return what came, at the first of several tries that does not break off."""
        for pause_s in (0.0, *PAUSES_S):
            if self._ending.wait(pause_s):
                raise Stopped
            try:
                return take()
            except _BROKEN as error:
                trouble = error
        raise trouble

    def _ask(self, one: Object, **wanted: str) -> dict[str, Any]:
        """Return the answer with the very object that was listed, or a range of it."""
        try:
            said: dict[str, Any] = self._client.get_object(
                Bucket=self._bucket, Key=one.key, IfMatch=one.etag, **wanted
            )
        except ClientError as error:
            if refusals.status(error) == 412:
                raise refusals.changed(one.key) from error
            raise
        # Not every server that speaks like S3 heeds If-Match.
        if said["ETag"] != one.etag:
            said["Body"].close()
            raise refusals.changed(one.key)
        return said

    def _receive(self, body: Any, write: Callable[[bytes], Any], size: int) -> None:
        """Read a body to its end, which is where it was announced to be."""
        got = 0
        try:
            while chunk := body.read(_CHUNK):
                if self._ending.is_set():
                    raise Stopped
                write(chunk)
                got += len(chunk)
                self._pace.add(len(chunk))
            if got != size:
                raise IncompleteReadError(actual_bytes=got, expected_bytes=size)
        except BaseException:
            # What is read once more is counted once only.
            self._pace.add(-got)
            raise
        finally:
            # One that broke off would keep its connection open.
            body.close()
