"""Small servers that stand in for programs a test does not start.

Each listens on a free port of 127.0.0.1 in a thread of its own and remembers what it was asked.
"""

from __future__ import annotations

import json
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlencode

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: Headers
    body_size: int = 0

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    # Sent piece by piece after the headers, each as soon as it is there, instead of `body`.
    stream: Iterable[bytes] | None = None


Answer = Callable[[Asked], Reply]


class StandIn:
    """A server that answers what `answer` says. It can be stopped and started on the same port."""

    def __init__(self, answer: Answer, port: int = 0) -> None:
        self.asked: list[Asked] = []
        self._answer = answer
        self._port = port
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        stand_in = self

        class Handler(_Handler):
            def answer(self, asked: Asked) -> Reply:
                stand_in.asked.append(asked)
                return stand_in._answer(asked)

        self._server = _Server(("127.0.0.1", self._port), Handler)
        self._port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.drop_connections()
            self._server = None

    @contextmanager
    def running(self) -> Iterator[StandIn]:
        self.start()
        try:
            yield self
        finally:
            self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._connections: list[socket.socket] = []
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._connections.append(connection)
        return connection, address

    def drop_connections(self) -> None:
        """End what is open, as the end of a real process would: Traefik keeps connections."""
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler, ABC):
    protocol_version = "HTTP/1.1"

    @abstractmethod
    def answer(self, asked: Asked) -> Reply:
        """Return what is answered to one request."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def _handle(self) -> None:
        body = self._body()
        asked = Asked(self.command, self.path, list(self.headers.items()), len(body))
        reply = self.answer(asked)
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.stream is not None:
            self._send_stream(reply.stream)
            return
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return body

    def _send_stream(self, pieces: Iterable[bytes]) -> None:
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _handle

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a test that fails shows what it asked and got."""


def echo(name: str) -> Answer:
    """Return an answer that says, as JSON, which server was asked for what."""

    def answer(asked: Asked) -> Reply:
        heard = {
            "server": name,
            "method": asked.method,
            "path": asked.path,
            "headers": asked.headers,
            "bodySize": asked.body_size,
        }
        return Reply(200, [("Content-Type", "application/json")], json.dumps(heard).encode())

    return answer


@dataclass(frozen=True)
class Person:
    """Somebody with an account at the stand-in for Authelia."""

    name: str
    email: str
    display_name: str
    groups: tuple[str, ...]


COOKIE: Final = "authelia_session"
SIGN_IN: Final = "https://auth.example.org/"


def forward_auth(*people: Person) -> Answer:
    """Return answers as Authelia 4.39's `/api/authz/forward-auth` gives them.

    From its documentation and source: the original request is described by X-Forwarded-Method,
    -Proto, -Host and -Uri, without which the answer is 400. An Authorization header of the Basic
    scheme is checked and one without a scheme is refused; other schemes are passed over. A session
    cookie signs in. Nobody is answered 401 when a script asks, otherwise redirected to sign in: 302
    for GET, HEAD and OPTIONS, 303 for the rest. Somebody is answered 200 with Remote-* headers.
    In place of a session id the cookie holds the person's name.
    """
    known = {person.name: person for person in people}

    def answer(asked: Asked) -> Reply:
        described = [
            asked.header(f"X-Forwarded-{name}") for name in ("Method", "Proto", "Host", "Uri")
        ]
        if not all(described):
            return Reply(400)
        if not _credentials_are_acceptable(asked.header("Authorization")):
            return Reply(401)
        person = known.get(_cookies(asked).get(COOKIE, ""))
        if person is None:
            return _sign_in(asked, *(part or "" for part in described))
        return Reply(
            200,
            [
                ("Remote-User", person.name),
                ("Remote-Groups", ",".join(person.groups)),
                ("Remote-Name", person.display_name),
                ("Remote-Email", person.email),
            ],
        )

    return answer


def _credentials_are_acceptable(authorization: str | None) -> bool:
    if authorization is None:
        return True
    scheme, separator, _ = authorization.partition(" ")
    # Nobody has a password here, so a Basic header is always wrong.
    return bool(separator) and scheme.lower() != "basic"


def _cookies(asked: Asked) -> dict[str, str]:
    pairs = (pair.strip().partition("=") for pair in (asked.header("Cookie") or "").split(";"))
    return {name: value for name, _, value in pairs}


def _sign_in(asked: Asked, method: str, proto: str, host: str, uri: str) -> Reply:
    accepted = [item.split(";")[0].strip() for item in (asked.header("Accept") or "").split(",")]
    wants_a_page = "text/html" in accepted or accepted[0] == "*/*"
    if asked.header("X-Requested-With") == "XMLHttpRequest" or not wants_a_page:
        status = 401
    else:
        status = 302 if method in ("GET", "HEAD", "OPTIONS") else 303
    query = urlencode({"rd": f"{proto}://{host}{uri}", "rm": method})
    return Reply(status, [("Location", f"{SIGN_IN}?{query}")])
