"""How fast a bucket is downloaded, beside `aws s3 sync`.

    python benchmarks/download.py ADDRESS ENDPOINT FOLDER

downloads once, as an import does, and is what the benchmark times.
"""

import os
import random
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from page import Finding, times

from carclf.datasets.sources import Access, s3
from carclf.settings import PROJECT, Settings

REPEATS = 3
SMALL, SMALL_BYTES = 2000, 20_000
LARGE_BYTES = 500_000_000
SETS = {
    "small": f"{SMALL:,} files of {SMALL_BYTES // 1000} kB",
    "large": f"one archive of {LARGE_BYTES // 1_000_000} MB",
}
KEYS = {
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def measure(settings: Settings) -> Finding | None:
    """Download both sets by turns, each time in a fresh process to a fresh folder."""
    aws = installed_aws(settings.home / "awscli")
    if aws is None:
        return None
    fill(settings.home / "bucket")
    with serving(settings.home / "bucket") as endpoint:
        rows = [
            row(words, seconds_of(settings.home / "out", endpoint, name, aws))
            for name, words in SETS.items()
        ]
    version = subprocess.run(
        [aws, "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    return Finding(
        "Downloading from a bucket",
        "From a server on the same machine that lists and sends files as S3 does, and "
        f"no more; median of {REPEATS} fresh processes each, by turns, Python's start "
        f"counted. `aws s3 sync` is {version} with its own settings. carclf also "
        "checks what came against its MD5, which `aws s3 sync` does not.",
        ("what", "carclf", "aws s3 sync", "carclf's speed, aws = 1"),
        tuple(rows),
    )


def row(words: str, taken: tuple[float, float]) -> tuple[str, ...]:
    ours, theirs = taken
    return (words, f"{ours:.1f} s", f"{theirs:.1f} s", times(theirs / ours))


def fill(folder: Path) -> None:
    """Write files that nothing could make smaller, the same every time."""
    numbers = random.Random(1)
    for number in range(SMALL):
        path = folder / "small" / f"class {number % 20}" / f"{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(numbers.randbytes(SMALL_BYTES))
    (folder / "large").mkdir()
    with (folder / "large" / "car_ims.tar").open("wb") as file:
        for _ in range(LARGE_BYTES // 10_000_000):
            file.write(numbers.randbytes(10_000_000))


def installed_aws(folder: Path) -> Path | None:
    """Install awscli apart, for it wants a botocore of its own, if it can be had."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    install = [python, "-m", "pip", "install", "-qq", "awscli"]
    is_there = subprocess.run(install, check=False).returncode == 0
    return folder / "bin" / "aws" if is_there else None


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    command = [sys.executable, PROJECT / "benchmarks" / "bucket.py", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def seconds_of(out: Path, endpoint: str, name: str, aws: Path) -> tuple[float, float]:
    """Return how long a set takes with carclf and with aws, in seconds."""
    address = f"s3://cars/{name}"
    ours, theirs = [], []
    for number in range(REPEATS + 1):
        folder = out / f"{name}-{number}"
        own = [sys.executable, __file__, address, endpoint, str(folder / "own" / "x")]
        ours.append(run(own))
        sync = ["s3", "sync", "--only-show-errors", "--endpoint-url", endpoint]
        theirs.append(run([str(aws), *sync, address, str(folder / "aws")]))
    # The first reads the disk for all.
    return median(ours[1:]), median(theirs[1:])


def run(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env={**os.environ, **KEYS}, cwd=PROJECT, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    s3.fetch(
        sys.argv[1],
        Access(endpoint=sys.argv[2]),
        Path(sys.argv[3]),
        lambda *_: None,
        lambda: False,
    )
