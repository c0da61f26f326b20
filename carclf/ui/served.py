"""Files for the browser to fetch from where they lie, each named before."""

from functools import cache
from pathlib import Path

import gradio as gr


def offer(path: Path) -> str:
    """Return what gr.DownloadButton takes for a file that is not to be copied.

    Gradio copies what a handler returns into its cache, unless it lies at a place it
    serves anyway. From now on it serves this file, and nothing beside it.
    """
    _serve(path)
    return str(path)


@cache
def _serve(path: Path) -> None:
    gr.set_static_paths([path])
