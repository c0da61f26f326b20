"""Names that every file system takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from carclf import images
from carclf.datasets import folders
from tests import drawing

ANY_TEXT = some.text(max_size=300)


@given(name=ANY_TEXT)
def test_any_name_becomes_one_that_can_be_a_folder(tmp_path_factory, name):
    safe = folders.safe_name(name)

    folder = tmp_path_factory.getbasetemp() / "safe" / safe
    folder.mkdir(parents=True, exist_ok=True)
    assert folder.parent.name == "safe"
    assert not set('<>:"/\\|?*') & set(safe)
    assert safe == safe.strip(" .")


@given(one=ANY_TEXT, other=ANY_TEXT)
def test_two_names_never_become_the_same(one, other):
    assert one == other or folders.safe_name(one) != folders.safe_name(other)


@pytest.mark.parametrize(
    "name", ["Baja Bug", "Škoda 100", "🚗", "0046.jpg", "Audi S4 (B8)"]
)
def test_a_harmless_name_stays_as_it_is(name):
    assert folders.safe_name(name) == name
    assert folders.safe_file_name(name) == name


@pytest.mark.parametrize(
    "name", ["a/b", "..", "", "CON", "nul.txt", "x" * 200, ".hidden"]
)
def test_a_harmful_name_is_changed(name):
    assert folders.safe_name(name) != name


@pytest.mark.parametrize("name", ["a:b.jpg", "x" * 200 + ".JPG", "what?.jpg"])
def test_a_file_keeps_its_suffix(name):
    assert folders.safe_file_name(name)[-4:] == name[-4:]


def test_a_photograph_that_is_a_link_is_kept_as_a_file(settings, tmp_path):
    car = drawing.draw(tmp_path / "car.jpg")
    (tmp_path / "link.jpg").symlink_to(car)
    facts = images.describe(tmp_path / "link.jpg")

    assert folders.keep(settings, tmp_path / "link.jpg", facts)

    kept = settings.resolve(folders.image_path(facts))
    assert not kept.is_symlink()
    assert kept.read_bytes() == car.read_bytes()
