"""Whether the time of a refusal says how near a wrong key is to a right one.

Each kind of wrong key is presented as often as the others, in random order, to a sidecar without
rate limits. Cliff's delta says how often an answer to the kind takes longer than one to a random
key, less how often it takes less: 0 where the two cannot be told apart, 1 or -1 where every answer
tells. Below 0.147 it is called negligible. A second series of random keys shows what noise does.

Who presents a revoked key has all of it, so nothing is given away where that takes longer: the
database has a row to send.
"""

from __future__ import annotations

import random
import secrets
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from statistics import median

import httpx

from scripts.bench.load import machine
from sidecar.domain import keys
from tests.e2e.stack import Stack, temporary_stack

TIMES = 400
WARM_UP = 50
NEGLIGIBLE = 0.147
RANDOM = "a random key"


def main() -> None:
    settings = {"OPENSYNC_RATE_READ": "0", "OPENSYNC_RATE_WRONG_KEYS": "0"}
    with temporary_stack(settings=settings) as stack:
        print(f"Machine: {machine()}")
        measured = measure(stack)
    print(f"{'presented':<44}{'median':>10}{'p95':>10}{'delta':>8}")
    for name, times in measured.items():
        delta = cliffs_delta(times, measured[RANDOM])
        p95 = sorted(times)[int(len(times) * 0.95)]
        size = "negligible" if abs(delta) < NEGLIGIBLE else "can be told apart"
        print(f"{name:<44}{median(times):>7.2f} ms{p95:>7.2f} ms{delta:>8.3f}  {size}")


def measure(stack: Stack) -> dict[str, list[float]]:
    """Return the milliseconds of each refusal, by kind."""
    sidecar = f"http://127.0.0.1:{stack.facts['sidecar_port']}"
    right = stack.key
    with httpx.Client(base_url=stack.url, headers={"Origin": stack.url}) as browser:
        made = browser.post("/api/keys", json={"name": "revoked"}).json()
        browser.delete(f"/api/keys/{made['record']['id']}")

    def some() -> str:
        return keys.generate(secrets.choice)

    def odd() -> str:
        return secrets.choice("!#%&")  # in no key

    kinds: dict[str, Callable[[], str]] = {
        RANDOM: some,
        "another random key (noise)": some,
        "a right one, but for its last character": lambda: right[:-1] + odd(),
        "a right one, but for its first character": lambda: "osk_" + odd() + right[5:],
        "the half of a right one, then random": lambda: right[:20] + some()[20:],
        "a revoked one": lambda: str(made["key"]),
    }
    order = [name for name in kinds for _ in range(TIMES)]
    random.shuffle(order)
    times: dict[str, list[float]] = {name: [] for name in kinds}
    with httpx.Client(base_url=sidecar) as http:
        for name in [RANDOM] * WARM_UP + order:
            headers = {"Authorization": f"Bearer {kinds[name]()}"}
            began = time.perf_counter()
            answer = http.get("/api/sessions", headers=headers)
            times[name].append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 401
    times[RANDOM] = times[RANDOM][WARM_UP:]
    return times


def cliffs_delta(some: Sequence[float], others: Sequence[float]) -> float:
    ordered = sorted(others)
    more = sum(bisect_left(ordered, value) for value in some)
    less = sum(len(ordered) - bisect_right(ordered, value) for value in some)
    return (more - less) / (len(some) * len(others))


if __name__ == "__main__":
    main()
