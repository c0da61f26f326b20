"""What class names tell of make, model, body and year, and what a file corrects."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carclf import hierarchy
from carclf.errors import DatasetError
from carclf.hierarchy import Vehicle
from carclf.settings import PROJECT

SILENT = hierarchy.read(PROJECT / "assets" / "hierarchy.csv")


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a file of corrections."""

    def write(text, encoding="utf-8"):
        path = tmp_path / "mine.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.fixture(scope="module")
def stanford_cars():
    table = PROJECT.parent / "shared" / "data" / "cars_crops" / "labels.csv"
    if not table.is_file():
        pytest.skip("the folder ../shared is not here")
    with table.open(encoding="utf-8") as file:
        return sorted({line["class"] for line in csv.DictReader(file)})


@pytest.mark.parametrize(
    ("name", "make", "model", "body", "year"),
    [
        ("AM General Hummer SUV 2000", "AM General", "Hummer", "SUV", "2000"),
        ("Land Rover Range Rover SUV 2012", "Land Rover", "Range Rover", "SUV", "2012"),
        ("Ram C/V Cargo Van Minivan 2012", "Ram", "C/V Cargo Van", "Minivan", "2012"),
        *(
            (f"{make} {model} {body} {year}", make, model, body, year)
            for make, model, body, year in [
                ("Aston Martin", "V8 Vantage", "Coupe", "2012"),
                ("Audi", "TT RS", "Coupe", "2012"),
                ("BMW", "ActiveHybrid 5", "Sedan", "2012"),
                ("Bugatti", "Veyron 16.4", "Convertible", "2009"),
                ("Chevrolet", "Express", "Cargo Van", "2007"),
                ("Chevrolet", "Silverado 1500", "Extended Cab", "2012"),
                ("Dodge", "Ram Pickup 3500", "Crew Cab", "2010"),
                ("Ferrari", "458 Italia", "Coupe", "2012"),
                ("Ford", "E-Series Wagon", "Van", "2012"),
                ("Ford", "Ranger", "SuperCab", "2011"),
                ("HUMMER", "H2 SUT", "Crew Cab", "2009"),
                ("Lincoln", "Town Car", "Sedan", "2011"),
                ("Mercedes-Benz", "C-Class", "Sedan", "2012"),
                ("Rolls-Royce", "Phantom Drophead Coupe", "Convertible", "2012"),
                ("smart", "fortwo", "Convertible", "2012"),
            ]
        ),
        ("Dodge Challenger SRT8 2011", "Dodge", "Challenger SRT8", None, "2011"),
        # A make that no list holds, in a name that is built the same way.
        ("Zastava Koral Hatchback 1988", "Zastava", "Koral", "Hatchback", "1988"),
    ],
)
def test_a_name_tells_its_parts(name, make, model, body, year):
    assert hierarchy.parse(name) == Vehicle(make, model, body, year)


@pytest.mark.parametrize("name", ["Baja Bug", "Stock Car 1", "Open Wheel"])
def test_a_name_that_tells_nothing_is_a_model(name):
    assert hierarchy.parse(name) == Vehicle(model=name)


def test_every_name_of_stanford_cars_is_told_whole(stanford_cars):
    for name in stanford_cars:
        told = hierarchy.parse(name)
        parts = [told.make, told.model, told.body, told.year]

        assert " ".join(part for part in parts if part) == name
        assert None not in (told.make, told.model, told.year)
        assert (told.body is None) == (name in SILENT)
    assert len(stanford_cars) == 156


@given(st.text(max_size=40))
def test_nothing_of_any_name_is_lost(name):
    told = hierarchy.parse(name)
    parts = [told.make, told.model, told.body, told.year]

    told_all = " ".join(part for part in parts if part)
    assert told_all.split() == name.split()


def test_bodies_that_no_name_tells_come_with_carclf(settings):
    known = hierarchy.load(settings)

    assert known.of("Dodge Challenger SRT8 2011").body == "Coupe"
    assert known.of("Dodge Challenger SRT8 2011").model == "Challenger SRT8"
    assert known.of("Baja Bug") == Vehicle(model="Baja Bug")


def test_a_file_corrects_what_it_says_and_leaves_the_rest(settings, written):
    mine = written("class,make,body\nBaja Bug,Volkswagen,\nBlue Van 2012,Tata,-\n")

    hierarchy.save(settings, mine)

    known = hierarchy.load(settings)
    assert known.of("Baja Bug") == Vehicle("Volkswagen", "Baja Bug")
    assert known.of("Blue Van 2012") == Vehicle("Tata", "Blue", None, "2012")
    hierarchy.forget(settings)
    assert hierarchy.load(settings).of("Baja Bug") == Vehicle(model="Baja Bug")


def test_what_is_written_can_be_read_again(settings, tmp_path):
    names = ["Baja Bug", 'A "B", C SUV 2012', "Audi TT RS Coupe 2012"]
    known = hierarchy.load(settings)

    with (tmp_path / "all.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([hierarchy.COLUMNS, *hierarchy.lines(names, known)])

    read = hierarchy.read(tmp_path / "all.csv")
    assert read == {name: known.of(name) for name in names}


def test_a_file_as_excel_saves_it_is_read(written):
    mine = written("class,year\r\nCitroën 2CV,1960\r\n", "utf-8-sig")

    assert hierarchy.read(mine)["Citroën 2CV"].year == "1960"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no column “class”"),
        ("name;make\nA;B\n", "has no column “class”"),
        ("class,maker\nA,B\n", "a column “maker”, which is none of class, make"),
        ("class,make\n,Audi\n", "mine.csv, line 2: the column class is empty"),
        ("class,make\nA,B\nA,C\n", "line 3: “A” stands there twice"),
        ("class,year\nA,12\n", "line 2: the year of “A” is “12”. Give four digits"),
        ("class,make\nA,B,C\n", "there are more cells than columns"),
        ('class,make\n"A,B\n', "is damaged as a CSV file"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_in_words(written, text, said):
    with pytest.raises(DatasetError, match=said):
        hierarchy.read(written(text))


def test_text_of_another_encoding_is_refused(written):
    with pytest.raises(DatasetError, match="not text in UTF-8"):
        hierarchy.read(written("class,make\nA,Citroën\n", "latin-1"))


def test_a_refused_file_leaves_the_one_before(settings, written):
    hierarchy.save(settings, written("class,make\nA,Audi\n"))

    with pytest.raises(DatasetError):
        hierarchy.save(settings, written("class,maker\nA,B\n"))

    assert hierarchy.load(settings).of("A").make == "Audi"
