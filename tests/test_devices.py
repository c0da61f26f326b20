"""The device is named in words, whatever state its driver is in."""

import os
from pathlib import Path

import pytest

from carclf import devices


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """Return a function that makes nvidia-smi a script of these lines."""

    def install(*lines: str) -> None:
        script = tmp_path / "nvidia-smi"
        script.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
        script.chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path))
    return install


def test_without_a_driver_the_processor_is_named(driver):
    count = len(os.sched_getaffinity(0))

    assert devices.describe() == f"CPU, {count} core{'s' if count > 1 else ''}"


def test_a_gpu_is_called_by_its_name(driver):
    driver("echo 'NVIDIA H100'")

    assert devices.describe() == "NVIDIA H100"


def test_equal_gpus_are_counted(driver):
    driver("echo 'NVIDIA A100'", "echo 'NVIDIA A100'", "echo 'NVIDIA L4'")

    assert devices.describe() == "2 × NVIDIA A100, NVIDIA L4"


@pytest.mark.parametrize("line", ["exit 9", "echo; exit 0"])
def test_a_driver_that_finds_no_gpu_leaves_the_processor(driver, line):
    driver(line)

    assert devices.describe().startswith("CPU, ")


def test_a_broken_driver_leaves_the_processor(driver, tmp_path):
    Path(tmp_path / "nvidia-smi").write_bytes(b"\x7fELF broken")
    Path(tmp_path / "nvidia-smi").chmod(0o755)

    assert devices.describe().startswith("CPU, ")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (["9.0"], True),
        (["8.0", "12.0"], True),
        (["9.0", "7.5"], False),
        (["[N/A]"], False),
        ([], False),
    ],
)
def test_bfloat16_is_for_gpus_that_all_compute_in_it(driver, told, expected):
    driver(*(f"echo '{one}'" for one in told))

    assert devices.has_bfloat16_gpu() is expected


def test_the_load_of_all_gpus_is_added_up(driver):
    driver("echo '37 %, 1024 MiB, 81559 MiB'", "echo '63 %, 2048 MiB, 81559 MiB'")

    load = devices.gpu_load()

    assert load.busy_share == 0.5
    assert load.memory_bytes == 3072 * 2**20
    assert load.memory_total_bytes == 2 * 81559 * 2**20


@pytest.mark.parametrize(
    "line", ["exit 9", "echo '[N/A], 12 MiB, 81559 MiB'", "echo ', 1 MiB, 2 MiB'"]
)
def test_a_load_that_the_driver_does_not_tell_is_left_out(driver, line):
    driver(line)

    assert devices.gpu_load() is None
