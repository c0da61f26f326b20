"""The run tree: which run began where another had got to, and what came of it."""

import re
from collections.abc import Sequence
from html import escape

import gradio as gr

from carclf import recorded, words
from carclf.records import Run
from carclf.ui import cards, choices, metrics
from carclf.ui.lineage import Relative, gain

# A click on a run is a `select` whose index is the run's id.
_CLICKS = """
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-run]');
  if (button) trigger('select', {index: Number(button.dataset.run), value: 'run'});
});
"""


def create() -> gr.HTML:
    """Return an empty tree, to be filled with `draw(...)`."""
    return gr.HTML(js_on_load=_CLICKS, apply_default_css=False)


def draw(family: Sequence[Relative], chosen: Sequence[int]) -> str:
    """Return all runs as a tree, oldest first; the chosen ones stand out."""
    if not family:
        return cards.empty("No run yet", "Train one, then fine-tune from it.")
    by_id = {one.run.id: one for one in family}
    children: dict[int | None, list[Relative]] = {}
    for one in sorted(family, key=lambda one: one.run.id):
        parent_id = one.run.parent_id if one.run.parent_id in by_id else None
        children.setdefault(parent_id, []).append(one)

    def node(one: Relative) -> str:
        parent = by_id.get(one.run.parent_id or 0)
        below = "".join(
            f"<li>{node(child)}</li>" for child in children.get(one.run.id, [])
        )
        below = f"<ul>{below}</ul>" if below else ""
        return f"{_node(one, parent, one.run.id in chosen)}{below}"

    roots = "".join(f"<ul><li>{node(one)}</li></ul>" for one in children[None])
    return f'<div class="tree" role="group" aria-label="Run tree">{roots}</div>'


def _node(one: Relative, parent: Relative | None, is_chosen: bool) -> str:
    run = one.run
    pressed = "true" if is_chosen else "false"
    origin = _origin(run, parent)
    background = "" if one.background == "none" else f" · background {one.background}"
    return (
        f'<button type="button" data-run="{run.id}" aria-pressed="{pressed}"'
        f' class="node {run.status}"><b>{escape(run.name)}</b>'
        f'<span class="badge {run.status}">{run.status}</span>'
        f"<strong>{escape(_accuracy(one))}</strong>{_gain(one, parent)}"
        f"<small>{escape(f'{recorded.network(run)} from {origin} · {one.images}')}"
        f"{escape(background)}</small></button>"
    )


def _origin(run: Run, parent: Relative | None) -> str:
    """Return where a run began, in words."""
    if parent is not None:
        return f"epoch {run.parent_epoch}"
    weights = recorded.weights(run)
    if weights is None:
        return f"weights {recorded.NOT_RECORDED}"
    # Of a file elsewhere, its folder and its name tell what it was.
    return "/".join(re.split(r"[\\/]", choices.origin(weights))[-2:])


def _accuracy(one: Relative) -> str:
    if one.test is not None:
        return f"{words.percent(one.test.metrics['accuracy'], 1)} test"
    validation = one.best("val_accuracy")
    if validation is None:
        return "no accuracy yet"
    return f"{words.percent(validation, 1)} validation"


def _gain(one: Relative, parent: Relative | None) -> str:
    found = gain(one, parent) if parent else None
    if found is None:
        return "<em></em>"
    difference, where = found
    tone = "up" if difference > 0 else "down"
    return (
        f'<em class="{tone}" title="On {where} images, against its parent">'
        f"{metrics.points(difference)}</em>"
    )
