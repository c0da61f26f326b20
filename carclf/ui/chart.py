"""A plotly chart that keeps its zoom, and its place, when its numbers change.

gr.Plot builds a new chart for every value: a zoom is lost at each epoch, and the
page jumps. Here plotly's own `react` redraws the one that stands.
"""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import plotly
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

Figure = dict[str, Any]

_PLOTLY_JS = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"

_LAYOUT: dict[str, Any] = {
    "paper_bgcolor": "rgba(0, 0, 0, 0)",
    "plot_bgcolor": "rgba(0, 0, 0, 0)",
    "margin": {"l": 48, "r": 12, "t": 32, "b": 40},
    "template": "none",
}
_PLACE = (
    '<div class="chart" role="img" data-until-then="{until_then}"'
    ' style="height: {height}px"></div>'
)
# The colours are the page's own, read anew when it turns dark or light.
_DRAW = """
const box = element.querySelector('.chart');
const page = name => getComputedStyle(document.body).getPropertyValue(name).trim();
function draw() {
  if (!props.value) {
    Plotly.purge(box);
    // Forgets what plotly left, so that the words for an empty chart appear, and its
    // clicks are listened to anew.
    box.replaceChildren();
    box.classList.remove('js-plotly-plot');
    box.setAttribute('aria-label', box.dataset.untilThen);
    return;
  }
  const figure = JSON.parse(JSON.stringify(props.value));
  const layout = figure.layout;
  const ink = page('--body-text-color'), line = page('--border-color-primary');
  layout.font = {family: page('--font'), size: 12, color: ink, ...layout.font};
  layout.hoverlabel = {
    bgcolor: page('--background-fill-primary'), bordercolor: line,
    font: {color: ink, family: page('--font'), size: 12},
  };
  layout.modebar = {
    bgcolor: 'transparent', color: ink, activecolor: page('--color-accent'),
  };
  for (const name of Object.keys(layout).filter(name => /^[xy]axis/.test(name)))
    Object.assign(layout[name], {gridcolor: line, linecolor: line, zeroline: false});
  const isSelectable = ['lasso', 'select'].includes(layout.dragmode);
  // A finger that scrolls the page must not draw a zoom box.
  if (matchMedia('(pointer: coarse)').matches) layout.dragmode = false;
  box.setAttribute('aria-label', layout.meta || '');
  const first = !box.classList.contains('js-plotly-plot');
  Plotly.react(box, figure.data, layout, {
    displayModeBar: isSelectable, displaylogo: false, responsive: true,
    modeBarButtons: [['lasso2d', 'select2d', 'zoom2d', 'pan2d', 'resetScale2d']],
  });
  if (!first) return;
  box.on('plotly_click', event => trigger('select', {
    index: event.points[0].pointNumber, value: event.points[0].customdata,
  }));
  // Drawn anew, a chart says that nothing is selected, which nobody meant.
  box.on('plotly_selected', event => event?.points?.length && trigger('select', {
    index: null, value: event.points.map(point => point.customdata),
  }));
  box.on('plotly_deselect', () => trigger('select', {index: null, value: []}));
}
watch('value', draw);
new MutationObserver(draw).observe(
  document.body, {attributes: true, attributeFilter: ['class']});
new ResizeObserver(() => {
  if (box.offsetWidth && box.classList.contains('js-plotly-plot'))
    Plotly.Plots.resize(box);
}).observe(box);
draw();
"""


def create(until_then: str, height: int = 280) -> gr.HTML:
    """Return an empty place for a chart, to be filled with `figure(...)`.

    A click on a point is a `select` whose value is the point's `customdata`. Where the
    layout's `dragmode` is `lasso` or `select`, so is what was drawn around points; its
    value is the list of theirs, and empty when it was taken away.

    Args:
        until_then: What stands there while there is nothing to draw.
        height: In pixels; the width is the page's to give.
    """
    gr.set_static_paths(_PLOTLY_JS)
    return gr.HTML(
        value=None,
        html_template=_PLACE.format(height=height, until_then=escape(until_then)),
        js_on_load=_DRAW,
        apply_default_css=False,
        head=f'<script src="gradio_api/file={_PLOTLY_JS}"></script>',
    )


def figure(traces: Sequence[BaseTraceType], words: str, **layout: Any) -> Figure:
    """Return a figure as plain data, in the manner of all charts here.

    Args:
        words: What a screen reader says in place of the drawing.
    """
    drawn = go.Figure(traces, go.Layout(meta=words, **{**_LAYOUT, **layout}))
    plain: Figure = json.loads(drawn.to_json(validate=False))
    return plain
