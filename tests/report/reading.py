"""Reading a report back, as a browser would."""

from xml.etree import ElementTree

import html5lib


class Page:
    """A page that was written, parsed by the rules of HTML and nothing looser."""

    def __init__(self, text: str) -> None:
        self.text = text
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        self.root: ElementTree.Element = parser.parse(text)

    def words(self, anchor: str = "") -> str:
        """Return what can be read, of the whole page or of one section."""
        root = self.find(f".//section[@id='{anchor}']") if anchor else self.root
        return " ".join(" ".join(root.itertext()).split())

    def lead(self) -> str:
        return " ".join(self.find(".//p[@class='lead']").itertext())

    def tables(self, anchor: str) -> list[list[list[str]]]:
        """Return the tables of a section, row by row, the headings first."""
        section = self.find(f".//section[@id='{anchor}']")
        return [
            [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]
            for table in section.iter("table")
        ]

    def table(self, anchor: str, place: int = 0) -> dict[str, dict[str, str]]:
        """Return one table by its first column, each row by its headings."""
        head, *rows = self.tables(anchor)[place]
        return {row[0]: dict(zip(head, row, strict=True)) for row in rows}

    def find(self, path: str) -> ElementTree.Element:
        found = self.root.find(path)
        assert found is not None, path
        return found
