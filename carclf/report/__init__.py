"""A report of chosen runs, to be read by people: one HTML file, or Markdown.

What stands in it is gathered from the store, put into words once, and written in
either form. No number of it comes from elsewhere.
"""

import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Literal

from carclf import __version__, images, words
from carclf.errors import CarclfError
from carclf.report import (
    appendix,
    html,
    markdown,
    material,
    method,
    results,
    summary,
    trainings,
)
from carclf.report.document import Document, Section
from carclf.report.findings import Findings
from carclf.report.gather import gather
from carclf.report.shots import Album
from carclf.settings import Settings
from carclf.store import now

__all__ = ["Form", "form_of", "make", "pack", "write"]

Form = Literal["html", "folder", "zip"]


def make(settings: Settings, run_ids: Sequence[int], title: str = "") -> Document:
    """Return the report of some runs, as the store tells of them now.

    Args:
        title: Empty: one is made from the runs.

    Raises:
        StoreError: There is no such run, or none was named.
    """
    findings = gather(settings, run_ids)
    return Document(
        title=title.strip() or _title(findings),
        byline=_byline(findings),
        opening=summary.opening(findings),
        sections=_sections(findings, Album(settings)),
    )


def _sections(findings: Findings, album: Album) -> tuple[Section, ...]:
    return (
        material.task(findings),
        material.data(findings, album),
        method.workflow(findings),
        method.experiments(findings),
        trainings.section(findings),
        results.section(findings, album),
        summary.conclusion(findings),
        appendix.section(findings),
    )


def form_of(to: Path, *, is_markdown: bool = False) -> Form:
    """Return what a path asks for: HTML, or Markdown in a folder or an archive.

    Raises:
        CarclfError: It has another ending, or asks for Markdown in an HTML file.
    """
    suffix = to.suffix.lower()
    if suffix in (".html", ".htm"):
        if is_markdown:
            raise CarclfError(
                f"{to.name} is an HTML file, and Markdown was asked for. Give a folder "
                "or a .zip, or leave --markdown out."
            )
        return "html"
    if suffix == ".zip":
        return "zip"
    if suffix and not to.is_dir():
        raise CarclfError(
            f"A report is written to a .html, a .zip or a folder, not to {to.name}."
        )
    return "folder"


def write(settings: Settings, document: Document, to: Path, form: Form) -> None:
    """Write a report; a file of that name is replaced, whole or not at all.

    Raises:
        CarclfError: The place cannot be written to.
    """
    try:
        if form == "html":
            images.write_bytes(to, html.render(settings, document).encode())
        elif form == "zip":
            images.write_bytes(to, pack(settings, document, to.stem))
        else:
            for name, data in markdown.files(settings, document).items():
                images.write_bytes(to / name, data)
    except OSError as error:
        raise CarclfError(
            f"The report cannot be written to {to}: {error.strerror}. Choose another "
            "place with --to."
        ) from error


def pack(settings: Settings, document: Document, folder: str) -> bytes:
    """Return an archive of the Markdown and its images, in a folder of that name."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in markdown.files(settings, document).items():
            archive.writestr(f"{folder}/{name}", data)
    return packed.getvalue()


def _title(findings: Findings) -> str:
    names = [f"“{one.run.name}”" for one in findings.runs]
    if len(names) <= 2:
        return f"Report on {words.listed(names)}"
    return f"Report on {words.count(len(names), 'run')}"


def _byline(findings: Findings) -> str:
    made = words.date(now())
    many = words.count(len(findings.runs), "run")
    return f"{made} · {many} · written by carclf {__version__} from its records"
