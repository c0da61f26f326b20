"""The model card: what a network is, learnt from, is good at, and how to use it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from carclf import recorded, words
from carclf.bundle import Bundle
from carclf.evaluation import interval
from carclf.exports import formats, snippets, verdict
from carclf.exports.folder import Export, Measured, ScriptCheck
from carclf.records import Evaluation, Run, Version


@dataclass(frozen=True)
class Origin:
    """What the store tells of the epoch that is exported.

    Attributes:
        judged: (evaluation, name of its version), of this epoch.
        is_rendered: Whether its images are the sample that comes with carclf.
    """

    run: Run
    version: Version
    bundle: Bundle
    judged: Sequence[tuple[Evaluation, str]]
    is_rendered: bool = False


def text(origin: Origin, made: Export) -> str:
    """Return the card as Markdown."""
    parts = [
        _head(origin, made),
        _use(origin, made),
        _data(origin),
        _training(origin),
        _quality(origin),
        _measured(made),
        _limits(origin),
        _licence(origin),
        _versions(origin),
        _classes(origin),
    ]
    return "\n\n".join(parts) + "\n"


def _head(origin: Origin, made: Export) -> str:
    bundle = origin.bundle
    how = bundle.preparation
    return (
        f"# {_plain(origin.run.name)}, epoch {made.epoch}\n\n"
        f"A classifier of vehicle photographs. It looks at one photograph and gives "
        f"each of {len(bundle.classes):,} classes a probability. The network is "
        f"{_backbone(bundle)}; it takes RGB images of {how.width} × {how.height} "
        "pixels with values from 0 to 255, and normalises them itself.\n\n"
        f"Exported by carclf on {made.created_at[:10]}."
    )


def _use(origin: Origin, made: Export) -> str:
    lines = ["## How to use it", ""]
    if made.script is not None:
        lines += [
            "```",
            "pip install numpy onnxruntime pillow",
            "python predict.py PHOTOGRAPH ...",
            "```",
            "",
            "It prints a line for each of the five likeliest classes: file, class, "
            "probability. `preparation.py` makes of a photograph what the network "
            "takes; `bundle.json` holds the classes in the order of the outputs, and "
            "how images are prepared.",
            "",
            _script(made.script),
            "",
        ]
    rows = [
        [
            f"`{one.file}`",
            formats.named(one.format).title,
            formats.named(one.format).words,
        ]
        for one in made.formats
    ]
    lines += [*_table(["file", "format", "what it is for"], rows), *_snippets(made)]
    lines += [
        "",
        f"Every file gives logits; their softmax is the probabilities.{_flip(origin)}",
    ]
    return "\n".join(lines + _treatment(origin))


def _snippets(made: Export) -> list[str]:
    """Return how each file is computed, where predict.py does not show it."""
    lines: list[str] = []
    for one in made.formats:
        if one.format in ("onnx", "int8"):
            continue
        code = snippets.of(one.format).rstrip()
        lines += ["", f"With `{one.file}`:", "", "```python", code, "```"]
    return lines


def _flip(origin: Origin) -> str:
    if not origin.bundle.test_time_flip:
        return ""
    return (
        " This run predicts by the mean over the probabilities of an image and of its "
        "mirror image; predict.py does so too."
    )


def _treatment(origin: Origin) -> list[str]:
    treatment = origin.bundle.preparation.treatment
    if treatment.remover == "none":
        return []
    return [
        "",
        f"**It expects treated images.** It learnt from vehicles whose background was "
        f"treated by `{treatment.remover}` ({treatment.output}, fill {treatment.fill}, "
        f"margin {treatment.margin:g}). predict.py changes only the size, so give it "
        "images that were treated alike, for instance by `carclf background`. On "
        "photographs as taken it is worse than the figures below.",
    ]


def _script(found: ScriptCheck) -> str:
    return (
        f"On {words.count(found.image_count, 'photograph')} of its dataset, predict.py "
        f"named the class that carclf names on "
        f"{words.percent(found.same_answer_rate, 1)}; no probability differed by more "
        f"than {found.difference * 100:.2f} percentage points."
    )


def _data(origin: Origin) -> str:
    version, how = origin.version, origin.bundle.preparation
    treatment = how.treatment
    counts = ", ".join(f"{count:,} {split}" for split, count in version.counts.items())
    rows = [
        ["dataset version", _plain(version.name)],
        ["hash", f"`{version.hash}`"],
        # The folder's name alone: where it lay is nobody's business.
        ["source", _plain(version.source.rstrip("/").rpartition("/")[2])],
        ["images", counts],
        ["split", _plain(version.split_rule)],
        [
            "background",
            "as photographed" if treatment.remover == "none" else treatment.remover,
        ],
        ["size", f"{how.width} × {how.height}, {how.resize}"],
    ]
    return "\n".join(["## What it learnt from", "", *_table(["", ""], rows)])


def _training(origin: Origin) -> str:
    run, config = origin.run, recorded.config_of(origin.run)
    optimizer = config.compile.optimizer
    rows: list[list[Any]] = [
        ["network", recorded.network(run)],
        [
            "began from",
            _plain(str(origin.bundle.facts.get("weights", {}).get("origin", "–"))),
        ],
        ["epoch", f"{origin.bundle.facts.get('epoch', '–')} of {config.fit.epochs}"],
        [
            "optimizer",
            f"{optimizer.name}, learning rate {optimizer.arguments.learning_rate:g}",
        ],
        ["batch", words.count(config.data.batch_size, "image")],
        ["seed", run.seed],
        ["device", _plain(run.device or "–")],
    ]
    return "\n".join(["## How it was trained", "", *_table(["", ""], rows)])


def _quality(origin: Origin) -> str:
    lines = ["## How good it is", ""]
    if origin.judged:
        rows = [_evaluation(*one) for one in origin.judged]
        columns = [
            "images",
            "how many",
            "accuracy",
            "95 % interval",
            "top five",
            "macro F1",
        ]
        lines += _table(columns, rows)
        lines += _calibration(origin)
    else:
        lines.append("This epoch was not evaluated image by image.")
    metrics = origin.bundle.facts.get("metrics", {})
    if "val_accuracy" in metrics:
        lines += [
            "",
            "When the epoch ended, accuracy on the validation images was "
            f"{words.percent(metrics['val_accuracy'], 1)}.",
        ]
    return "\n".join(lines)


def _evaluation(one: Evaluation, version: str) -> list[Any]:
    low, high = interval.wilson(
        round(one.metrics["accuracy"] * one.image_count), one.image_count
    )
    return [
        f"{one.split} of {_plain(version)}",
        f"{one.image_count:,}",
        words.percent(one.metrics["accuracy"], 1),
        f"{words.percent(low, 1)} to {words.percent(high, 1)}",
        words.percent(one.metrics["top5_accuracy"], 1),
        f"{one.metrics['macro_f1']:.3f}",
    ]


def _calibration(origin: Origin) -> list[str]:
    found = [
        f"{words.percent(one.metrics['calibration_error'], 1)} "
        f"({one.split} of {_plain(version)})"
        for one, version in origin.judged
        if "calibration_error" in one.metrics
    ]
    if not found:
        return []
    return ["", f"Expected calibration error: {', '.join(found)}."]


def _measured(made: Export) -> str:
    rows = [
        [
            f"`{one.file}`",
            words.size(one.size_bytes),
            verdict.difference(one),
            words.duration(one.seconds_an_image),
            one.runtime,
        ]
        for one in made.formats
    ]
    columns = ["file", "size", "beside Keras", "time an image", "computed by"]
    lines = [
        "## What was measured when it was written",
        "",
        *_table(columns, rows),
        "",
        f"Measured on {made.machine}, with images of its own dataset. A file in 32 "
        "bits whose logits differ from Keras's by more than 0.1 % of the largest one "
        "is not written.",
    ]
    for one in made.formats:
        if one.accuracy is not None:
            lines += ["", _int8(one)]
        lines += ["", *one.notes] if one.notes else []
    return "\n".join(lines)


def _int8(one: Measured) -> str:
    found = one.accuracy
    assert found is not None
    said = (
        f"`{one.file}`: accuracy {words.percent(found.before, 1)} in 32 bits, "
        f"{words.percent(found.after, 1)} in 8 bits, on "
        f"{words.count(found.image_count, 'image')} ({_plain(found.source)}); both "
        f"give the same answer on {words.percent(found.agreement_rate, 1)}."
    )
    loss = verdict.loss(one)
    return f"{said}\n\n**{loss}**" if loss else said


def _limits(origin: Origin) -> str:
    rendered = (
        "\n- It learnt from the sample that comes with carclf: rendered pictures of "
        "cars. Its figures show that everything works, and say nothing about "
        "photographs."
    )
    return (
        "## Intended use, and limits\n\n"
        "Made to name the make and model in a photograph of one vehicle, among the "
        "classes below.\n\n"
        f"- It names one of its {len(origin.bundle.classes):,} classes for every "
        "image, also where there is another vehicle or none.\n"
        "- Its figures hold for images like those it learnt from: the same kind of "
        "photographs, cropped and treated alike.\n"
        "- Classes with few images, and years of one model that look alike, are told "
        "apart worst.\n"
        "- A probability is what the network believes, not how often it is right, "
        "unless a calibration above says so.\n"
        "- Nobody should be judged, charged or followed by its answer alone."
        f"{rendered if origin.is_rendered else ''}"
    )


def _licence(origin: Origin) -> str:
    weights = origin.bundle.facts.get("weights", {})
    return (
        "## Licence and origin\n\n"
        f"The first weights: {_plain(str(weights.get('origin', 'not recorded')))} "
        f"(licence: {_plain(str(weights.get('licence', 'not recorded')))}).\n\n"
        "The images it learnt from have licences of their own, which carclf does not "
        "know. Who trained it decides under which terms it may be used."
    )


def _versions(origin: Origin) -> str:
    trained = origin.bundle.facts.get("environment", {})
    rows = [[name, _plain(str(version))] for name, version in trained.items()]
    return "\n".join(["## Trained with", "", *_table(["", ""], rows)])


def _classes(origin: Origin) -> str:
    lines = [f"{n}. {_plain(name)}" for n, name in enumerate(origin.bundle.classes)]
    return "\n".join(["## Classes", "", "In the order of the outputs:", "", *lines])


def _backbone(bundle: Bundle) -> str:
    return _plain(str(bundle.facts.get("backbone", "of an unknown kind")))


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    lines = [list(columns), ["---"] * len(columns), *rows]
    return [f"| {' | '.join(str(cell) for cell in line)} |" for line in lines]


def _plain(said: str) -> str:
    """Return text that Markdown shows as it stands."""
    for mark in "\\`*_[]<>|#":
        said = said.replace(mark, f"\\{mark}")
    return said.replace("\n", " ")
