"""Reading the model zoo's pickles, without running what a pickle may ask for."""

import os
import pickle
from collections import OrderedDict

import numpy as np
import pytest

from carclf.detector import pickles
from carclf.detector.pickles import UnsafePickleError


class Attack:
    """What runs a command wherever it is unpickled without care."""

    def __init__(self, function, *arguments):
        self._what = function, arguments

    def __reduce__(self):
        return self._what


def written(path, content, protocol=2):
    path.write_bytes(pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_weights_as_the_zoo_writes_them_are_read(tmp_path, protocol):
    weights = OrderedDict(
        first=np.arange(6, dtype=np.float32).reshape(2, 3), count=np.float32(7)
    )
    whole = {"model": weights, "__author__": "Detectron2 Model Zoo"}

    found = pickles.read(written(tmp_path / "model_final.pkl", whole, protocol))

    assert found["__author__"] == "Detectron2 Model Zoo"
    assert (found["model"]["first"] == weights["first"]).all()
    assert found["model"]["count"] == 7


ATTACKS = {
    "system": lambda marker: Attack(os.system, f"touch {marker}"),
    "eval": lambda marker: Attack(eval, f"open({str(marker)!r}, 'w')"),
    "getattr": lambda marker: Attack(getattr, np.ndarray, "tofile"),
    "load": lambda marker: Attack(np.load, str(marker)),
}


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_pickle_that_asks_for_more_than_arrays_is_not_read(tmp_path, name, protocol):
    marker = tmp_path / "attacked"
    whole = {"model": {"weight": ATTACKS[name](marker)}}
    path = written(tmp_path / "bad.pkl", whole, protocol)

    with pytest.raises(UnsafePickleError, match=rf"names \w+\.{name}"):
        pickles.read(path)

    assert not marker.exists()


def test_a_codec_other_than_that_of_old_arrays_is_refused(tmp_path):
    attack = Attack(__import__("_codecs").encode, "aGk=", "rot13")

    with pytest.raises(UnsafePickleError, match="codec"):
        pickles.read(written(tmp_path / "bad.pkl", attack))


@pytest.mark.parametrize("content", [b"", b"\x80\x02", b"not a pickle", b"cos\nsystem"])
def test_a_damaged_pickle_is_told(tmp_path, content):
    path = tmp_path / "cut.pkl"
    path.write_bytes(content)

    with pytest.raises((pickle.UnpicklingError, EOFError, UnsafePickleError)):
        pickles.read(path)
