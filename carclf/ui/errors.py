"""From an exception to words on the screen; the one place that catches everything."""

import functools
import html
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import gradio as gr

from carclf.errors import CarclfError

_log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")


def shown_to_user(handler: Callable[P, R]) -> Callable[P, R]:
    """Turn whatever a handler raises into a pop-up in plain words.

    Not for generators: their body runs after the wrapper has returned.
    """

    @functools.wraps(handler)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return handler(*args, **kwargs)
        except gr.Error:
            raise
        except CarclfError as error:
            raise _popup(str(error)) from error
        except Exception as error:
            _log.exception("%s failed", handler.__name__)
            raise _popup(
                f"Something went wrong in carclf ({type(error).__name__}), and nothing "
                "of yours was changed by it. Reload the page and try again; if it "
                "happens twice, the terminal that runs carclf shows the details to "
                "report."
            ) from error

    return guarded


def _popup(text: str) -> gr.Error:
    # gr.Error renders HTML, and the text may quote a file name or a class.
    return gr.Error(html.escape(text), duration=12, print_exception=False)
