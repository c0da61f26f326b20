"""What S3 says no to, in words that tell what to do."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import urllib3.exceptions
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    InvalidRegionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
)

from carclf.datasets.sources import names
from carclf.datasets.sources.access import Access
from carclf.errors import SourceError

_KEPT = "Import it again: what came so far is kept, and it goes on from there."
_UNKNOWN_KEY = (
    "{shown} cannot be read: {server} does not accept {who} ({code}). Check the access "
    "key and its secret in ~/.aws/credentials or in the environment, and that they "
    "belong to this endpoint."
)
_EXPIRED = (
    "{shown} cannot be read: {who} expired. Log in again, such as by `aws sso login`, "
    "and import it again."
)
_BUSY = f"{{shown}}: {{server}} is too busy or in trouble ({{code}} {{about}}). {_KEPT}"
_ANSWERS = {
    "NoSuchBucket": (
        "There is no bucket called {bucket} at {server}. Check its name, and the "
        "endpoint if it is not Amazon's."
    ),
    "NoSuchKey": (
        "{shown}: an object was deleted while it was downloaded. Import it again."
    ),
    "InvalidAccessKeyId": _UNKNOWN_KEY,
    "SignatureDoesNotMatch": _UNKNOWN_KEY,
    "InvalidToken": _UNKNOWN_KEY,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "RequestExpired": _EXPIRED,
    "RequestTimeTooSkewed": (
        "{shown} cannot be read: this machine's clock is wrong. Set it, and import it "
        "again."
    ),
    "InvalidObjectState": (
        "{shown} lies in an archive of S3 (Glacier). Have it restored first."
    ),
    "SlowDown": _BUSY,
    "InternalError": _BUSY,
}


@contextmanager
def told(address: str, access: Access) -> Iterator[None]:
    """Say in words what S3, or boto3, refuses."""
    try:
        yield
    except ClientError as error:
        raise _of_answer(address, access, error) from error
    except BotoCoreError as error:
        raise _of_client(address, access, error) from error
    except urllib3.exceptions.HTTPError as error:
        raise _cut(address, error) from error


def status(error: ClientError) -> int:
    """Return the HTTP status of an answer."""
    code: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code


def nothing_there(bucket: str, key: str, beside: Sequence[str]) -> SourceError:
    what = f"“{names.shown(key)}” in the bucket {bucket}" if key else bucket
    there = ", ".join(names.shown(one) for one in beside)
    there = f" There is: {there}." if there else " The bucket is empty."
    return SourceError(f"There is no object and no folder {what}.{there}")


class DamagedError(SourceError):
    """What came is not the object, by its checksum."""

    def __init__(self, key: str, kind: str) -> None:
        super().__init__(
            f"{names.shown(key)} arrived damaged: its {kind} is not what S3 says. It "
            "was thrown away. Import it again; if it happens twice, upload the object "
            "anew."
        )


def changed(key: str) -> SourceError:
    return SourceError(
        f"{names.shown(key)} was changed in the bucket while it was downloaded, so "
        "what came of it was thrown away. Import it again to get it as it is now."
    )


def _of_answer(address: str, access: Access, error: ClientError) -> SourceError:
    said = error.response.get("Error", {})
    code, about = str(said.get("Code", "")), str(said.get("Message", ""))
    if code not in _ANSWERS and status(error) in (401, 403):
        return _forbidden(names.shown(address), access)
    if code not in _ANSWERS and status(error) >= 500:
        code = "SlowDown"
    sentence = _ANSWERS.get(code, "{shown} cannot be read: {code} {about}")
    return SourceError(
        sentence.format(
            shown=names.shown(address),
            bucket=address.removeprefix("s3://").partition("/")[0],
            server=access.endpoint or "Amazon S3",
            who=_who(access),
            code=code,
            about=about,
        )
    )


def _forbidden(shown: str, access: Access) -> SourceError:
    if access.anonymous:
        advice = "It is not public: leave “anonymous” out, or name a profile."
    else:
        advice = (
            "Ask for s3:GetObject and s3:ListBucket on it, name another profile, or "
            "choose “anonymous” if it is public."
        )
    return SourceError(f"{shown} may not be read with {_who(access)}. {advice}")


def _of_client(address: str, access: Access, error: BotoCoreError) -> SourceError:
    shown = names.shown(address)
    if isinstance(error, ProfileNotFound):
        return SourceError(
            f"There is no profile called “{access.profile}” in ~/.aws. `aws configure "
            "list-profiles` shows those there are; `aws configure` makes one."
        )
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return SourceError(
            f"{shown} cannot be read: no credentials for S3 were found. Name a profile "
            "of ~/.aws, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY before carclf "
            "starts, or choose “anonymous” if it is public."
        )
    if isinstance(error, ParamValidationError):
        return SourceError(
            f"{shown} is no address of S3. Give s3://BUCKET/FOLDER or "
            "s3://BUCKET/OBJECT."
        )
    if isinstance(
        error,
        EndpointConnectionError | ConnectTimeoutError | InvalidRegionError | SSLError,
    ):
        return SourceError(
            f"{access.endpoint or 'Amazon S3'} cannot be reached: {error}. Check the "
            "endpoint, and that this machine has a network."
        )
    return _cut(address, error)


def _cut(address: str, error: Exception) -> SourceError:
    return SourceError(
        f"{names.shown(address)} could not be downloaded to its end: {error}. {_KEPT}"
    )


def _who(access: Access) -> str:
    if access.anonymous:
        return "no credentials"
    if access.profile:
        return f"the credentials of the profile “{access.profile}”"
    return "the credentials that were found"
