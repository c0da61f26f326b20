"""Where photographs come from: a folder, an archive, an address, a bucket, the sample.

`parse` says what a text names, `gathering.gather` makes one folder of it.
"""

from carclf.datasets.sources.access import USUAL, Access
from carclf.datasets.sources.source import Kind, Source, nowhere, parse

__all__ = ["USUAL", "Access", "Kind", "Source", "nowhere", "parse"]
