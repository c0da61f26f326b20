"""Make, model, body and year, as class names tell them and a file may correct them."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from carclf.errors import DatasetError
from carclf.settings import Settings

Part = Literal["make", "model", "body", "year"]
PARTS: tuple[Part, ...] = get_args(Part)
COLUMNS = ("class", *PARTS)
# In a file: the class has no such part, whatever its name seems to tell.
NONE = "-"

# Any other make is one word, and told by its place before a body or a year.
_MAKES = (
    *("AC", "AM General", "Acura", "Alfa Romeo", "Aston Martin", "Audi", "BMW"),
    *("BYD", "Bentley", "Bugatti", "Buick", "Cadillac", "Chevrolet", "Chrysler"),
    *("Citroen", "Citroën", "Cupra", "DS", "Dacia", "Daewoo", "Daihatsu"),
    *("De Tomaso", "Dodge", "Eagle", "FIAT", "Ferrari", "Fisker", "Ford", "GMC"),
    *("Genesis", "Geo", "Great Wall", "HUMMER", "Honda", "Hyundai", "Infiniti"),
    *("Isuzu", "Iveco", "Jaguar", "Jeep", "Kia", "Koenigsegg", "Lada", "Lamborghini"),
    *("Lancia", "Land Rover", "Lexus", "Lincoln", "Lotus", "Lucid", "Lynk & Co"),
    *("MG", "MINI", "Maserati", "Maybach", "Mazda", "McLaren", "Mercedes Benz"),
    *("Mercedes-Benz", "Mercury", "Mitsubishi", "Nissan", "Oldsmobile", "Opel"),
    *("Pagani", "Peugeot", "Plymouth", "Polestar", "Pontiac", "Porsche", "Ram"),
    *("Range Rover", "Renault", "Rivian", "Rolls Royce", "Rolls-Royce", "Saab"),
    *("Saturn", "Scion", "Seat", "Skoda", "Škoda", "smart", "Spyker", "SsangYong"),
    *("Subaru", "Suzuki", "Tata", "Tesla", "Toyota", "Vauxhall", "Volkswagen", "Volvo"),
)
_BODIES = (
    *("Cabriolet", "Convertible", "Coupe", "Coupé", "Estate", "Fastback"),
    *("Hatchback", "Limousine", "Roadster", "SUV", "Sedan", "Targa", "Wagon"),
    *("Bus", "Cargo Van", "Minibus", "Minivan", "Passenger Van", "Truck", "Van"),
    *("Club Cab", "Crew Cab", "Double Cab", "Extended Cab", "King Cab", "Mega Cab"),
    *("Pickup", "Quad Cab", "Regular Cab", "Single Cab", "SuperCab", "SuperCrew"),
)
_YEAR = re.compile(r"(?:^|\s)((?:19|20)\d\d)$")


def _any_of(words: Iterable[str]) -> str:
    # Longest first: “Cargo Van” is a body of its own, and not a “Van”.
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_MAKE = re.compile(rf"({_any_of(_MAKES)})(?=\s|$)", re.IGNORECASE)
_BODY = re.compile(rf"(?:^|\s)({_any_of(_BODIES)})$", re.IGNORECASE)


@dataclass(frozen=True)
class Vehicle:
    """What a class is of; a part is None where it is not told."""

    make: str | None = None
    model: str | None = None
    body: str | None = None
    year: str | None = None


@dataclass(frozen=True)
class Hierarchy:
    """What class names tell, and what a file says instead."""

    corrections: Mapping[str, Vehicle]

    def of(self, name: str) -> Vehicle:
        return self.corrections.get(name) or parse(name)


@lru_cache(maxsize=4096)
def parse(name: str) -> Vehicle:
    """Return what a name such as “Land Rover LR2 SUV 2012” tells, in its spelling.

    A make that is not known is taken to be the first word, but only where body or
    year show that the name is built so: “Baja Bug” is a model, and no “Bug” of Baja.
    """
    rest, year = _cut_end(_YEAR, name.strip())
    rest, body = _cut_end(_BODY, rest)
    known = _MAKE.match(rest)
    if known:
        make, rest = known[1], rest[known.end() :].strip()
    elif (year or body) and " " in rest:
        make, rest = rest.split(maxsplit=1)
    else:
        make = None
    return Vehicle(make, rest or None, body, year)


def _cut_end(pattern: re.Pattern[str], text: str) -> tuple[str, str | None]:
    found = pattern.search(text)
    return (text[: found.start()].rstrip(), found[1]) if found else (text, None)


def place(settings: Settings) -> Path:
    """Return where the user's corrections lie, if there are any."""
    return settings.data / "hierarchy.csv"


def load(settings: Settings) -> Hierarchy:
    """Return the hierarchy with its corrections: the user's, before our own.

    Raises:
        DatasetError: As `read`.
    """
    corrections = read(settings.assets / "hierarchy.csv")
    own = place(settings)
    if own.is_file():
        corrections |= read(own)
    return Hierarchy(corrections)


def save(settings: Settings, source: Path) -> dict[str, Vehicle]:
    """Take a file's corrections in place of those there were; return them.

    Raises:
        DatasetError: As `read`; those there were stay.
    """
    corrections = read(source)
    target = place(settings)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".part")
    draft.write_bytes(source.read_bytes())
    draft.replace(target)
    return corrections


def forget(settings: Settings) -> None:
    """Go back to what names tell."""
    place(settings).unlink(missing_ok=True)


def read(path: Path) -> dict[str, Vehicle]:
    """Return the corrections of a CSV file by class.

    Its columns are `class` and any of make, model, body and year. An empty cell leaves
    what the name tells; a `-` says that there is no such part.

    Raises:
        DatasetError: It cannot be read, or a line cannot be understood.
    """
    lines = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    found: dict[str, Vehicle] = {}
    try:
        _check_columns(path, lines.fieldnames or ())
        for line in lines:
            name = (line["class"] or "").strip()
            where = f"{path.name}, line {lines.line_num}"
            if not name:
                raise DatasetError(f"{where}: the column class is empty. Name a class.")
            if name in found:
                raise DatasetError(
                    f"{where}: “{name}” stands there twice. Keep one of the lines."
                )
            found[name] = _corrected(where, name, line)
    except csv.Error as error:
        raise DatasetError(f"{path.name} is damaged as a CSV file: {error}.") from error
    return found


def lines(names: Iterable[str], hierarchy: Hierarchy) -> list[list[str]]:
    """Return what is known of classes, in the columns and cells that `read` takes."""
    return [
        [name, *(getattr(hierarchy.of(name), part) or NONE for part in PARTS)]
        for name in names
    ]


def _text(path: Path) -> str:
    try:
        # As Excel writes it, with a mark at its start, too.
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path.name} is not text in UTF-8. Save it as “CSV UTF-8”."
        ) from error
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be read: {error.strerror}. Check the path."
        ) from error


def _check_columns(path: Path, columns: Iterable[str]) -> None:
    given = list(columns)
    if "class" not in given:
        raise DatasetError(
            f"{path.name} has no column “class” in its first line. It needs one, and "
            f"any of {', '.join(PARTS)}, with commas between them."
        )
    unknown = [name for name in given if name not in COLUMNS]
    if unknown:
        raise DatasetError(
            f"{path.name} has a column “{unknown[0]}”, which is none of "
            f"{', '.join(COLUMNS)}. Rename or remove it."
        )


def _corrected(where: str, name: str, line: Mapping[str, str | None]) -> Vehicle:
    if None in line:
        raise DatasetError(
            f"{where}: there are more cells than columns. Put quotes around a name "
            "that holds a comma."
        )
    told = parse(name)
    parts: dict[str, str | None] = {}
    for part in PARTS:
        cell = (line.get(part) or "").strip()
        parts[part] = None if cell == NONE else cell or getattr(told, part)
    year = parts["year"]
    if year is not None and not re.fullmatch(r"\d{4}", year):
        raise DatasetError(
            f"{where}: the year of “{name}” is “{year}”. Give four digits, or leave "
            "the cell empty."
        )
    return Vehicle(**parts)
