"""A web server and an S3 server, each with faults to be had."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from carclf.datasets.sources import Access, web
from carclf.datasets.sources.s3 import download
from tests.datasets.sources import serving


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait between two tries."""
    monkeypatch.setattr(web, "PAUSES_S", (0.0,) * 3)
    monkeypatch.setattr(download, "PAUSES_S", (0.0,) * 3)


@pytest.fixture
def files() -> serving.Files:
    return serving.Files()


@pytest.fixture
def site(files: serving.Files) -> Iterator[serving.Server]:
    with serving.serve(files.answer) as server:
        yield server


@dataclass(frozen=True)
class Bucket:
    """A bucket called “cars”, behind a server that errs on demand."""

    server: serving.Server
    client: Any

    @property
    def access(self) -> Access:
        return Access(endpoint=self.server.url)

    def put(self, key: str, data: bytes, **options: Any) -> None:
        self.client.put_object(Bucket="cars", Key=key, Body=data, **options)


@pytest.fixture(scope="session")
def moto() -> Iterator[tuple[str, int]]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield server.get_host_and_port()
    server.stop()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials of the test's own, and none of this machine's."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def bucket(moto: tuple[str, int], credentials: None) -> Iterator[Bucket]:
    host, port = moto
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}")
    client.create_bucket(Bucket="cars")
    with serving.serve(serving.passed_on_to(host, port)) as server:
        yield Bucket(server, client)
    for page in client.get_paginator("list_objects_v2").paginate(Bucket="cars"):
        for one in page.get("Contents", []):
            client.delete_object(Bucket="cars", Key=one["Key"])
    client.delete_bucket(Bucket="cars")
    client.close()
