"""What proves an object whole, against values that others computed."""

import base64
import hashlib
import zlib

import pytest

from carclf.datasets.sources import digests

CHECK = b"123456789"
# The check values of the catalogue of parametrised CRC algorithms.
CRCS = {
    "ChecksumCRC32": "cbf43926",
    "ChecksumCRC32C": "e3069283",
    "ChecksumCRC64NVME": "ae8b14860a799888",
}


@pytest.mark.parametrize(("name", "value"), CRCS.items())
def test_cyclic_checks_are_those_of_their_catalogue(name, value):
    said = {name: base64.b64encode(bytes.fromhex(value)).decode()}

    proof = digests.proof(said)

    assert proof.of(iter([CHECK[:4], CHECK[4:]])) == proof.expected


def test_an_etag_is_the_md5_of_an_object_in_one_part():
    proof = digests.proof({"ETag": '"25f9e794323b453885f5181f1b624d0b"'})

    assert proof.kind == "MD5"
    assert proof.of(iter([CHECK])) == proof.expected


@pytest.mark.parametrize("size", [1, 4, 9, 20])
def test_an_etag_of_parts_is_the_md5_over_the_md5_of_each(size):
    parts = [CHECK[at : at + size] for at in range(0, 9, size)]
    inner = b"".join(hashlib.md5(part).digest() for part in parts)
    etag = f'"{hashlib.md5(inner).hexdigest()}-{len(parts)}"'

    proof = digests.proof({"ETag": etag}, part_size=size)

    assert proof.of(iter([CHECK[:3], CHECK[3:]])) == proof.expected


def test_a_checksum_of_parts_is_that_over_the_checksum_of_each():
    inner = b"".join(zlib.crc32(one).to_bytes(4, "big") for one in (b"12345", b"6789"))
    outer = base64.b64encode(zlib.crc32(inner).to_bytes(4, "big")).decode()
    said = {"ChecksumCRC32": f"{outer}-2"}

    right, wrong = (digests.proof(said, part_size=size) for size in (5, 4))

    assert right.of(iter([b"123", b"456789"])) == right.expected
    assert wrong.of(iter([b"123", b"456789"])) != wrong.expected


@pytest.mark.parametrize(
    "said",
    [
        {"ETag": '"25f9e794323b453885f5181f1b624d0b-3"'},
        {
            "ETag": '"25f9e794323b453885f5181f1b624d0b"',
            "ServerSideEncryption": "aws:kms",
        },
        {
            "ETag": '"25f9e794323b453885f5181f1b624d0b"',
            "SSECustomerAlgorithm": "AES256",
        },
        {"ETag": '"not hexadecimal, and 32 letters."'},
        {"ETag": '"0123"'},
        {"ChecksumSHA256": "no base64!"},
        {"ChecksumCRC32": "y/Q5Jg==-2"},
        {},
    ],
)
def test_what_says_nothing_of_the_bytes_is_taken_for_no_proof(said):
    assert digests.proof(said) is None
