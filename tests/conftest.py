"""What many tests start from: a home of their own, a store, drawn cars, a version."""

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import hypothesis
import pytest

from carclf import store
from carclf.datasets import versions
from carclf.records import Version
from carclf.settings import PROJECT, Settings
from tests import drawing

# A busy machine is no bug, and the same commit passes or fails everywhere alike.
hypothesis.settings.register_profile(
    "carclf",
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("carclf")

SHARED = PROJECT.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--late",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="hold the app's answers back in browser tests, each by up to so long",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser tests last, and say what runs in one process.

    Playwright keeps an event loop on the main thread until the session ends, and no
    other test could then run one of its own. A browser, an app and a training at a time
    are enough for two cores. The tests of any other file share what its fixtures made.
    """
    items.sort(key=_is_clicked)
    for item in items:
        file = item.nodeid.partition("::")[0]
        together = "browser" if _is_clicked(item) else file
        item.add_marker(pytest.mark.xdist_group(together))


def _is_clicked(item: pytest.Item) -> bool:
    return item.get_closest_marker("browser") is not None


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home folder of the test's own, with an empty store in it."""
    settings = Settings(home=tmp_path / "home")
    store.prepare(settings.db_path)
    return settings


@pytest.fixture
def db(settings: Settings) -> Iterator[store.Database]:
    with store.connect(settings.db_path) as db:
        yield db


@pytest.fixture
def cars(tmp_path: Path) -> Path:
    """Three classes of eight drawn cars to train and four to test, with their boxes."""
    return drawing.draw_table(tmp_path / "cars")


@pytest.fixture
def version(settings: Settings, cars: Path) -> Version:
    """The drawn cars, imported: 18 train, 6 validation, 12 test."""
    return versions.import_folder(settings, cars, "cars")


@pytest.fixture
def full_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., AbstractContextManager[None]]:
    """Return a context in which the disk is full after `room` more files.

    Only a file system's end is stood in for: bytes go to /dev/full, so the error
    that the code meets is the kernel's own.
    """

    @contextmanager
    def full(room: int = 0) -> Iterator[None]:
        left = [room]
        make_file, link = tempfile.mkstemp, os.link

        def make_file_on_full_disk(**place: str) -> tuple[int, str]:
            handle, name = make_file(**place)
            if left[0] > 0:
                left[0] -= 1
                return handle, name
            os.close(handle)
            return os.open("/dev/full", os.O_WRONLY), name

        def link_on_full_disk(source: Path, target: Path) -> None:
            if left[0] > 0:
                left[0] -= 1
                link(source, target)
            else:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

        with monkeypatch.context() as patch:
            patch.setattr(tempfile, "mkstemp", make_file_on_full_disk)
            patch.setattr(os, "link", link_on_full_disk)
            yield

    return full


@pytest.fixture
def shared() -> Path:
    """Data that lies beside the project on some machines only."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared is not here")
    return SHARED
