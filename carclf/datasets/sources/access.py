"""How a bucket may be read; no secret is among it."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from carclf.errors import SourceError


@dataclass(frozen=True)
class Access:
    """Whose credentials S3 is asked with, and where it is.

    Attributes:
        profile: A name in ~/.aws; without one, what boto3 finds by itself counts.
        endpoint: The address of another server than Amazon's.
        anonymous: Ask without credentials, as public buckets allow.
    """

    profile: str = ""
    endpoint: str = ""
    anonymous: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no address, and secrets in one, for it is kept and shown."""
        if self.profile and self.anonymous:
            raise SourceError(
                "A profile and “anonymous” exclude each other: choose one of the two."
            )
        if not self.endpoint:
            return
        parts = urlsplit(self.endpoint)
        if parts.username or parts.password or parts.query:
            raise SourceError(
                "The endpoint holds a user, a password or a query. Give the plain "
                "address; carclf keeps no secrets, but reads a profile of ~/.aws."
            )
        if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
            raise SourceError(
                f"The endpoint “{self.endpoint}” is no address. Give one such as "
                "https://minio.example.org:9000."
            )


# Whatever credentials boto3 finds, at Amazon's.
USUAL = Access()
_HOST = re.compile(r"[\w.\-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")
