"""Tells an address of the user's own how a training ended."""

import http.client
import json
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from typing import Any
from urllib.parse import unquote, urlsplit

from carclf import store, words
from carclf.records import Job
from carclf.settings import Settings
from carclf.store import jobs, notes, runs

TIMEOUT_S = 10.0


class _Stay(urllib.request.HTTPRedirectHandler):
    """Sends the outcome nowhere but to the address that was given."""

    def redirect_request(self, *_: Any) -> None:
        return None


def tell_later(settings: Settings, job: Job) -> None:
    """Do as `tell` without keeping the caller waiting."""
    threading.Thread(target=tell, args=(settings, job)).start()


def tell(settings: Settings, job: Job) -> None:
    """Send the outcome of a training to its `notify.webhook`, if it has one.

    A failure to deliver becomes a note of the run; an address may hold a secret, so
    its query is never written down.
    """
    if job.kind != "train" or job.run_id is None:
        return
    with store.connect(settings.db_path) as db:
        address = runs.get(db, job.run_id).config.get("notify", {}).get("webhook")
        if address is None:
            return
        outcome = _outcome(db, jobs.get(db, job.id))
    reason = _post(address, outcome)
    if reason is not None:
        with store.connect(settings.db_path) as db:
            where = _plain(address)
            text = f"The outcome could not be sent to {where}: {reason}."
            notes.add(db, job.run_id, text)


def _outcome(db: store.Database, job: Job) -> dict[str, Any]:
    assert job.run_id is not None
    run = runs.get(db, job.run_id)
    best = runs.best_kept(db, run)
    metrics = {one.epoch: one.metrics for one in runs.history(db, run.id)}
    seconds = None
    if job.started_at is not None and job.ended_at is not None:
        seconds = words.seconds_between(job.started_at, job.ended_at)
    return {
        "run": run.name,
        "run_id": run.id,
        "status": job.status,
        "reason": job.reason,
        "best_epoch": best,
        "metrics": metrics.get(best or 0, {}),
        "seconds": seconds,
    }


def _post(address: str, outcome: dict[str, Any]) -> str | None:
    """Return why the outcome could not be delivered; None if it was."""
    try:
        request = _request(address, outcome)
        with urllib.request.build_opener(_Stay).open(request, timeout=TIMEOUT_S):
            return None
    except urllib.error.HTTPError as error:
        error.close()
        return f"it answered with status {error.code}"
    except urllib.error.URLError as error:
        return str(getattr(error.reason, "strerror", None) or error.reason)
    except TimeoutError:
        return f"it did not answer within {TIMEOUT_S:g} s"
    except (OSError, ValueError, http.client.HTTPException) as error:
        # An odd address is quoted in such errors, query and all.
        return f"{type(error).__name__}"


def _request(address: str, outcome: dict[str, Any]) -> urllib.request.Request:
    headers = {"Content-Type": "application/json", "User-Agent": "carclf"}
    parts = urlsplit(address)
    # urllib would take a user and a password for a part of the host's name.
    user, _, host = parts.netloc.rpartition("@")
    if user:
        token = b64encode(unquote(user).encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    body = json.dumps(outcome, ensure_ascii=False).encode()
    there = parts._replace(netloc=host).geturl()
    return urllib.request.Request(there, body, headers, method="POST")


def _plain(address: str) -> str:
    """Return an address without user, password and query."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
