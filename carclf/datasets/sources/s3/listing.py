"""Which objects an address of S3 means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from carclf.datasets.sources import names
from carclf.datasets.sources.s3 import refusals
from carclf.errors import SourceError


@dataclass(frozen=True)
class Object:
    """One object as a listing tells of it.

    Attributes:
        path: Where it is kept, relative to the folder of the download.
    """

    key: str
    path: Path
    etag: str
    size: int


def find(client: Any, bucket: str, key: str) -> list[Object]:
    """Return the object of that key, or else all those in the folder of that name.

    Raises:
        SourceError: There is neither.
        ClientError: It may not be asked.
    """
    if key and not key.endswith("/"):
        try:
            said = client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            # Without leave to list, S3 says 403 of what is not there.
            if refusals.status(error) not in (403, 404):
                raise
        else:
            name = key.rsplit("/", 1)[-1]
            return [_object(bucket, key, name, said["ETag"], said["ContentLength"])]
    folder = f"{key.rstrip('/')}/" if key else ""
    found = list(_listed(client, bucket, folder))
    if not found:
        raise refusals.nothing_there(bucket, key, _beside(client, bucket, key))
    _refuse_twins(bucket, found)
    return found


def _listed(client: Any, bucket: str, folder: str) -> Iterator[Object]:
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=folder
    )
    for page in pages:
        for one in page.get("Contents", []):
            name = one["Key"][len(folder) :].lstrip("/")
            # Consoles mark a folder by an empty object.
            if name and not name.endswith("/"):
                yield _object(bucket, one["Key"], name, one["ETag"], one["Size"])


def _object(bucket: str, key: str, name: str, etag: str, size: int) -> Object:
    path = Path(names.inside(name, f"The bucket {bucket}"))
    return Object(key, path, etag, size)


def _beside(client: Any, bucket: str, key: str) -> list[str]:
    """Return a few of the folders and objects in the folder above."""
    above = key.rstrip("/").rpartition("/")[0]
    said = client.list_objects_v2(
        Bucket=bucket, Prefix=f"{above}/" if above else "", Delimiter="/", MaxKeys=5
    )
    prefixes = [one["Prefix"] for one in said.get("CommonPrefixes", [])]
    return prefixes + [one["Key"] for one in said.get("Contents", [])]


def _refuse_twins(bucket: str, found: Sequence[Object]) -> None:
    """Refuse two objects that one path on this machine would have to hold."""
    keys = {one.path: one.key for one in found}
    for one in found:
        for taken in (one.path, *one.path.parents):
            twin = keys.get(taken, one.key)
            if twin != one.key:
                raise SourceError(
                    f"In the bucket {bucket}, “{names.shown(twin)}” and "
                    f"“{names.shown(one.key)}” cannot both be files on this machine. "
                    "Give a folder that holds one of them only."
                )
