"""A report as one HTML file that needs nothing beside it."""

from base64 import b64encode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from carclf import __version__
from carclf.report.document import Block, Document, Picture, printable
from carclf.settings import Settings


def render(settings: Settings, document: Document) -> str:
    """Return the page; every text in it is escaped, charts and pictures are inside."""
    folder = settings.assets / "report"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["data_uri"] = _data_uri
    environment.filters["kind"] = _kind
    # The charts' colours first: the page's own dark and printed ones come after.
    style = "\n".join(
        (folder / name).read_text(encoding="utf-8")
        for name in ("chart.css", "page.css")
    )
    return environment.get_template("page.html").render(
        document=document, style=style, generator=f"carclf {__version__}"
    )


def _printable(value: object) -> object:
    # What is marked as safe was made by a library that escapes.
    is_plain = isinstance(value, str) and not hasattr(value, "__html__")
    return printable(str(value)) if is_plain else value


def _kind(block: Block) -> str:
    return type(block).__name__


def _data_uri(picture: Picture) -> str:
    assert picture.jpeg is not None
    return f"data:image/jpeg;base64,{b64encode(picture.jpeg).decode('ascii')}"
