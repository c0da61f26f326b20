"""Objects of S3, or of a server that speaks like it; alone imports boto3.

The client is boto3's, with its credentials, retries and signatures. Its transfer
manager (s3transfer) is not used: it cannot go on with a download that was killed,
and keeps the answers from us that tell what an object's ETag is worth. An object is
one part or many; each is one request for a range of that very ETag.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from carclf.datasets.sources.access import Access
from carclf.datasets.sources.pace import Pace, Told
from carclf.datasets.sources.s3 import listing, refusals
from carclf.datasets.sources.s3.download import WORKERS, Download


def fetch(
    address: str,
    access: Access,
    folder: Path,
    told: Told,
    stop_requested: Callable[[], bool],
) -> None:
    """Download an object, or all below a prefix, into a folder.

    Started again, it goes on where it was: what is whole and unchanged is not asked
    for again, and of a large object only the parts that are missing.

    Raises:
        SourceError: It cannot be had, changed meanwhile, or arrived damaged.
        StoreError: The disk is full.
        Stopped: `stop_requested` said so.
    """
    bucket, _, key = address.removeprefix("s3://").partition("/")
    with refusals.told(address, access):
        client = connect(access)
        found = listing.find(client, bucket, key)
        pace = Pace("Downloading", sum(one.size for one in found), told)
        Download(client, bucket, folder, pace, stop_requested).run(found)


def connect(access: Access) -> Any:
    """Return a client that asks with these credentials."""
    session = boto3.Session(profile_name=access.profile or None)
    return session.client(
        "s3",
        endpoint_url=access.endpoint or None,
        config=Config(
            signature_version=UNSIGNED if access.anonymous else None,
            retries={"mode": "standard", "total_max_attempts": 5},
            max_pool_connections=WORKERS,
            connect_timeout=10,
            read_timeout=30,
        ),
    )
