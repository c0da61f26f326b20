"""Whether a file is the object that S3 says it is."""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from awscrt import checksums


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Cyclic:
    """A CRC with the manners of hashlib."""

    def __init__(self, compute: Callable[[bytes, int], int], size: int) -> None:
        self._compute, self._size, self._value = compute, size, 0

    def update(self, data: bytes, /) -> None:
        self._value = self._compute(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


# Strongest first, by the names that S3's answers give them.
_KINDS: dict[str, Callable[[], _Digest]] = {
    "ChecksumSHA256": hashlib.sha256,
    "ChecksumSHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "ChecksumCRC64NVME": lambda: _Cyclic(checksums.crc64nvme, 8),
    "ChecksumCRC32C": lambda: _Cyclic(checksums.crc32c, 4),
    "ChecksumCRC32": lambda: _Cyclic(zlib.crc32, 4),
}


def _md5() -> _Digest:
    return hashlib.md5(usedforsecurity=False)


@dataclass(frozen=True)
class Proof:
    """What a file's bytes must come to.

    Attributes:
        kind: In words.
        part_size: Of a digest over digests of parts; else None.
    """

    kind: str
    make: Callable[[], _Digest]
    expected: bytes
    part_size: int | None = None

    def of(self, chunks: Iterator[bytes]) -> bytes:
        """Return what bytes come to."""
        if self.part_size is None:
            return _digest(self.make(), chunks)
        whole = self.make()
        for part in _regrouped(chunks, self.part_size):
            inner = self.make()
            inner.update(part)
            whole.update(inner.digest())
        return whole.digest()


def proof(said: Mapping[str, Any], part_size: int | None = None) -> Proof | None:
    """Return what proves an object whole, from S3's answer about it.

    Args:
        said: The answer, with its checksums if it has any.
        part_size: Of an object that was uploaded in parts, if it is known.

    Returns:
        None where its size is all that can be checked.
    """
    for name, make in _KINDS.items():
        plain, _, parts = said.get(name, "").partition("-")
        expected = _decoded(plain)
        if expected and not (parts and part_size is None):
            size = part_size if parts else None
            return Proof(name.removeprefix("Checksum"), make, expected, size)
    return _proof_by_etag(said, part_size)


def _proof_by_etag(said: Mapping[str, Any], part_size: int | None) -> Proof | None:
    etag, _, parts = said.get("ETag", "").strip('"').partition("-")
    # Encrypted with a key of one's own, an object's ETag is no MD5 of what it holds.
    is_sealed = "kms" in said.get("ServerSideEncryption", "") or said.get(
        "SSECustomerAlgorithm"
    )
    if is_sealed or len(etag) != 32 or (parts and part_size is None):
        return None
    try:
        expected = bytes.fromhex(etag)
    except ValueError:
        return None
    kind = "MD5 of its parts" if parts else "MD5"
    return Proof(kind, _md5, expected, part_size if parts else None)


def _digest(into: _Digest, chunks: Iterator[bytes]) -> bytes:
    for chunk in chunks:
        into.update(chunk)
    return into.digest()


def _regrouped(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        return b""
