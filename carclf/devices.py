"""Which device this machine trains on, in words; no framework is asked."""

import os
import shutil
import subprocess
from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class GpuLoad:
    """What the GPUs of this machine do, all users together."""

    busy_share: float
    memory_bytes: int
    memory_total_bytes: int


def describe() -> str:
    """Return the NVIDIA GPUs by name, or the processor: “CPU, 2 cores”."""
    gpus = _gpus()
    if not gpus:
        count = cores()
        return f"CPU, {count} core{'s' * (count != 1)}"
    return ", ".join(
        f"{gpus.count(name)} × {name}" if gpus.count(name) > 1 else name
        for name in dict.fromkeys(gpus)
    )


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_gpu() -> bool:
    return bool(_gpus())


def has_bfloat16_gpu() -> bool:
    """Say whether every NVIDIA GPU here computes in bfloat16 itself.

    Source: docs.nvidia.com, CUDA C++ Programming Guide, Compute Capabilities: from 8.0.
    """
    told = [line.partition(".")[0] for line in _ask("--query-gpu=compute_cap")]
    return bool(told) and all(one.isdecimal() and int(one) >= 8 for one in told)


def gpu_users() -> set[int]:
    """Return the ids of the processes that hold memory of an NVIDIA GPU."""
    return {int(line) for line in _ask("--query-compute-apps=pid") if line.isdecimal()}


def gpu_load() -> GpuLoad | None:
    """Return how busy the NVIDIA GPUs are together; None without one, or unknown."""
    return parse_load(
        _ask("--query-gpu=utilization.gpu,memory.used,memory.total"),
    )


def parse_load(lines: list[str]) -> GpuLoad | None:
    """Return the sum of answers like “37 %, 1024 MiB, 143771 MiB”."""
    loads = []
    for line in lines:
        numbers = [part.strip().split(" ")[0] for part in line.split(",")]
        # A GPU that is divided among several users tells “[N/A]”.
        if not all(number.isdecimal() for number in numbers):
            return None
        loads.append([int(number) for number in numbers])
    if not loads:
        return None
    busy, used, total = (sum(column) for column in zip(*loads, strict=True))
    return GpuLoad(busy / len(loads) / 100, used * MIB, total * MIB)


def _gpus() -> list[str]:
    """Return the names that the NVIDIA driver answers with, if there is one."""
    return _ask("--query-gpu=name")


def _ask(question: str) -> list[str]:
    """Return the lines that the driver's own tool answers; none without a driver."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return []
    try:
        # A driver in trouble can hang; the page must not.
        answer = subprocess.run(
            [command, question, "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in answer.stdout.splitlines() if line.strip()]
