"""Slow, wrong and oversized requests at the public address leave everybody else alone."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.e2e.stack import Stack
from tests.processes import eventually

PATIENCE = 60
SLOW = 300  # connections that never send what they promised
CROWD = 500  # requests that Traefik lets one address have under way, in `opensync-crowd`
ELSEWHERE = "127.0.0.2"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(
        tmp_path_factory.mktemp("limits"),
        settings={
            "OPENSYNC_BODY_PAUSE_SECONDS": "10",
            "OPENSYNC_RATE_WRONG_KEYS": "0.0001",
            "OPENSYNC_RATE_DELAY_SECONDS": "0",
        },
    )
    running.start()
    try:
        yield running
    finally:
        running.stop()


def connected(port: int, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(
        ("127.0.0.1", port), timeout=PATIENCE, source_address=(source, 0)
    )


def head(stack: Stack, size: int) -> bytes:
    lines = (
        "POST /sync/message HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {stack.key}",
        "Content-Type: application/json",
        f"Content-Length: {size}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def answer_on(connection: socket.socket) -> tuple[int, list[str]]:
    """Return the status of the answer, and what its JSON holds."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, list(json.loads(response.read()))


def sync(stack: Stack, name: str, source: str = "127.0.0.1") -> httpx.Response:
    body = {"sessionExternalId": "limits", "externalId": name, "textContent": "hello"}
    with httpx.Client(
        transport=httpx.HTTPTransport(local_address=source), timeout=PATIENCE
    ) as client:
        return client.post(f"{stack.url}/sync/message", json=body, headers=stack.authorization)


@pytest.mark.parametrize("sent", ["half a header", "half a body"])
def test_others_sync_while_hundreds_send_slowly(stack: Stack, sent: str) -> None:
    whole = head(stack, 100)
    part = whole[: len(whole) // 2] if sent == "half a header" else whole + b'{"sessionId": '
    with ExitStack() as slow:
        for _ in range(SLOW):
            slow.enter_context(connected(stack.port)).sendall(part)

        answers = [sync(stack, f"{sent} {number}") for number in range(20)]

    assert {answer.status_code for answer in answers} == {200}


def test_who_holds_hundreds_of_requests_open_is_refused_more_and_nobody_else_is(
    stack: Stack,
) -> None:
    with ExitStack() as held:

        def begun() -> socket.socket:
            connection = held.enter_context(connected(stack.port, ELSEWHERE))
            connection.sendall(head(stack, 1_000_000))
            return connection

        slow = [begun() for _ in range(CROWD + 20)]

        def is_refused() -> bool:
            for place, connection in enumerate(slow):
                try:
                    connection.sendall(b" ")  # so that nobody stops waiting
                except OSError:  # it was refused, or given up
                    slow[place] = begun()
            return sync(stack, "one more", ELSEWHERE).status_code == 429

        eventually(is_refused, "a 429", PATIENCE)
        assert sync(stack, "somebody else").status_code == 200

    eventually(lambda: sync(stack, "later", ELSEWHERE).status_code == 200, "a 200", PATIENCE)


def test_a_body_that_stops_is_not_waited_for(stack: Stack) -> None:
    def given_up() -> int:
        counted = httpx.get(f"http://127.0.0.1:{sidecar}/metrics", timeout=PATIENCE).text
        return sum(
            int(float(line.split()[-1]))
            for line in counted.splitlines()
            if line.startswith("opensync_requests_total{") and 'status="408"' in line
        )

    sidecar = stack.facts["sidecar_port"]
    before = given_up()
    with connected(sidecar) as straight, connected(stack.port) as through_traefik:
        straight.sendall(head(stack, 100) + b" " * 50)
        # More than Traefik collects before it asks the sidecar.
        through_traefik.sendall(head(stack, 12_000_000) + b" " * 8_000_000)

        assert answer_on(straight) == (408, ["error"])
        assert straight.recv(1) == b""
        eventually(lambda: given_up() >= before + 2, "both are given up", PATIENCE)
        # Traefik passes the answer on when it next hears of the client.
        through_traefik.sendall(b" ")
        assert answer_on(through_traefik) == (408, ["error"])


def test_a_forwarded_address_that_the_client_wrote_is_no_way_round_the_limit(
    stack: Stack,
) -> None:
    def guess(number: int) -> int:
        headers = {
            "Authorization": f"Bearer osk_{number:032d}",
            "X-Forwarded-For": f"192.0.2.{number}",
            "X-Real-Ip": f"192.0.2.{number}",
            "Forwarded": f"for=192.0.2.{number}",
        }
        return httpx.get(f"{stack.url}/api/sessions", headers=headers).status_code

    assert [guess(number) for number in range(6)] == [401] + [429] * 5
    assert sync(stack, "right").status_code == 200


def test_headers_and_queries_beyond_64_kb_are_refused_by_traefik(stack: Stack) -> None:
    long = "a" * 100_000

    assert httpx.get(f"{stack.url}/health", headers={"X-Long": long}).status_code == 431
    assert httpx.get(f"{stack.url}/health", params={"q": long[:60_000]}).status_code == 200
    with connected(stack.port) as connection:
        connection.sendall(f"GET /health?q={long} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 431 ")
