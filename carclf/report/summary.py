"""The report in short: what stands first, and what it comes to."""

from carclf import metrics, recorded, words
from carclf.evaluation.compare import Comparison
from carclf.records import Evaluation
from carclf.report import charts
from carclf.report.charts import Figure
from carclf.report.document import (
    Block,
    Chart,
    Facts,
    Items,
    Paragraph,
    Section,
)
from carclf.report.findings import Findings, Told, interval_of

RENDERED = (
    "The images of the sample are renders that come with carclf, not photographs: an "
    "accuracy on them says nothing about photographs."
)


def opening(findings: Findings) -> tuple[Block, ...]:
    """Return the result in two sentences, and the figures that matter most."""
    best = findings.best
    if best is None:
        return (Paragraph(_nothing_learnt(findings), "lead"),)
    told = " ".join([_headline(findings, best), _step(findings, best)]).strip()
    blocks: list[Block] = [Paragraph(told, "lead"), Facts(_facts(findings, best))]
    if any(one.is_rendered for one in findings.data):
        blocks.append(Paragraph(RENDERED, "note"))
    return tuple(blocks)


def conclusion(findings: Findings) -> Section:
    """Return what the numbers come to, each in a sentence."""
    best = findings.best
    if best is None:
        blocks: tuple[Block, ...] = (Paragraph(_nothing_learnt(findings)),)
    else:
        blocks = (*_way(findings, best), Items(tuple(_lines(findings, best))))
    return Section("Conclusion", "conclusion", blocks)


def judged(one: Evaluation) -> str:
    """Return “84.2 % (95 % interval 75.3–90.3 %)”."""
    return f"{words.percent(one.metrics['accuracy'], 1)} (95 % interval {between(one)})"


def between(one: Evaluation) -> str:
    """Return the 95 % interval of an accuracy as “75.3–90.3 %”."""
    return words.percent_span(*interval_of(one))


def compared(difference: float) -> str:
    """Return such as “6.7 points more than”, to go before what it is compared to."""
    points = abs(round(difference * 100, 1))
    if not points:
        return "as much as"
    many = words.count(1, "point") if points == 1 else f"{points:.1f} points"
    return f"{many} {'more' if difference > 0 else 'less'} than"


def chance(found: Comparison) -> str:
    """Return whether a difference is more than chance, and how that is known."""
    test = f"exact McNemar test, p {metrics.p_value(found.p_value)}"
    if found.is_more_than_chance:
        return f"more than chance ({test})"
    return f"no more than chance can explain ({test})"


def _nothing_learnt(findings: Findings) -> str:
    if len(findings.runs) == 1:
        return f"“{findings.runs[0].run.name}” has no accuracy on record yet."
    return "None of these runs has an accuracy on record yet."


def _headline(findings: Findings, best: Told) -> str:
    name = f"“{best.run.name}”, {_kind(best)},"
    if best.result is not None and findings.ground is not None:
        result, rivals = best.result, [one for one in findings.runs if one.result]
        right = round(result.metrics["accuracy"] * result.image_count)
        equal = [one for one in rivals if one.accuracy == best.accuracy]
        rank = "one of the best" if len(equal) > 1 else "the best"
        of_many = f", {rank} of {words.count(len(rivals), 'run')} judged on them"
        return (
            f"{name} is right on {right:,} of {result.image_count:,} "
            f"{findings.ground.name}: {judged(result)}{of_many * (len(rivals) > 1)}."
        )
    share = words.percent(best.at_best("val_accuracy") or 0.0, 1)
    many = len(findings.runs)
    of_many = f"the best of {words.count(many, 'run')}" if many > 1 else "its best"
    return (
        f"{name} reached {share} validation accuracy at epoch {best.best_epoch}, "
        f"{of_many}."
    )


def _step(findings: Findings, best: Told) -> str:
    """Return what the best run gained over its parent, or where it began."""
    parent = findings.parent_of(best)
    if parent is None or best.change is None:
        return _against_rival(findings) or _start(best)
    change = best.change
    said = f"That is {compared(change.difference)} its parent “{parent.run.name}”"
    if change.comparison is None:
        return f"{said} on {change.split} images."
    return f"{said}, {chance(change.comparison)}."


def _against_rival(findings: Findings) -> str:
    """Return how far the next best run is behind, if another was judged."""
    if findings.closer is None or findings.closer.rival is None:
        return ""
    rival, found = findings.closer.rival
    name = f"the next best, “{rival.run.name}”"
    if not found.difference:
        return f"That is as often as {name}."
    return f"That is {compared(found.difference)} {name}, {chance(found)}."


def _start(best: Told) -> str:
    weights = recorded.weights(best.run)
    known = {"imagenet": "ImageNet weights", "none": "random weights"}
    return f"It began from {known[weights]}." if weights in known else ""


def _kind(one: Told) -> str:
    mode = recorded.mode(one.run)
    network = recorded.backbone(one.run)
    said = {"freeze": "trained with its backbone frozen", "finetune": "fine-tuned"}
    if mode is None:
        return f"a {network}" if network else "a run with no settings on record"
    return f"{said[mode]}" if network is None else f"a {recorded.network(one.run)}"


def _facts(findings: Findings, best: Told) -> tuple[tuple[str, str], ...]:
    rows: list[tuple[str, str]] = []
    if best.result is not None:
        result = best.result
        share = words.percent(result.metrics["accuracy"], 1)
        rows.append((share, f"{result.split} accuracy"))
        rows.append((between(result), "95 % interval"))
        if "top5_accuracy" in result.metrics and len(result.classes) > 5:
            top = words.percent(result.metrics["top5_accuracy"], 1)
            rows.append((top, "right within five"))
    else:
        share = words.percent(best.at_best("val_accuracy") or 0.0, 1)
        rows.append((share, "validation accuracy"))
    rows.append(
        (f"{len(findings.runs):,}", "runs" if len(findings.runs) > 1 else "run")
    )
    classes = class_count(findings)
    if classes:
        rows.append((f"{classes:,}", "classes"))
    if findings.data:
        images = sum(findings.data[0].version.counts.values())
        rows.append((f"{images:,}", "images"))
    return tuple(rows)


def class_count(findings: Findings) -> int | None:
    """Return how many classes there are, as far as that is on record."""
    if findings.data:
        return len(findings.data[0].version.classes)
    told = {recorded.settings(one.run).get("model.classes") for one in findings.runs}
    known = [int(one) for one in told if one is not None]
    return known[0] if len(known) == 1 else None


def _way(findings: Findings, best: Told) -> tuple[Block, ...]:
    """Return a chart of what each step on the way to the best run reached."""
    line = findings.line_of(best)
    is_judged = all(one.result for one in line)
    figures = [_figure(one, is_judged, one is best) for one in line]
    known = [one for one in figures if one is not None]
    if len(known) < 2:
        return ()
    ground = findings.ground if is_judged else None
    what = ground.name if ground else "validation images, at each run's best epoch"
    drawing = charts.shares("Accuracy", known)
    caption = f"The way to “{best.run.name}”: accuracy on {what}."
    return (Chart("way", drawing.svg(), drawing.told, caption),)


def _figure(one: Told, is_judged: bool, is_best: bool) -> Figure | None:
    if is_judged and one.result is not None:
        low, high = interval_of(one.result)
        share = one.result.metrics["accuracy"]
        text = words.percent(share, 1)
        return Figure(one.run.name, share, text, low, high, is_best)
    found = one.at_best("val_accuracy")
    if found is None:
        return None
    return Figure(one.run.name, found, words.percent(found, 1), is_marked=is_best)


def _lines(findings: Findings, best: Told) -> list[str]:
    return [
        *_on_results(findings, best),
        *_on_steps(findings),
        *_on_classes(findings),
        *_on_calibration(best),
        *_on_gap(best),
        *_on_time(findings),
    ]


def _on_results(findings: Findings, best: Told) -> list[str]:
    said = [f"{_headline(findings, best)} {_step(findings, best)}".strip()]
    if best.change and best.result and (rival := _against_rival(findings)):
        said.append(rival.replace("That is", f"“{best.run.name}” is right"))
    return said


def _on_steps(findings: Findings) -> list[str]:
    """Return how many of the runs gained over the one they began from."""
    changes = [one.change for one in findings.runs if one.change]
    if len(changes) < 2:
        return []
    better = [one for one in changes if one.difference > 0]
    said = (
        f"{len(better)} of {len(changes)} runs that began from another one came out "
        "ahead of it"
    )
    tested = [one.comparison for one in changes if one.comparison]
    if not tested:
        return [f"{said}, on validation images."]
    sure = sum(one.is_more_than_chance and one.difference > 0 for one in tested)
    return [f"{said}, {sure or 'none'} by more than chance."]


def _on_classes(findings: Findings) -> list[str]:
    closer = findings.closer
    if closer is None:
        return []
    worst = closer.classes[0]
    perfect = sum(one.right == one.images for one in closer.classes)
    said = []
    if worst.right < worst.images:
        said.append(
            f"Its hardest class is {worst.name}, right on {worst.right} of "
            f"{words.count(worst.images, 'image')}; "
            f"{words.count(perfect, 'class', 'classes')} of {len(closer.classes)} "
            f"{'is' if perfect == 1 else 'are'} without a mistake."
        )
    if closer.pairs:
        pair = closer.pairs[0]
        said.append(
            f"Its most frequent confusion is {pair.label} called {pair.predicted}: "
            f"{pair.count} of {words.count(pair.of, 'image')}."
        )
    return said


def _on_calibration(best: Told) -> list[str]:
    if best.result is None or "calibration_error" not in best.result.metrics:
        return []
    error = best.result.metrics["calibration_error"]
    return [
        f"The probabilities it gives are off by {error * 100:.1f} points on average "
        "(expected calibration error)."
    ]


def _on_gap(best: Told) -> list[str]:
    train, validation = best.at_best("accuracy"), best.at_best("val_accuracy")
    if train is None or validation is None or best.gap is None:
        return []
    return [
        f"At epoch {best.best_epoch} it was right on {words.percent(train, 1)} of its "
        f"training images and on {words.percent(validation, 1)} of the validation "
        f"images, {abs(best.gap) * 100:.1f} points {_side(best.gap)}."
    ]


def _on_time(findings: Findings) -> list[str]:
    lasted = [one.seconds for one in findings.runs if one.seconds is not None]
    if not lasted:
        return []
    devices = sorted({one.run.device for one in findings.runs if one.run.device})
    where = f" on {words.listed(devices)}" if devices else ""
    many = len(lasted)
    what = "The training" if many == 1 else f"{many} trainings together"
    return [f"{what} took {words.duration(sum(lasted))}{where}."]


def _side(gap: float) -> str:
    return "fewer" if gap >= 0 else "more"
