"""The Markdown: readable as it stands, with its images beside it."""

import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from carclf import images, report
from carclf.errors import CarclfError
from carclf.report import markdown

HOSTILE = "a | b <script>x</script> [l](http://e) ![i](j) `c` *d* _e_ # @f"


@pytest.fixture
def folder(lab, two, tmp_path):
    document = report.make(lab.settings, [run.id for run in two])
    report.write(lab.settings, document, tmp_path / "out", "folder")
    return tmp_path / "out"


def rendered(text):
    """Return the HTML that a reader like GitHub's makes of it."""
    return MarkdownIt("gfm-like", {"linkify": False}).render(text)


def test_every_image_lies_beside_the_text_and_opens(folder):
    page = rendered((folder / "report.md").read_text())

    linked = re.findall(r'<img src="([^"]+)"', page)

    assert {"images/tree.svg", "images/sample-001.jpg"} <= set(linked)
    assert {folder / one for one in linked} == {*(folder / "images").iterdir()}
    for one in linked:
        if one.endswith(".svg"):
            ElementTree.parse(folder / one)
        else:
            assert images.read_rgb(folder / one).shape[2] == 3


def test_the_text_has_the_numbers_of_the_page(folder, page_of, two):
    page = page_of(*two)

    read = " ".join(
        re.sub(r"<[^>]+>", " ", rendered((folder / "report.md").read_text())).split()
    )

    assert page.lead() in read
    for cell in page.table("numbers")["tuned"].values():
        assert cell in read


@pytest.mark.parametrize(
    "text",
    [HOSTILE, "# not a heading", "1. not a list", "- nor this", "> nor that", "+ x",
     "<b>x</b>", "a\\|b", "&lt; is four letters", "```", "***", "=== ", ":car: $x$"],
)  # fmt: skip
def test_hostile_text_stays_text(text):
    page = rendered(markdown.escaped(text))

    assert re.fullmatch(r"<p>[^<]*</p>\n", page), page
    shown = page.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert shown == f"<p>{' '.join(text.split())}</p>\n".replace('"', "&quot;")


def test_a_hostile_name_breaks_no_table(lab, tmp_path):
    run, other = lab.run(HOSTILE), lab.run("other")
    document = report.make(lab.settings, [run.id, other.id])

    page = rendered(markdown.files(lab.settings, document)["report.md"].decode())

    for table in re.findall(r"<table>.*?</table>", page, re.DOTALL):
        widths = {
            row.count("</t") for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
        }
        assert len(widths) == 1
    assert "<script>" not in page
    assert 'href="http://e"' not in page


def test_an_archive_holds_the_folder(lab, two, tmp_path):
    document = report.make(lab.settings, [run.id for run in two])

    report.write(lab.settings, document, tmp_path / "cars.zip", "zip")

    with zipfile.ZipFile(BytesIO((tmp_path / "cars.zip").read_bytes())) as packed:
        assert packed.testzip() is None
        names = packed.namelist()
    assert "cars/report.md" in names
    assert all(name.startswith("cars/") for name in names)


@pytest.mark.parametrize(
    ("name", "is_markdown", "form"),
    [("a.html", False, "html"), ("a.HTM", False, "html"), ("a.zip", True, "zip"),
     ("a.zip", False, "zip"), ("folder", True, "folder"), ("folder", False, "folder")],
)  # fmt: skip
def test_the_ending_says_what_is_written(tmp_path, name, is_markdown, form):
    assert report.form_of(tmp_path / name, is_markdown=is_markdown) == form


@pytest.mark.parametrize(("name", "is_markdown"), [("a.html", True), ("a.pdf", False)])
def test_an_ending_that_makes_no_sense_is_refused(tmp_path, name, is_markdown):
    with pytest.raises(CarclfError, match=re.escape(name)):
        report.form_of(tmp_path / name, is_markdown=is_markdown)


def test_a_place_that_cannot_be_written_to_is_named(lab, two, tmp_path):
    (tmp_path / "file").write_text("in the way")
    document = report.make(lab.settings, [two[0].id])

    with pytest.raises(CarclfError, match="cannot be written to"):
        report.write(lab.settings, document, tmp_path / "file" / "a.html", "html")
