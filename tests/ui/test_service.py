"""carclf as a service: a real app, asked by real clients, and what it refuses them."""

import asyncio
import base64
import importlib.util
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from carclf import store
from carclf.config import TrainConfig
from carclf.datasets import sample
from carclf.settings import Settings
from carclf.store import runs, versions
from tests import drawing
from tests.test_bundle import network, write_facts
from tests.ui.test_shell import Running, built, launch

PUBLIC = {"list_runs", "run_details", "classes", "predict", "predict_many"}
# Its own five seconds are few on a busy machine.
PATIENT = {"timeout": 60}
PASSWORD = "a long secret"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the sample and two runs, “colours” and “other”."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    store.prepare(settings.db_path)
    sample.ensure(settings)
    config = TrainConfig.model_validate({}).model_dump(mode="json")
    for name, classes in (("colours", ["blue", "green", "red"]), ("other", [*"abc"])):
        with store.connect(settings.db_path) as db:
            run = runs.create(db, name, config, version_id=1)
        folder = settings.resolve(run.folder) / "bundle"
        folder.mkdir(parents=True)
        network(folder / "model.onnx")
        write_facts(folder, classes=classes)
    return settings.home


@pytest.fixture(scope="module")
def app(home: Path) -> Iterator[Running]:
    running = launch(home)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def client(app: Running) -> Client:
    return Client(app.url, verbose=False, httpx_kwargs=PATIENT)


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    return drawing.draw(tmp_path / "red van.jpg")


def post(
    app: Running, path: str, body: object, **headers: str
) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(
        f"{app.url}/gradio_api/{path}", json.dumps(body).encode(), method="POST"
    )
    request.add_header("Content-Type", "application/json")
    for name, value in headers.items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def test_what_programs_may_call_is_predicting_and_reading_alone(settings):
    page = built(settings)

    public = {
        one.api_name for one in page.fns.values() if one.api_visibility == "public"
    }
    undocumented = [
        one for one in page.fns.values() if one.api_visibility == "undocumented"
    ]

    assert public == PUBLIC
    assert undocumented == []


def test_a_python_client_predicts_as_the_documents_say(client, photograph):
    said = client.predict(
        runs=["colours"], photograph=handle_file(str(photograph)), api_name="/predict"
    )

    assert said["top"][0]["class"] in ("red", "green", "blue")
    assert sum(one["probability"] for one in said["top"]) == pytest.approx(1, abs=1e-5)
    assert said["run"] == "colours (epoch 3)"
    assert said["unknown"] is None


def test_several_photographs_come_back_in_their_order_with_reasons(
    client, photograph, tmp_path
):
    damaged = tmp_path / "half.jpg"
    damaged.write_bytes(photograph.read_bytes()[:300])

    good, bad = client.predict(
        runs=["colours"],
        photographs=[handle_file(str(one)) for one in (photograph, damaged)],
        api_name="/predict_many",
    )

    assert (good["file"], len(good["top"])) == ("red van.jpg", 3)
    assert (bad["file"], bad["top"]) == ("half.jpg", [])
    assert "cut short" in bad["note"] or "cannot be read" in bad["note"]


def test_runs_their_details_and_classes_can_be_read(client):
    found = client.predict(api_name="/list_runs")
    details = client.predict(run="colours", api_name="/run_details")

    assert {one["name"] for one in found} == {"colours", "other"}
    assert details["name"] == "colours"
    assert "notify" not in details["config"]
    assert client.predict(run="colours", api_name="/classes") == [
        "blue",
        "green",
        "red",
    ]


def test_an_error_comes_back_in_words(client, photograph):
    with pytest.raises(AppError, match="do not tell the same classes apart"):
        client.predict(
            runs=["colours", "other"],
            photograph=handle_file(str(photograph)),
            api_name="/predict",
        )
    with pytest.raises(AppError, match="no run called “none”"):
        client.predict(run="none", api_name="/classes")


def test_curl_predicts_in_two_requests(app, photograph):
    boundary = "----carclf"
    body = (
        f"--{boundary}\r\nContent-Disposition: form-data; name=files; "
        f'filename="van.jpg"\r\n\r\n'.encode()
        + photograph.read_bytes()
        + f"\r\n--{boundary}--\r\n".encode()
    )
    request = urllib.request.Request(f"{app.url}/gradio_api/upload", body)
    request.add_header("Content-Type", f"multipart/form-data; boundary={boundary}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        (path,) = json.loads(answer.read())

    status, said = post(app, "run/predict", {"data": [["colours"], {"path": path}]})

    assert status == 200
    assert len(said["data"][0]["top"]) == 3


@pytest.mark.parametrize("name", ["delete_version", "freeze_version", "last_ended"])
@pytest.mark.parametrize("way", ["run", "api", "call", "call/v2"])
def test_no_program_deletes_or_launches_by_name(app, way, name):
    status, said = post(app, f"{way}/{name}", {"data": [1]})

    assert status == 403
    assert "Programs may call" in said["detail"]


def test_no_program_deletes_by_number_whatever_name_it_gives(app, home):
    page = json.loads(urllib.request.urlopen(f"{app.url}/config", timeout=30).read())
    private = [
        one["id"] for one in page["dependencies"] if one["api_visibility"] == "private"
    ]
    body = {"data": [1], "session_hash": "x"}

    joined = {post(app, "queue/join", {**body, "fn_index": n})[0] for n in private}
    named = {post(app, "run/predict", {**body, "fn_index": n})[0] for n in private}

    assert len(private) > 50
    assert (joined, named) == ({403}, {403})
    with store.connect(home / "runs.db") as db:
        assert versions.get(db, 1).name == "sample"


def test_a_page_of_another_site_cannot_do_what_this_page_can(app):
    body = {"data": []}

    own, _ = post(app, "run/last_ended", body, Origin=app.url)
    other, _ = post(app, "run/last_ended", body, Origin="http://evil.example")

    assert (own, other) == (200, 403)


def test_the_python_client_knows_no_other_function(client):
    with pytest.raises(ValueError, match="Cannot find a function"):
        client.predict(1, api_name="/delete_version")


@pytest.mark.parametrize("meta", [{}, {"meta": {"_type": "gradio.FileData"}}])
def test_no_file_of_the_machine_is_read_by_its_path(app, home, meta):
    picture = next((home / "data").rglob("*.jpg"))
    uploads = home / "cache" / "uploads"
    for path in (
        picture,
        "/etc/passwd",
        f"{uploads}/../../{picture.relative_to(home)}",
    ):
        payload = {"path": str(path), **meta}
        many = {"data": [["colours"], [payload]]}

        assert post(app, "run/predict", {"data": [["colours"], payload]})[0] == 500
        assert post(app, "run/predict_many", many)[0] == 500


@pytest.fixture
def guarded(home: Path) -> Iterator[Running]:
    running = launch(home, CARCLF_PASSWORD=PASSWORD)
    yield running
    running.stop()


def test_with_a_password_a_client_has_to_log_in(guarded, photograph):
    client = Client(
        guarded.url, auth=("carclf", PASSWORD), verbose=False, httpx_kwargs=PATIENT
    )

    said = client.predict(
        runs=["colours"], photograph=handle_file(str(photograph)), api_name="/predict"
    )

    assert said["top"]
    assert post(guarded, "run/list_runs", {"data": []})[0] == 401
    assert post(guarded, "run/delete_version", {"data": [1]})[0] in (401, 403)


needs_mcp = pytest.mark.skipif(
    importlib.util.find_spec("mcp") is None,
    reason="the extra mcp is not installed: pip install -e '.[mcp]'",
)


async def tools(url: str, headers: dict[str, str], run: str, image: str):
    from mcp import ClientSession  # noqa: PLC0415  An extra of its own.
    from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415

    address = f"{url}/gradio_api/mcp/"
    async with (
        httpx.AsyncClient(headers=headers, timeout=60) as http,
        streamable_http_client(address, http_client=http) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        listed = await session.list_tools()
        asked = {"runs": [run], "photograph": image}
        return {one.name for one in listed.tools}, await session.call_tool(
            "predict", asked
        )


@needs_mcp
def test_as_tools_for_a_model_there_are_the_same_functions(home, photograph):
    app = launch(home, CARCLF_MCP="1")
    image = base64.b64encode(photograph.read_bytes()).decode()

    try:
        names, said = asyncio.run(
            tools(app.url, {}, "colours", f"data:image/jpeg;base64,{image}")
        )
        _, refused = asyncio.run(tools(app.url, {}, "colours", "/etc/passwd"))
    finally:
        app.stop()

    assert names == PUBLIC
    assert "'class': 'red'" in said.content[0].text
    assert refused.isError


@needs_mcp
def test_with_a_password_tools_have_to_give_it(home, photograph):
    app = launch(home, CARCLF_MCP="1", CARCLF_PASSWORD=PASSWORD)
    account = base64.b64encode(f"carclf:{PASSWORD}".encode()).decode()
    image = base64.b64encode(photograph.read_bytes()).decode()

    try:
        status, _ = post(app, "mcp/", {}, Accept="application/json, text/event-stream")
        names, _ = asyncio.run(
            tools(
                app.url,
                {"Authorization": f"Basic {account}"},
                "colours",
                f"data:image/jpeg;base64,{image}",
            )
        )
    finally:
        app.stop()

    assert status == 401
    assert names == PUBLIC


def test_mcp_is_off_unless_it_is_switched_on(app):
    status, _ = post(app, "mcp/", {}, Accept="application/json, text/event-stream")

    assert status in (404, 405)
