"""What programs may call: predicting and reading, by Gradio's API and by MCP.

Every other handler is the page's own, and `ui.gate` refuses it to programs. The
docstrings here are what a program, or a model with tools, is told.
"""

import threading
import time
from pathlib import Path
from typing import Any

from gradio import FileData
from gradio.events import api

from carclf import devices
from carclf.errors import BundleError, UnreadableImageError
from carclf.prediction import many, results
from carclf.prediction.ensemble import Ensemble
from carclf.prediction.listing import Photograph
from carclf.settings import Settings
from carclf.store import Database, connect, evaluations
from carclf.store import runs as stored_runs
from carclf.ui import bundles
from carclf.ui.errors import shown_to_user

# More are a job's work: the page's, or the command line's.
MOST = 60

Plain = dict[str, Any]


def publish(settings: Settings) -> None:
    """Offer the functions below to programs; called inside the page."""
    # A network takes all cores, so more at a time would only wait for each other.
    turn = threading.Semaphore(devices.cores())

    def list_runs() -> list[dict]:  # type: ignore[type-arg]
        """Return the trained runs that can predict, the most accurate first."""
        return runs(settings)

    def run_details(run: str) -> dict:  # type: ignore[type-arg]
        """Return what a run is: its network, its data, its epochs, its accuracy.

        Args:
            run: The number or the name of a run.
        """
        return details(settings, run)

    def classes(run: str) -> list[str]:
        """Return the names of the classes that a run tells apart.

        Args:
            run: The number or the name of a run.
        """
        return list(_ensemble(settings, [run]).classes)

    def predict(runs: list[str], photograph: FileData) -> dict:  # type: ignore[type-arg]
        """Return what a photograph shows: up to five classes with probabilities.

        `unknown` is true where it looks like nothing that the runs were trained on;
        then the classes mean little. `note` says where the photograph could not be
        prepared as the training's images were.

        Args:
            runs: Numbers or names; several answer by their mean, and have to tell the
                same classes apart.
            photograph: A picture file.
        """
        with turn:
            return answer(settings, runs, photograph)

    def predict_many(runs: list[str], photographs: list[FileData]) -> list[dict]:  # type: ignore[type-arg]
        """Return what each photograph shows, in the order given; at most 60.

        A file that cannot be read has no classes, and its reason as `note`.

        Args:
            runs: Numbers or names; several answer by their mean.
            photographs: Picture files.
        """
        with turn:
            return answers(settings, runs, photographs)

    for offered in (list_runs, run_details, classes, predict, predict_many):
        # Unqueued, so that one request is one answer; and MCP, too, then calls the
        # function itself, where it would otherwise have to log in.
        api(shown_to_user(offered), api_name=offered.__name__, queue=False)


def runs(settings: Settings) -> list[Plain]:
    """Return the runs that can predict, most accurate first."""
    with connect(settings.db_path) as db:
        return [
            _summary(db, run_id, settings) for _, run_id in bundles.choices(settings)
        ]


def details(settings: Settings, named: str) -> Plain:
    """Return what is recorded of a run, as far as it tells how good it is."""
    with connect(settings.db_path) as db:
        run = stored_runs.find(db, named)
        history = stored_runs.history(db, run.id)
        judged = evaluations.of_run(db, run.id)
    return {
        "run": run.id,
        "name": run.name,
        "status": run.status,
        # Who is told of its end concerns nobody else, and the address may be secret.
        "config": {key: one for key, one in run.config.items() if key != "notify"},
        "best_epoch": run.best_epoch,
        "epochs": [{"epoch": one.epoch, **one.metrics} for one in history],
        "evaluations": [
            {
                "split": one.split,
                "epoch": one.epoch,
                "images": one.image_count,
                **one.metrics,
            }
            for one in judged
        ],
    }


def answer(settings: Settings, named: list[str], file: FileData) -> Plain:
    """Return what one photograph shows.

    Raises:
        UnreadableImageError: The file is no image, or was not uploaded.
    """
    found = answers(settings, named, [file])[0]
    if not found["top"]:
        raise UnreadableImageError(f"{found['file']} {found['note']}")
    return found


def answers(settings: Settings, named: list[str], files: list[FileData]) -> list[Plain]:
    """Return what each photograph shows; of one that cannot be read, why."""
    if len(files) > MOST:
        raise BundleError(
            f"{len(files)} photographs are too many for one call. Send at most {MOST}, "
            "or predict a folder with `carclf predict`."
        )
    ensemble = _ensemble(settings, named)
    wanted = [uploaded(settings, file) for file in files]
    begun = time.perf_counter()
    rows = [row for some in many.answered(ensemble, wanted) for row in some]
    took_s = round((time.perf_counter() - begun) / max(1, len(rows)), 4)
    return [results.plain(row) | {"seconds": took_s} for row in rows]


def uploaded(settings: Settings, file: FileData | Plain) -> Photograph:
    """Return an uploaded photograph; nothing else on this machine is ever read.

    Raises:
        UnreadableImageError: The path is not one that an upload was answered with.
    """
    plain = file if isinstance(file, dict) else file.model_dump()
    path = Path(str(plain.get("path", ""))).resolve()
    if not path.is_relative_to(settings.uploads.resolve()) or not path.is_file():
        raise UnreadableImageError(
            "The photograph was not uploaded. Send the file itself to "
            "/gradio_api/upload, and give the path that comes back."
        )
    return Photograph(str(plain.get("orig_name") or path.name), path)


def _ensemble(settings: Settings, named: list[str]) -> Ensemble:
    with connect(settings.db_path) as db:
        found = [stored_runs.find(db, str(one)) for one in named]
    return bundles.together(settings, bundles.asked(None, [one.id for one in found]))


def _summary(db: Database, run_id: int, settings: Settings) -> Plain:
    run = stored_runs.get(db, run_id)
    bundle = bundles.load(settings, run_id)
    return {
        "run": run.id,
        "name": run.name,
        "backbone": bundle.facts.get("backbone"),
        "epoch": bundle.facts.get("epoch"),
        "classes": len(bundle.classes),
        "background": bundle.preparation.treatment.remover,
        "validation_accuracy": (bundle.facts.get("metrics") or {}).get("val_accuracy"),
    }
