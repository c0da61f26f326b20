"""Who may call what: programs the published functions, the page itself the rest.

Gradio's `api_visibility="private"` hides a function, and its client then refuses to
call it; the server does not.
Source: github.com/gradio-app/gradio/issues/13051
"""

import base64
import hmac
import json
import re
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carclf.settings import Settings

_BY_NAME = re.compile(r"/gradio_api/(?:run|api|call|call/v2)/([^/]+)/?$")
_BY_NUMBER = re.compile(r"/gradio_api/queue/join/?$")
_MCP = re.compile(r"/gradio_api/mcp(/|$)")
_REFUSAL = (
    "Programs may call list_runs, run_details, classes, predict and predict_many. "
    "Everything else is for the page: see docs/service.md."
)


class Gate:
    """Middleware around Gradio's app."""

    def __init__(self, app: ASGIApp, page: gr.Blocks, settings: Settings) -> None:
        self._app, self._page, self._settings = app, page, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        path = request.url.path
        if _MCP.search(path) and not self._may_enter(request):
            answer = JSONResponse({"detail": "Log in with the user and password."}, 401)
            answer.headers["WWW-Authenticate"] = 'Basic realm="carclf"'
            await answer(scope, receive, send)
            return
        named, numbered = _BY_NAME.search(path), _BY_NUMBER.search(path)
        if request.method != "POST" or not (named or numbered):
            await self._app(scope, receive, send)
            return
        messages, body = await _read(receive)
        if self._is_public(named[1] if named else None, body) or _is_page(request):
            await self._app(scope, _replay(messages, receive), send)
            return
        await JSONResponse({"detail": _REFUSAL}, 403)(scope, receive, send)

    def _is_public(self, name: str | None, body: bytes) -> bool:
        """Whether a call is of a published function, by its name or its number."""
        try:
            plain = json.loads(body or b"{}")
        except ValueError:
            return False
        # A number counts more than the name in the address, to Gradio, too.
        number = plain.get("fn_index") if isinstance(plain, dict) else None
        for function in self._page.fns.values():
            is_meant = (
                function.api_name == name if number is None else function._id == number
            )
            if is_meant:
                return function.api_visibility == "public"
        return False

    def _may_enter(self, request: Request) -> bool:
        """Whether a program has said the password; Gradio does not ask it of MCP."""
        if self._settings.password is None:
            return True
        known = f"{self._settings.user}:{self._settings.password}".encode()
        said = request.headers.get("authorization", "").removeprefix("Basic ")
        return hmac.compare_digest(said.encode(), base64.b64encode(known))


def _is_page(request: Request) -> bool:
    """Whether a browser sends it from this very page.

    Browsers say where a POST comes from, and a page elsewhere cannot lie about it. A
    program can, and then does what a person could; a password keeps both out.
    """
    origin = request.headers.get("origin", "").partition("://")[2]
    hosts = {request.headers.get("host"), request.headers.get("x-forwarded-host")}
    return bool(origin) and origin in hosts


async def _read(receive: Receive) -> tuple[list[Message], bytes]:
    messages: list[Message] = []
    body = b""
    while True:
        message = await receive()
        messages.append(message)
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body"):
            return messages, body


def _replay(messages: list[Message], receive: Receive) -> Receive:
    """Return what gives the messages again, then goes on with those that follow."""
    left = iter(messages)

    async def again() -> Any:
        message = next(left, None)
        return message if message is not None else await receive()

    return again
