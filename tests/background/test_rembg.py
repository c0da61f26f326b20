"""Cutting vehicles out with networks that rembg runs.

The network is U²-Net's small one, which the project holds: as weights of one's own, or
served as if it were another one that was published.
"""

import hashlib
import sys
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from carclf import background, images, jobs, store
from carclf.background import weights, zoo
from carclf.background.box import overlap
from carclf.background.u2netp import MODEL
from carclf.background.zoo import Published
from carclf.config import Treatment
from carclf.errors import BackgroundError
from carclf.settings import Settings
from carclf.store import jobs as stored_jobs
from carclf.tasks import Work, network
from tests import drawing
from tests.background.test_u2netp import sample_cars
from tests.datasets.sources import serving

OWN = Treatment(remover="rembg", network="u2netp", weights=str(MODEL))


@pytest.fixture
def settings(tmp_path) -> Settings:
    found = Settings(home=tmp_path / "home")
    store.prepare(found.db_path)
    return found


@pytest.fixture
def published(settings, monkeypatch):
    """Serve the network as if it were rembg's “u2net”; return settings that ask it."""
    content = MODEL.read_bytes()
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    monkeypatch.setitem(zoo.REMBG, "u2net", Published("u2net.onnx", digest))
    files = serving.Files()
    files.content["/u2net.onnx"] = content
    with serving.serve(files.answer) as server:
        yield replace(settings, rembg_zoo=server.url)


def fetched(settings, treatment):
    """Fetch as a worker does."""
    jobs.submit_network(settings, treatment)
    with store.connect(settings.db_path) as db:
        network.run(Work(settings, db, stored_jobs.claim_next(db), lambda: False))


def own(settings, **more):
    how = weights.pin(settings, OWN.model_copy(update=more))
    return background.create(how, settings)


def test_cars_are_found_where_u2netp_itself_finds_them(settings):
    remover, ours = own(settings), background.create(Treatment(remover="u2netp"))

    for path, box in sample_cars(every=117):
        image = images.read_rgb(path)
        cutout, other = remover.remove(image), ours.remove(image)

        assert overlap(cutout.box, box) > 0.75, path.name
        assert overlap(cutout.box, other.box) > 0.97, path.name
        assert cutout.mask.shape == image.shape[:2]


def test_a_crop_shows_the_photograph_around_the_car(settings):
    image = images.read_rgb(sample_cars(every=468)[0][0])

    cutout = own(settings, output="crop", margin=0.0).remove(image)

    box = cutout.box
    assert (cutout.image == image[box.top : box.bottom, box.left : box.right]).all()


def test_a_published_network_is_fetched_checked_and_run(published):
    how = Treatment(remover="rembg", network="u2net")
    assert not weights.has(published, how)

    fetched(published, how)

    assert weights.has(published, how)
    cutout = background.create(how, published).remove(drawing.car()[0])
    assert cutout.image.shape == drawing.car()[0].shape


def test_a_file_that_was_changed_on_its_way_is_not_kept(published, monkeypatch):
    how = Treatment(remover="rembg", network="u2net")
    other = replace(zoo.REMBG["u2net"], md5="0" * 32)
    monkeypatch.setitem(zoo.REMBG, "u2net", other)

    with pytest.raises(BackgroundError, match=r"not the u2net\.onnx that was publ"):
        fetched(published, how)

    assert not weights.has(published, how)


def test_a_file_copied_by_hand_is_taken_in(published):
    published.networks.mkdir(parents=True)
    (published.networks / "u2net.onnx").write_bytes(MODEL.read_bytes())

    path = weights.of(published, Treatment(remover="rembg", network="u2net"))

    assert path.read_bytes() == MODEL.read_bytes()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"network": "u2nett"}, "no network called “u2nett” .* Known: .*u2netp"),
        ({"network": "sam"}, "no network called “sam” that finds objects"),
        ({"network": "u2nett", "weights": ""}, "Where “u2nett” is fetched from"),
        ({"network": "silueta", "weights": ""}, "fetch rembg --network silueta"),
        ({"weights": "/nowhere.onnx"}, r"no file /nowhere\.onnx"),
    ],
)
def test_what_cannot_be_run_is_told_with_what_to_do(settings, more, message):
    with pytest.raises(BackgroundError, match=message):
        own(settings, **more)


def test_a_file_that_is_no_network_is_refused(settings, tmp_path):
    path = tmp_path / "mine.onnx"
    path.write_bytes(b"no network")

    with pytest.raises(BackgroundError, match="cannot be read as a network"):
        own(settings, weights=str(path))


def test_a_network_of_another_kind_is_refused_when_it_is_asked(settings, tmp_path):
    """Eleven numbers go in, and nothing that is a mask comes out."""
    node = helper.make_node("Identity", ["x"], ["y"])
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [11]) for n in "xy"]
    graph = helper.make_graph([node], "other", ends[:1], ends[1:])
    opset = [helper.make_opsetid("", 17)]
    path = tmp_path / "other.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)

    with pytest.raises(BackgroundError, match="cannot use these weights as u2netp"):
        own(settings, weights=str(path)).remove(drawing.car()[0])


@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (2000, 3), (40, 60)])
def test_pictures_of_any_shape_are_taken(settings, shape):
    grey = np.full((*shape, 3), 128, np.uint8)

    assert own(settings).remove(grey).image.shape == grey.shape


def test_without_rembg_it_is_told_how_to_install_it(settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "rembg", None)

    with pytest.raises(BackgroundError, match=r"-e '\.\[rembg\]'"):
        jobs.submit_background(settings, 1, Treatment(remover="rembg"), "cut out")
