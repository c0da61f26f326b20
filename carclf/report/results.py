"""What the runs reached, where the best one errs, and what it changed."""

from collections.abc import Sequence

from carclf import metrics, recorded, words
from carclf.evaluation.compare import Comparison
from carclf.report import charts
from carclf.report.charts import Figure
from carclf.report.document import (
    Block,
    Chart,
    Paragraph,
    Pictures,
    Section,
    Table,
)
from carclf.report.findings import ClassResult, Closer, Findings, Told
from carclf.report.shots import Album
from carclf.report.summary import between, chance

_MOST_DRAWN, _MOST_PAIRS, _EACH_END = 40, 12, 8


def section(findings: Findings, album: Album) -> Section:
    parts = [_all_runs(findings)]
    best = findings.best
    if findings.closer is not None and best is not None:
        parts += [
            _classes(findings, best, findings.closer),
            _mistakes(best, findings.closer, album),
        ]
    if best is not None and any(one.change for one in findings.runs):
        parts.append(_changes(findings, best, album))
    return Section("Results", "results", (), tuple(parts))


def _all_runs(findings: Findings) -> Section:
    blocks: list[Block] = []
    if findings.ground is None:
        blocks.append(
            Paragraph(
                "No run was evaluated, so there is validation accuracy alone: of the "
                "epoch that was best on these very images, which flatters it a little."
            )
        )
    blocks += [*_figures(findings), _table(findings)]
    judged = [one for one in findings.runs if one.result]
    if len(judged) > 1:
        blocks.append(
            Paragraph(
                "The best of several runs, chosen by the images it is judged on, is "
                "a little flattered by the choice.",
                "note",
            )
        )
    blocks += _elsewhere(findings)
    blocks += _different_images(findings)
    return Section(
        "All runs" if len(findings.runs) > 1 else "In numbers", "numbers", tuple(blocks)
    )


def _figures(findings: Findings) -> list[Block]:
    """Return the accuracies as dots, with their intervals where they were judged."""
    figures = []
    for one in findings.runs:
        found = one.accuracy if findings.ground else one.at_best("val_accuracy")
        if found is None:
            continue
        low, high = one.interval or (None, None)
        text = words.percent(found, 1)
        if one.result is not None:
            text += f"  ({between(one.result)})"
        figures.append(
            Figure(one.run.name, found, text, low, high, one is findings.best)
        )
    if len(figures) < 2:
        return []
    where = (
        f"{findings.ground.name}, with 95 % intervals."
        if findings.ground
        else "validation images, at each run's best epoch."
    )
    ranked = sorted(figures, key=lambda figure: -figure.share)
    drawing = charts.shares("Accuracy", ranked)
    return [Chart("accuracies", drawing.svg(), drawing.told, f"Accuracy on {where}")]


def _table(findings: Findings) -> Table:
    head = ["Run", "Epochs", "Best epoch", "Validation", "Gap"]
    split = findings.ground.split.capitalize() if findings.ground else ""
    if findings.ground:
        head += [split, "95 % interval", "Top five", "Macro F1"]
    ranked = sorted(findings.runs, key=_rank)
    best = findings.best
    return Table(
        tuple(head),
        tuple(_row(findings, one) for one in ranked),
        f"{split} is accuracy on the {findings.ground.name}; the gap is train less "
        "validation accuracy at the best epoch, in points."
        if findings.ground
        else "The gap is train less validation accuracy at the best epoch, in points.",
        marked=ranked.index(best) if best in ranked else None,
    )


def _rank(one: Told) -> tuple[float, float]:
    return -(one.accuracy or 0.0), -(one.at_best("val_accuracy") or 0.0)


def _row(findings: Findings, one: Told) -> tuple[str, ...]:
    gap = one.gap
    row = [
        one.run.name,
        f"{len(one.history):,}",
        f"{one.best_epoch:,}" if one.best_epoch else "–",
        _percent(one.at_best("val_accuracy")),
        "–" if gap is None else _signed(gap),
    ]
    if findings.ground is None:
        return tuple(row)
    if one.result is None:
        return (*row, "not judged", "–", "–", "–")
    found = one.result.metrics
    return (
        *row,
        _percent(found["accuracy"]),
        between(one.result),
        _percent(found.get("top5_accuracy")),
        f"{found['macro_f1']:.3f}" if "macro_f1" in found else "–",
    )


def _elsewhere(findings: Findings) -> list[Block]:
    """Return the evaluations on other images than the common ground."""
    names = {one.version.id: one.version.name for one in findings.data}
    rows = [
        (
            one.run.name,
            f"{other.split} of “{names[other.version_id]}”"
            if other.version_id in names
            else f"{other.split} of another version",
            str(other.epoch),
            f"{other.image_count:,}",
            _percent(other.metrics["accuracy"]),
            between(other),
        )
        for one in findings.runs
        for other in one.elsewhere
    ]
    if not rows:
        return []
    head = ("Run", "Images", "Epoch", "How many", "Accuracy", "95 % interval")
    return [Table(head, tuple(rows), "Evaluations on other images", words=2)]


def _different_images(findings: Findings) -> list[Block]:
    learnt = sorted(
        {
            f"“{one.images}”"
            for one in findings.runs
            if one.history and not one.images.endswith(recorded.NOT_RECORDED)
        }
    )
    if len(learnt) < 2:
        return []
    return [
        Paragraph(
            f"The runs learnt from different images, {words.listed(learnt)}, so their "
            "validation accuracies were not measured on the same ones.",
            "note",
        )
    ]


def _classes(findings: Findings, best: Told, closer: Closer) -> Section:
    assert best.result is not None
    perfect = sum(one.right == one.images for one in closer.classes)
    perfectly = words.count(perfect, "class", "classes")
    said = (
        f"How often the images of a class were called by its name, by "
        f"“{best.run.name}”. It makes no mistake in {perfectly} of "
        f"{len(closer.classes)}."
    )
    return Section(
        "Class by class",
        "classes",
        (Paragraph(said), *_class_blocks(closer.classes)),
    )


def _class_blocks(classes: Sequence[ClassResult]) -> list[Block]:
    """Return all classes drawn where they are few; else the worst and the best."""
    if len(classes) <= _MOST_DRAWN:
        figures = [
            Figure(
                one.name,
                one.recall,
                f"{words.percent(one.recall)}  ({one.right} of {one.images})",
            )
            for one in reversed(classes)
        ]
        drawing = charts.shares(
            "Right, of the images of each class", figures, from_zero=True
        )
        return [Chart("classes", drawing.svg(), drawing.told)]
    return [
        _class_table(classes[:_EACH_END], f"The {_EACH_END} hardest classes"),
        _class_table(classes[: -_EACH_END - 1 : -1], f"The {_EACH_END} easiest"),
    ]


def _class_table(classes: Sequence[ClassResult], caption: str) -> Table:
    rows = [
        (
            one.name,
            f"{one.right} of {one.images}",
            _percent(one.recall),
            _percent(one.precision),
            f"{one.f1:.2f}",
        )
        for one in classes
    ]
    head = ("Class", "Right", "Recall", "Precision", "F1")
    return Table(head, tuple(rows), caption)


def _mistakes(best: Told, closer: Closer, album: Album) -> Section:
    if not closer.mistake_count:
        said = f"“{best.run.name}” made none on these images."
        return Section("Mistakes", "mistakes", (Paragraph(said),))
    said = (
        f"“{best.run.name}” calls {words.count(closer.mistake_count, 'image')} by a "
        f"wrong name, in {words.count(len(closer.pairs), 'pair')} of classes."
    )
    caption = (
        "The mistakes it was surest of: what the vehicle is, what it was called, and "
        "with which probability."
    )
    shown = Pictures(album.pictures(closer.mistakes, "mistake"), caption)
    blocks = (Paragraph(said), _confusions(closer), shown)
    return Section("Mistakes", "mistakes", blocks)


def _confusions(closer: Closer) -> Table:
    rows = [
        (
            pair.label,
            pair.predicted,
            f"{pair.count} of {pair.of}",
            words.percent(pair.count / pair.of),
        )
        for pair in closer.pairs[:_MOST_PAIRS]
    ]
    is_cut = len(closer.pairs) > _MOST_PAIRS
    caption = f"The {_MOST_PAIRS} most frequent confusions" * is_cut
    return Table(("Is", "Was called", "Images", "Share"), tuple(rows), caption, words=2)


def _changes(findings: Findings, best: Told, album: Album) -> Section:
    blocks: list[Block] = []
    parent, change = findings.parent_of(best), best.change
    if parent and change and change.comparison:
        blocks.append(Paragraph(_verdict(best, parent, change.comparison)))
    compared = [one for one in findings.runs if one.change]
    if len(compared) > 1 or not blocks:
        blocks.append(_change_table(findings, compared))
    closer = findings.closer
    if closer is not None and parent is not None:
        for shots, what in ((closer.fixed, "put right"), (closer.broke, "got wrong")):
            if shots:
                caption = f"What “{best.run.name}” {what} against “{parent.run.name}”."
                blocks.append(Pictures(album.pictures(shots, "change"), caption))
    return Section("Against the parent", "changes", tuple(blocks))


def _verdict(best: Told, parent: Told, found: Comparison) -> str:
    return (
        f"On the same {words.count(found.image_count, 'image')}, “{best.run.name}” put "
        f"right {len(found.fixed):,} that “{parent.run.name}” had got wrong, and got "
        f"wrong {len(found.broke):,} that it had right; {found.both_right:,} are right "
        f"in both and {found.both_wrong:,} wrong in both. That is "
        f"{metrics.points(found.difference)} (95 % interval {_signed(found.low)} to "
        f"{_signed(found.high)}), {chance(found)}."
    )


def _change_table(findings: Findings, compared: Sequence[Told]) -> Table:
    is_tested = any(one.change and one.change.comparison for one in compared)
    head = ("Run", "Parent", "Images", "Points")
    tested = ("95 % interval", "Fixed", "Broke", "p")
    return Table(
        (*head, *(tested * is_tested)),
        tuple(_change_row(findings, one, is_tested) for one in compared),
        "Each run against its parent"
        + "; p is that of an exact McNemar test, where both were judged on the same "
        "images." * is_tested,
        words=3,
    )


def _change_row(findings: Findings, one: Told, is_tested: bool) -> tuple[str, ...]:
    parent, change = findings.parent_of(one), one.change
    assert parent is not None
    assert change is not None
    row = (one.run.name, parent.run.name, change.split, _signed(change.difference))
    if not is_tested:
        return row
    found = change.comparison
    if found is None:
        return (*row, "–", "–", "–", "–")
    return (
        *row,
        f"{_signed(found.low)} to {_signed(found.high)}",
        f"{len(found.fixed):,}",
        f"{len(found.broke):,}",
        metrics.p_value(found.p_value).removeprefix("= "),
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else words.percent(share, 1)


def _signed(share: float) -> str:
    return metrics.points(share).removesuffix(" points")
