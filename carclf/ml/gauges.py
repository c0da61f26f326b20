"""What a training takes of the machine."""

import resource
import sys
import threading

import psutil

from carclf import devices

# The driver's tool takes a tenth of a second, too long between two steps.
LOOK_EVERY_S = 2.0


class Gauges:
    """Memory, processor and GPU, read without holding up the training."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._process.cpu_percent()
        self._gpu: dict[str, float] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Gauges":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def read(self) -> dict[str, float]:
        """Return this process's memory and share of the cores; the GPU's, if any."""
        busy = self._process.cpu_percent() / 100 / devices.cores()
        return {
            "memory_bytes": self._process.memory_info().rss,
            "cpu_share": min(1.0, busy),
            **self._gpu,
        }

    def _look(self) -> None:
        while True:
            load = devices.gpu_load()
            if load is None:
                # There is none, and none will be plugged in.
                return
            self._gpu = {
                "gpu_share": load.busy_share,
                "gpu_memory_bytes": load.memory_bytes,
                "gpu_memory_total_bytes": load.memory_total_bytes,
            }
            if self._ending.wait(LOOK_EVERY_S):
                return


def peak_memory_bytes() -> int:
    """Return the most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Source: getrusage(2): kilobytes on Linux, bytes on macOS.
    return peak if sys.platform == "darwin" else peak * 1024
