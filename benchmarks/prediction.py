"""One image at a time: the bundle as the app uses it, and Keras."""

import time
from collections.abc import Callable
from statistics import median

from page import Finding, milliseconds, times
from training import last_run

from carclf import images, preparation, store
from carclf.bundle import Bundle
from carclf.records import ImageRGB
from carclf.settings import Settings
from carclf.store import versions

IMAGES = 40
WARM_UP = 5


def measure(settings: Settings) -> Finding:
    """Predict the same images by both ways, taking turns image by image."""
    import keras  # noqa: PLC0415  Slow to import, and measured elsewhere.

    run, _ = last_run(settings)
    folder = settings.resolve(run.folder) / "bundle"
    bundle = Bundle.load(folder)
    model = keras.saving.load_model(folder / "model.keras")
    onnx_s, predict_s, call_s = [], [], []
    for number, image in enumerate(prepared(settings, bundle)):
        batch = image[None].astype("float32")
        measured = (
            seconds_of(lambda image=image: bundle.probabilities([image])),
            seconds_of(lambda batch=batch: model.predict(batch, verbose=0)),
            seconds_of(lambda batch=batch: model(batch, training=False)),
        )
        if number >= WARM_UP:
            for times_s, one in zip((onnx_s, predict_s, call_s), measured, strict=True):
                times_s.append(one)
    fastest = median(onnx_s)
    return Finding(
        "Predicting one image",
        f"The network of the run above, {IMAGES} images of the sample one by one, "
        "median; decoding and resizing not counted.",
        ("way", "an image", "compared"),
        tuple(
            (way, milliseconds(median(times_s)), times(median(times_s) / fastest))
            for way, times_s in (
                ("ONNX Runtime, as in the app", onnx_s),
                ("Keras, calling the model", call_s),
                ("Keras, `model.predict`", predict_s),
            )
        ),
    )


def prepared(settings: Settings, bundle: Bundle) -> list[ImageRGB]:
    with store.connect(settings.db_path) as db:
        sample = versions.by_name(db, "sample")
        examples = versions.examples(db, sample.id, limit=IMAGES + WARM_UP)
    return [
        preparation.resize(
            images.read_rgb(settings.resolve(one.path)), bundle.preparation
        )
        for one in examples
    ]


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
