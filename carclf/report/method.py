"""How it was done: the way of an image, and the tree of the experiments."""

from collections.abc import Sequence

from carclf import metrics, recorded, words
from carclf.recorded import Value
from carclf.records import Run
from carclf.report import tree
from carclf.report.document import Block, Chart, Items, Paragraph, Section
from carclf.report.findings import Findings, Told
from carclf.report.material import treated
from carclf.report.tree import Node

_RESIZED = {
    "squash": "squashed to {size} pixels, whatever its shape",
    "pad": "scaled to fit into {size} pixels, the rest filled up",
    "crop": "scaled and cropped in the middle to {size} pixels",
}
_BEGAN = {"imagenet": "ImageNet weights", "none": "random weights"}


def workflow(findings: Findings) -> Section:
    """Return the way of an image, as the best run has it, and how the runs learnt."""
    shown = findings.best or next(iter(findings.runs))
    known = recorded.settings(shown.run)
    steps = _steps(shown, known)
    blocks: list[Block] = []
    if steps:
        is_one_of_many = len(findings.runs) > 1
        whose = (
            f" This is how “{shown.run.name}” has it; where another run differs, its "
            "own part says so."
        )
        blocks.append(
            Paragraph(
                "An image goes the same way in training, evaluation and prediction, "
                f"but for its being varied in training.{whose * is_one_of_many}"
            )
        )
        blocks.append(Items(tuple(steps), is_ordered=True))
    else:
        blocks.append(
            Paragraph(f"The settings of “{shown.run.name}” were not recorded.")
        )
    blocks.append(Paragraph(_rounds(findings)))
    return Section("The workflow", "workflow", tuple(blocks))


def experiments(findings: Findings) -> Section:
    drawing = tree.draw([_node(findings, one) for one in findings.family])
    outside = sum(one.is_outside for one in findings.family)
    said = [_measured(findings)]
    if outside:
        said.append(
            f"{words.count(outside, 'run')} in grey {'is' if outside == 1 else 'are'} "
            "not part of this report, and shown as what others began from."
        )
    chart = Chart("tree", drawing.svg(), drawing.told)
    blocks = (Paragraph(" ".join(said)), chart)
    return Section("The experiments", "experiments", blocks)


def began(run: Run, parent: Run | None) -> str:
    """Return where a run's weights came from, in words."""
    if parent is not None:
        epoch = f"epoch {run.parent_epoch}" if run.parent_epoch else "the best epoch"
        return f"{epoch} of “{parent.name}”"
    weights = recorded.weights(run)
    if weights is None:
        return f"weights {recorded.NOT_RECORDED}"
    return _BEGAN.get(weights, "weights of another file")


def _steps(one: Told, known: dict[str, Value]) -> list[str]:
    """Return what happens to an image, as far as that was recorded."""
    steps = []
    if one.version is not None:
        steps.append(treated(one.version.treatment))
    if (size := known.get("data.image_size")) is not None:
        rule = str(known.get("data.resize") or "squash")
        is_told = "data.resize" in known
        said = _RESIZED[rule] if is_told else "resized to {size} pixels"
        steps.append(f"It is {said.format(size=size)}.")
    varied = varied_by(known)
    if varied:
        steps.append(f"In training only, it is varied by {words.listed(varied)}.")
    if (backbone := known.get("model.backbone")) is not None:
        steps.append(
            f"The backbone {backbone} turns it into features, which are averaged."
        )
    if (dropped := known.get("model.dropout_rate")) is not None:
        share = words.percent(float(str(dropped)))
        steps.append(
            f"In training only, {share} of the features are dropped at random."
        )
    if steps:
        steps.append("A dense layer with softmax gives each class its probability.")
    return steps


def varied_by(known: dict[str, Value]) -> list[str]:
    """Return the layers of augmentation by name, in the order they are applied."""
    start = "model.data_aug_layer."
    layers = [
        name.removeprefix(start).split(".")[0]
        for name in known
        if name.startswith(start)
    ]
    return [
        one.removeprefix("random_").replace("_", " ") for one in dict.fromkeys(layers)
    ]


def _rounds(findings: Findings) -> str:
    """Return how many runs were frozen, fine-tuned, or of unknown kind."""
    frozen = _names(findings.runs, "freeze")
    tuned = _names(findings.runs, "finetune")
    unknown = _names(findings.runs, None)
    said = []
    if frozen:
        said.append(
            f"{_who(frozen)} trained with the backbone frozen: only the last layer "
            "learnt."
        )
    if tuned:
        said.append(f"{_who(tuned)} fine-tuned: the backbone learnt, too.")
    if unknown:
        said.append(f"Of {words.listed(unknown)} it was not recorded which.")
    return " ".join(said)


def _names(runs: Sequence[Told], mode: str | None) -> list[str]:
    return [f"“{one.run.name}”" for one in runs if recorded.mode(one.run) == mode]


def _who(names: Sequence[str]) -> str:
    return f"{words.listed(names)} {'was' if len(names) == 1 else 'were'}"


def _measured(findings: Findings) -> str:
    if findings.ground is None:
        return (
            "Each run below the one that it began from, with its best validation "
            "accuracy and the difference to that run's."
        )
    said = (
        "Each run below the one that it began from, with its accuracy on the "
        f"{findings.ground.name} and the difference to that run's"
    )
    if all(one.result for one in findings.family):
        return f"{said}."
    return (
        f"{said}; where it was not judged on them, its best validation accuracy, "
        "marked “val.”."
    )


def _node(findings: Findings, one: Told) -> Node:
    parent = findings.parent_of(one)
    kind = recorded.network(one.run)
    change = one.change
    gain = metrics.points(change.difference).removesuffix(" points") if change else ""
    tones = {True: "up", False: "down"}
    tone = tones[change.difference > 0] if change and change.difference else "plain"
    return Node(
        id=one.run.id,
        parent_id=one.run.parent_id,
        name=one.run.name,
        detail=f"from {began(one.run, parent.run if parent else None)} · {kind}",
        figure=_figure(findings, one),
        gain=gain,
        tone=tone,  # type: ignore[arg-type]
        is_marked=one is findings.best,
        is_outside=one.is_outside,
    )


def _figure(findings: Findings, one: Told) -> str:
    if one.accuracy is not None:
        return words.percent(one.accuracy, 1)
    found = one.at_best("val_accuracy")
    if found is None:
        return "no accuracy"
    mark = " val." if findings.ground is not None else ""
    return f"{words.percent(found, 1)}{mark}"
