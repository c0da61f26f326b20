"""What was to be learnt, and from which images."""

from pathlib import PurePosixPath, PureWindowsPath

from carclf import background, recorded, words
from carclf.config import Treatment
from carclf.records import SPLITS, Split
from carclf.report.document import (
    Block,
    Paragraph,
    Pictures,
    Section,
    Table,
)
from carclf.report.findings import Data, Findings
from carclf.report.shots import Album
from carclf.report.summary import class_count

_MOST_NAMED = 40


def task(findings: Findings) -> Section:
    classes = class_count(findings)
    blocks: list[Block] = []
    if classes is None:
        blocks.append(
            Paragraph(
                "Vehicles are to be told apart by their photographs. How many classes "
                "there are is not on record."
            )
        )
    else:
        what = words.count(classes, "class", "classes")
        blocks.append(
            Paragraph(
                f"A network sees one image and names the class of the vehicle in it: "
                f"one of {what}. With as many images of each, a guess would be right "
                f"{words.percent(1 / classes, 1)} of the time."
            )
        )
    if findings.data:
        names = findings.data[0].version.classes
        told = words.listed(names, _MOST_NAMED)
        blocks.append(Paragraph(f"The classes are {told}."))
    return Section("The task", "task", tuple(blocks))


def data(findings: Findings, album: Album) -> Section:
    parts = tuple(_version(one, album) for one in findings.data)
    blocks: list[Block] = []
    elsewhere = [one for one in findings.runs if one.version is None]
    if elsewhere:
        blocks.append(Paragraph(_unrecorded(findings)))
    if len(parts) == 1:
        return Section("The data", "data", (*blocks, *parts[0].blocks))
    return Section("The data", "data", tuple(blocks), parts)


def _unrecorded(findings: Findings) -> str:
    without = [one for one in findings.runs if one.version is None]
    # What a run's settings call its images, where they call them anything.
    named = {
        one.images
        for one in without
        if recorded.settings(one.run).keys() & {"data.directory", "data.version"}
    }
    who = (
        ("This run has" if len(findings.runs) == 1 else "These runs have")
        if len(without) == len(findings.runs)
        else f"{words.count(len(without), 'run has', 'runs have')}"
    )
    said = (
        f"{who} no dataset version on record, so the images themselves, their number "
        "and their labels are not known here."
    )
    if named:
        quoted = words.listed([f"“{one}”" for one in sorted(named)])
        said += f" The settings call the images {quoted}."
    return said


def _version(one: Data, album: Album) -> Section:
    version = one.version
    blocks: list[Block] = [Paragraph(_told(one))]
    blocks.append(_counts(one))
    if one.samples:
        every = len(one.samples) == len(version.classes)
        which = "each class" if every else f"{len(one.samples)} of the classes"
        blocks.append(
            Pictures(album.pictures(one.samples, "sample"), f"One image of {which}.")
        )
    return Section(f"“{version.name}”", f"data-{version.id}", tuple(blocks))


def _told(one: Data) -> str:
    """Return in sentences where a version's images came from."""
    version = one.version
    total = sum(version.counts.values())
    smallest, largest = _extremes(one)
    spread = (
        f"each with {words.count(largest, 'image')}"
        if smallest == largest
        else f"with {smallest:,} to {words.count(largest, 'image')} each"
    )
    origin = (
        f"It was made from “{one.parent}”: {origin_of(version.source)}."
        if one.parent
        else f"Its source is {origin_of(version.source)}."
    )
    left_out = (
        f"{words.count(one.left_out, 'file is', 'files are')} on its list of those "
        "left out or not treated."
        if one.left_out
        else ""
    )
    return (
        f"The dataset version “{version.name}” holds {words.count(total, 'image')} of "
        f"{words.count(len(version.classes), 'class', 'classes')}, {spread}. {origin} "
        f"{treated(version.treatment)} How it was split: {version.split_rule}. "
        f"{left_out}"
    ).strip()


def _extremes(one: Data) -> tuple[int, int]:
    sizes = [sum(splits.values()) for splits in one.by_class.values()]
    return min(sizes), max(sizes)


def _counts(one: Data) -> Table:
    """Return images by split; by class too, where these are few and uneven."""
    splits: list[Split] = [name for name in SPLITS if one.version.counts.get(name)]
    total = [f"{one.version.counts[name]:,}" for name in splits]
    everything = sum(one.version.counts.values())
    rows = [("All classes", *total, f"{everything:,}")]
    is_even = (
        len({tuple(sorted(counts.items())) for counts in one.by_class.values()}) == 1
    )
    if len(one.by_class) <= _MOST_NAMED and not is_even:
        rows += [
            (
                label,
                *(f"{counts.get(name, 0):,}" for name in splits),
                f"{sum(counts.values()):,}",
            )
            for label, counts in one.by_class.items()
        ]
    return Table(
        ("Class", *(name.capitalize() for name in splits), "Together"),
        tuple(rows),
        "Images by split" if is_even else "Images by class and split",
        marked=0,
    )


def treated(plain: dict[str, object]) -> str:
    """Return in a sentence what was done about backgrounds."""
    how = Treatment.model_validate(plain)
    if how.remover == "none":
        return "Backgrounds were left as they are."
    finder = "the data set's own boxes" if how.remover == "box" else how.remover
    if background.crops(how):
        return f"Photographs were cropped to the vehicle, found by {finder}."
    done = "blurred" if how.output == "blur" else f"filled with {how.fill}"
    return f"Backgrounds were {done}, the vehicle found by {finder}."


def origin_of(source: str) -> str:
    """Return a version's source; of a folder only its name, for others will read it."""
    is_path = source.startswith(("/", "~", "\\\\")) or source[1:3] in (":\\", ":/")
    if not is_path:
        return source
    kind = PureWindowsPath if "\\" in source else PurePosixPath
    return f"the folder “{kind(source).name}”"
