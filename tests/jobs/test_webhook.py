"""The outcome of a training, told to an address of the user's own."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from carclf import jobs, store
from carclf.jobs import webhook
from carclf.records import Checkpoint, EpochEnded
from carclf.store import jobs as store_jobs
from carclf.store import notes, runs


class Server(HTTPServer):
    """Takes down what it is sent; answers as it is told to."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.taken, self.status, self.headers = [], 204, {}

    @property
    def address(self):
        return f"http://user:secret@127.0.0.1:{self.server_port}/hook?token=secret"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        allowed = self.headers["Authorization"]
        self.server.taken.append((self.path, allowed, json.loads(body)))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def ended(settings, tiny):
    """Return a function that ends a training of two epochs and gives its job."""

    def end(address, status="done", reason=None):
        asked = tiny(name="first", notify={"webhook": address})
        run, job = jobs.submit_training(settings, asked)
        with store.connect(settings.db_path) as db:
            store_jobs.claim_next(db)
            for epoch, accuracy in ((1, 0.75), (2, 0.5)):
                runs.add_epoch(
                    db, run.id, EpochEnded(epoch, {"val_accuracy": accuracy})
                )
                path = run.folder / "checkpoints" / f"{epoch}.weights.h5"
                runs.keep_checkpoint(db, Checkpoint(run.id, epoch, path, 1))
            store_jobs.finish(db, job.id, status, reason=reason)
            return store_jobs.get(db, job.id)

    return end


def said(settings, job):
    with store.connect(settings.db_path) as db:
        return [one.text for one in notes.of_run(db, job.run_id)]


@pytest.mark.parametrize(
    ("status", "reason"), [("done", None), ("failed", "Größe"), ("stopped", "Asked.")]
)
def test_the_outcome_is_sent_as_json(settings, server, ended, status, reason):
    job = ended(server.address, status, reason)

    webhook.tell(settings, job)

    [(path, allowed, outcome)] = server.taken
    assert path == "/hook?token=secret"
    assert allowed == "Basic dXNlcjpzZWNyZXQ="
    assert outcome.pop("seconds") >= 0
    assert outcome == {
        "run": "first",
        "run_id": job.run_id,
        "status": status,
        "reason": reason,
        "best_epoch": 1,
        "metrics": {"val_accuracy": 0.75},
    }
    assert said(settings, job) == []


def test_an_answer_of_trouble_is_a_note_without_secrets(settings, server, ended):
    server.status = 500
    job = ended(server.address)

    webhook.tell(settings, job)

    where = f"http://127.0.0.1:{server.server_port}/hook"
    assert said(settings, job) == [
        f"The outcome could not be sent to {where}: it answered with status 500."
    ]


def test_a_redirection_is_not_followed(settings, server, ended):
    server.status, server.headers = 302, {"Location": "/elsewhere"}
    job = ended(server.address)

    webhook.tell(settings, job)

    assert [path for path, *_ in server.taken] == ["/hook?token=secret"]
    assert "status 302" in said(settings, job)[0]


def test_nobody_at_the_address_is_a_note(settings, ended):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    job = ended(f"http://127.0.0.1:{port}/hook?token=secret")

    webhook.tell(settings, job)

    assert "Connection refused" in said(settings, job)[0]
    assert "secret" not in said(settings, job)[0]


def test_an_address_that_does_not_answer_is_given_up(settings, ended, monkeypatch):
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        job = ended(f"http://127.0.0.1:{silent.getsockname()[1]}/hook")

        webhook.tell(settings, job)

    assert "did not answer within 0.1 s" in said(settings, job)[0]


@pytest.mark.slow
def test_a_worker_tells_its_end_once(settings, server, tiny, until):
    wrong = {"backbone": "ResNet5", "weights": "none"}
    asked = tiny(model=wrong, notify={"webhook": server.address})
    _, job = jobs.submit_training(settings, asked)

    failed = until(job.id, lambda job: job.ended_at is not None)
    until(job.id, lambda _: server.taken)

    [(_, _, outcome)] = server.taken
    assert outcome["status"] == "failed"
    assert outcome["reason"] == failed.reason
    assert (outcome["best_epoch"], outcome["metrics"]) == (None, {})


@pytest.mark.slow
def test_a_worker_that_was_stopped_at_once_is_told_of_too(
    settings, server, tiny, until
):
    asked = tiny(epochs=5000, notify={"webhook": server.address})
    _, job = jobs.submit_training(settings, asked)
    until(job.id, lambda job: job.pid is not None)

    jobs.stop_now(settings, job.id)
    until(job.id, lambda _: server.taken)

    assert [outcome["status"] for *_, outcome in server.taken] == ["stopped"]


def test_a_training_without_an_address_tells_nobody(settings, server, ended):
    job = ended(None)

    webhook.tell(settings, job)

    assert server.taken == said(settings, job) == []
