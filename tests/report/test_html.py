"""The HTML: one file, whole, valid, and safe whatever its names hold."""

import re

from carclf import report
from carclf.report import html
from tests.report.reading import Page

HOSTILE = "<script>alert(1)</script>\"'&]]>--><img src=x onerror=alert(2)>"


def test_a_page_needs_nothing_beside_it(page_of, two):
    page = page_of(*two)

    for element in page.root.iter():
        for name, value in element.attrib.items():
            if name.rpartition("}")[2] in ("src", "href", "srcset", "data", "action"):
                assert value.startswith(("#", "data:")), (element.tag, value)
    assert "@import" not in page.text
    assert "url(" not in page.text
    assert list(page.root.iter("script")) == []


def test_every_link_leads_to_a_part_of_the_page(page_of, two):
    page = page_of(*two)

    places = {one.get("id") for one in page.root.iter() if one.get("id")}
    links = {one.get("href") for one in page.root.iter() if one.tag.endswith("a")}

    assert links >= {"#task", "#results", f"#run-{two[0].id}"}
    assert {one.removeprefix("#") for one in links if one} <= places


def test_hostile_names_stay_words(lab, page_of):
    parent = lab.run(HOSTILE[:80])
    child = lab.run("</svg></style><b>x", parent=(parent, 4))
    lab.evaluation(parent, {0})
    lab.evaluation(child, {1, 2})

    page = page_of(parent, child, title=HOSTILE)

    assert page.find(".//h1").text == HOSTILE
    assert list(page.root.iter("script")) == []
    assert not [one for one in page.root.iter() if "onerror" in one.attrib]
    # The lab has a class with a tag in its name; it was read as a word, too.
    assert "Mini <b>Cooper</b>" in page.words("data")
    assert [one.text for one in page.root.iter("b") if one.text == "x"] == []


def test_letters_that_xml_has_no_place_for_are_replaced(lab, page_of):
    page = page_of(lab.run("bell \x07 rings"), lab.run("other"))

    assert "bell � rings" in page.find(
        ".//section[@id='experiments']//*[@aria-label]"
    ).get("aria-label", "")


def test_fifty_runs_make_a_page_that_opens_anywhere(lab, page_of):
    first = lab.run("run 0", epochs=60)
    runs = [first, *(lab.run(f"run {n}", 60, parent=(first, 59)) for n in range(1, 50))]
    for place, run in enumerate(runs):
        lab.evaluation(run, {place % 12, 3})

    page = page_of(*runs)

    assert len(page.text) < 2_000_000
    assert len(page.table("numbers")) == 50


def test_a_page_is_written_whole_and_replaced(lab, two, tmp_path):
    target = tmp_path / "out" / "report.html"
    document = report.make(lab.settings, [run.id for run in two])

    for _ in range(2):
        report.write(lab.settings, document, target, "html")

    assert Page(target.read_text()).lead()
    assert [one.name for one in target.parent.iterdir()] == ["report.html"]
    assert re.search(r"data:image/jpeg;base64,/9j/", target.read_text())


def test_the_page_says_by_what_it_was_written(lab, two):
    document = report.make(lab.settings, [two[0].id])

    assert 'name="generator" content="carclf' in html.render(lab.settings, document)
