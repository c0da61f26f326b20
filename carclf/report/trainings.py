"""Each run: what was asked of it, what differs from its parent, and how it went."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from carclf import metrics, recorded, words
from carclf.recorded import Value
from carclf.records import EpochEnded
from carclf.report import charts
from carclf.report.charts import Line
from carclf.report.document import (
    Block,
    Chart,
    Charts,
    Facts,
    Items,
    Paragraph,
    Section,
    Table,
)
from carclf.report.findings import Findings, Told
from carclf.report.method import began, varied_by
from carclf.report.summary import compared

# So many lines can be told apart; the others stay grey behind them.
_COLOURED = 6
# Where files lay and how a run was called decides nothing.
_UNTOLD = {
    "name",
    "data.directory",
    "data.version",
    "model.weights",
    "model.input_shape",
    "fit.callbacks.model_checkpoint.filepath",
    "fit.callbacks.tensor_board.log_dir",
    "notify.webhook",
}
_OPTIMIZER = "compile.optimizer."


def section(findings: Findings) -> Section:
    learnt = [one for one in findings.runs if one.history]
    overview = _overview(findings, learnt) if len(learnt) > 1 else ()
    return Section(
        "The runs" if len(findings.runs) > 1 else "The run",
        "runs",
        overview,
        tuple(_run(findings, one) for one in findings.runs),
    )


def _overview(findings: Findings, learnt: Sequence[Told]) -> tuple[Block, ...]:
    """Return the validation curves of all runs over one another."""
    ranked = sorted(learnt, key=lambda one: -(one.at_best("val_accuracy") or 0.0))
    drawn = []
    for metric, title, is_share in (
        ("val_accuracy", "Validation accuracy", True),
        ("val_loss", "Validation loss", False),
    ):
        lines = list(_compared(ranked, metric))
        if lines:
            drawing = charts.curves(title, lines, is_share=is_share, legend_below=True)
            drawn.append(Chart(f"all-{metric}", drawing.svg(), drawing.told))
    grey = len(ranked) - _COLOURED
    said = (
        f"The {_COLOURED} runs of the best validation accuracy are in colour, "
        f"{words.count(grey, 'other')} in grey."
        if grey > 0
        else ""
    )
    if not drawn:
        return ()
    return (*([Paragraph(said)] if said else []), Charts(tuple(drawn)))


def _compared(ranked: Sequence[Told], metric: str) -> Iterator[Line]:
    """Yield a line a run, the grey ones first, so that they lie behind."""
    placed = list(enumerate(ranked))
    for place, one in [*placed[_COLOURED:], *placed[:_COLOURED]]:
        points = _points(one.history, metric)
        if points and place < _COLOURED:
            yield Line(one.run.name, points, f"c{place}")
        elif points:
            yield Line("", points, "grey")


def _run(findings: Findings, one: Told) -> Section:
    blocks: list[Block] = [Paragraph(_story(findings, one)), Facts(_facts(one))]
    blocks += _settings(findings, one)
    drawn = [chart for chart in (_accuracy(one), _loss(one)) if chart]
    if drawn:
        blocks.append(Charts(tuple(drawn)))
    if one.notes:
        blocks.append(Items(tuple(note.text for note in one.notes)))
    return Section(one.run.name, f"run-{one.run.id}", tuple(blocks))


def _story(findings: Findings, one: Told) -> str:
    """Return where a run began, how far it got, and what became of it."""
    run, parent = one.run, findings.parent_of(one)
    kind = recorded.network(run)
    origin = began(run, parent.run if parent else None)
    said = [f"{kind[0].upper()}{kind[1:]}, from {origin}."]
    if not one.history:
        said.append("No epoch has ended.")
    elif (best := one.at_best("val_accuracy")) is not None:
        said.append(
            f"Of {words.count(len(one.history), 'epoch')}, epoch {one.best_epoch} was "
            f"the best on validation images, with {words.percent(best, 1)}."
        )
    else:
        said.append(f"{words.count(len(one.history), 'epoch')} ended.")
    if one.change and parent and one.best_epoch is not None:
        said.append(
            f"On {one.change.split} images that is {compared(one.change.difference)} "
            f"“{parent.run.name}”."
        )
    if run.status not in ("done", "imported"):
        why = f": {run.reason}" if run.reason else "."
        said.append(f"Its status is “{run.status}”{why}")
    return " ".join(said)


def _facts(one: Told) -> tuple[tuple[str, str], ...]:
    rows = []
    asked = recorded.epochs(one.run)
    done = len(one.history)
    rows.append((f"{done} of {asked}" if asked else f"{done}", "epochs"))
    if (gap := one.gap) is not None:
        rows.append((metrics.points(gap), "gap, train to validation"))
    if one.seconds is not None:
        rows.append((words.duration(one.seconds), "training time"))
    if not one.images.endswith(recorded.NOT_RECORDED):
        rows.append((one.images, "images"))
    if one.run.device:
        rows.append((one.run.device, "device"))
    if one.run.started_at:
        rows.append((words.date(one.run.started_at), "begun"))
    return tuple(rows)


def _settings(findings: Findings, one: Told) -> list[Block]:
    """Return the settings that matter, and those that differ from the parent's."""
    known = recorded.settings(one.run)
    told = _that_matter(known)
    if not told:
        return [Paragraph("Its settings were not recorded.")]
    blocks: list[Block] = [Paragraph(f"Settings: {'; '.join(told)}.")]
    parent = findings.parent_of(one)
    return blocks if parent is None else [*blocks, _difference(parent, one)]


def _difference(parent: Told, one: Told) -> Block:
    """Return the settings in which a run differs from its parent."""
    before, known = recorded.settings(parent.run), recorded.settings(one.run)
    if not _that_matter(before):
        return Paragraph(
            f"The settings of “{parent.run.name}” were not recorded, so what differs "
            "from them is not known."
        )
    differing = [
        (
            name,
            _text(before.get(name)),
            _text(known.get(name)),
        )
        for name in sorted({*before, *known} - _UNTOLD)
        if before.get(name) != known.get(name)
    ]
    if not differing:
        return Paragraph(f"Nothing else differs from “{parent.run.name}”.")
    head = ("What differs", parent.run.name, one.run.name)
    return Table(head, tuple(differing), words=3)


def _that_matter(known: dict[str, Value]) -> list[str]:
    """Return the settings that decide most, in words; only those recorded."""
    said = [
        text.format(known[name])
        for name, text in _TOLD.items()
        if known.get(name) not in (None, "no")
    ]
    rates = [
        name
        for name in known
        if name.startswith(_OPTIMIZER) and name.endswith(".learning_rate")
    ]
    for name in rates:
        rate = _text(known[name])
        optimizer = name.removeprefix(_OPTIMIZER).removesuffix(".learning_rate")
        said.append(f"{optimizer} at a learning rate of {rate}")
    if known.get("learning.schedule.name") == "cosine":
        said.append("which falls along a cosine")
    dropped = known.get("model.dropout_rate")
    if dropped is not None:
        said.append(f"dropout {words.percent(float(dropped))}")
    varied = varied_by(known)
    if varied:
        said.append(f"augmentation by {words.listed(varied)}")
    return said


_TOLD = {
    "data.image_size": "images of {} pixels",
    "data.batch_size": "{} images a step",
    "learning.unfreeze_from": "fine-tuned from “{}” up",
    "learning.mixed_precision": "mixed precision",
    "seed": "seed {}",
}


def _text(value: Value) -> str:
    if isinstance(value, float):
        # 0.00005 is read at a glance, 5e-05 is not.
        return format(Decimal(repr(value)), "f")
    return "–" if value is None else str(value)


def _accuracy(one: Told) -> Chart | None:
    return _pair(one, "accuracy", "Accuracy", is_share=True)


def _loss(one: Told) -> Chart | None:
    return _pair(one, "loss", "Loss", is_share=False)


def _pair(one: Told, metric: str, title: str, *, is_share: bool) -> Chart | None:
    """Return train and validation over the epochs, the best epoch marked."""
    lines = []
    for name, key, kind in (
        ("train", metric, "train"),
        ("validation", f"val_{metric}", "validation"),
    ):
        points = _points(one.history, key)
        value = one.at_best(key) if name == "validation" else None
        ring = (one.best_epoch, value) if one.best_epoch and value is not None else None
        if points:
            lines.append(Line(name, points, kind, ring))
    if not lines:
        return None
    drawing = charts.curves(title, lines, is_share=is_share)
    return Chart(f"run-{one.run.id}-{metric}", drawing.svg(), drawing.told)


def _points(history: Sequence[EpochEnded], metric: str) -> list[tuple[int, float]]:
    return [
        (epoch.epoch, epoch.metrics[metric])
        for epoch in history
        if metric in epoch.metrics
    ]
