"""Tells a person outside the page that a training has ended."""

import gradio as gr
from gradio.events import api

from carclf import metrics
from carclf.settings import Settings
from carclf.store import connect, jobs, runs
from carclf.ui.errors import shown_to_user

# Gradio's timers stand still while the page is out of sight, which is just when
# somebody wants to be told. What is asked is kept, so that a reload does not end it.
WATCH = """() => {
  if (!('Notification' in window)) return;
  const EVERY_MS = 5000;
  let last = null;
  const look = async () => {
    if (localStorage.getItem('carclf-tell') !== 'yes') { last = null; return; }
    if (Notification.permission !== 'granted') return;
    const answer = await fetch('gradio_api/run/last_ended', {
      method: 'POST', headers: {'Content-Type': 'application/json'},
      body: JSON.stringify({data: []}),
    }).catch(() => null);
    if (!answer?.ok) return;
    const [ended] = (await answer.json()).data;
    if (last !== null && ended.at > last)
      new Notification(ended.title, {body: ended.text, tag: 'carclf'});
    last = ended.at;
  };
  look();
  setInterval(look, EVERY_MS);
  addEventListener('carclf-tell', look);
}"""
_SWITCH = """<label class="switch"><input type="checkbox">
<span>Tell me when a training ends</span></label>"""
_ASK = """
const box = element.querySelector('input');
if (!('Notification' in window)) element.hidden = true;
else {
  const kept = () => localStorage.getItem('carclf-tell') === 'yes';
  box.checked = kept() && Notification.permission === 'granted';
  box.addEventListener('change', async () => {
    if (box.checked && await Notification.requestPermission() !== 'granted')
      box.checked = false;
    localStorage.setItem('carclf-tell', box.checked ? 'yes' : 'no');
    dispatchEvent(new Event('carclf-tell'));
  });
}
"""


def watch(settings: Settings, page: gr.Blocks) -> None:
    """Let the page notice the end of a training, whatever tab is open."""

    def ask() -> dict[str, str]:
        return last_ended(settings)

    # Without the queue, so that a script may ask with a single request.
    api(ask, api_name="last_ended", queue=False, api_visibility="private")
    page.load(js=WATCH)


def switch() -> gr.HTML:
    """Return the check box that asks for it; the browser asks for permission once."""
    return gr.HTML(_SWITCH, js_on_load=_ASK, apply_default_css=False)


@shown_to_user
def last_ended(settings: Settings) -> dict[str, str]:
    """Return the training that ended last: when, and what became of it in words."""
    with connect(settings.db_path) as db:
        ended = [job for job in jobs.every(db) if job.kind == "train" and job.ended_at]
        if not ended:
            return {"at": "", "title": "", "text": ""}
        last = max(ended, key=lambda job: job.ended_at or "")
        history = runs.history(db, last.run_id) if last.run_id else []
    accuracies = [
        epoch.metrics["val_accuracy"]
        for epoch in history
        if "val_accuracy" in epoch.metrics
    ]
    best = metrics.text("val_accuracy", max(accuracies, default=None))
    return {
        "at": last.ended_at or "",
        "title": f"{last.title}: {last.status}",
        "text": last.reason or f"Validation accuracy {best}",
    }
