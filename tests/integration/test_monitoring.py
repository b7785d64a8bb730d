"""Metrics of a running sidecar, and the dashboard and alerts that are made of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import httpx
import promql_parser as promql
import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from sidecar.pocketbase import client
from sidecar.pocketbase.measured import operation
from tests.conftest import make_tenant
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase, free_port
from tests.serving import Service
from tests.sidecars import sidecar_running

ROOT: Final = Path(__file__).parents[2]
PROMETHEUS: Final = ROOT / "deploy" / "prometheus"
DASHBOARD: Final[dict[str, Any]] = json.loads(
    (ROOT / "deploy" / "grafana" / "opensync.json").read_text("utf-8")
)
PANELS: Final = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
ALERTS: Final = [
    rule
    for group in yaml.safe_load((PROMETHEUS / "alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
GUIDE: Final = (ROOT / "docs" / "howto" / "monitoring.md").read_text("utf-8")

# Prometheus' own word on whether it could read a target.
UP: Final = "up"
REQUEST_ID: Final = "from-a-plugin.1"
# What Prometheus adds to every series.
ADDED: Final = {"job", "instance"}
SUFFIXES: Final = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_count", "_sum"),
    "info": ("_info",),
}


def queries() -> list[str]:
    """Return every query of the dashboard and of the alerts, as Prometheus would get it."""
    of_panels = [target["expr"] for panel in PANELS for target in panel["targets"]]
    filled = [q.replace("$__rate_interval", "5m").replace("$instance", ".*") for q in of_panels]
    return filled + [rule["expr"] for rule in ALERTS]


def selectors(query: str) -> list[promql.VectorSelector]:
    """Return what a query reads. Raises ValueError where it is none."""
    found: list[promql.VectorSelector] = []

    def visit(expression: promql.Expr) -> bool:
        if isinstance(expression, promql.VectorSelector):
            found.append(expression)
        return True

    promql.walk(promql.parse(query), visit)
    return found


@dataclass(frozen=True)
class Watched:
    """What a sidecar says that has stored one session: metrics by the names that queries use."""

    metrics: dict[str, Metric]
    log: str
    key: str


@pytest.fixture(scope="module")
async def watched(
    pocketbase_process: RealPocketBase, service: Service, tmp_path_factory: pytest.TempPathFactory
) -> Watched:
    tenant = await make_tenant(service)
    folder = tmp_path_factory.mktemp("monitored")
    with sidecar_running(pocketbase_process, folder) as sidecar:
        async with httpx.AsyncClient(base_url=sidecar.url, trust_env=False, timeout=60) as plugin:
            stored = await plugin.post(
                "/sync/session",
                json={"externalId": "monitored"},
                headers={"Authorization": f"Bearer {tenant.key}", "X-Request-Id": REQUEST_ID},
            )
            assert stored.status_code == 200
            text = (await plugin.get("/metrics")).text
    metrics = {
        f"{family.name}{suffix}": family
        for family in text_string_to_metric_families(text)
        for suffix in SUFFIXES.get(family.type, ("",))
    }
    return Watched(metrics, (folder / "log").read_text(), tenant.key)


@pytest.fixture
def exposed(watched: Watched) -> dict[str, Metric]:
    return watched.metrics


def test_a_request_can_be_found_in_the_log_and_its_key_cannot(watched: Watched) -> None:
    lines = [json.loads(line) for line in watched.log.splitlines()]

    [found] = [line for line in lines if line.get("request_id") == REQUEST_ID]
    assert (found["action"], found["endpoint"], found["status"]) == (
        "request",
        "/sync/session",
        200,
    )
    assert watched.key not in watched.log
    assert PASSWORD not in watched.log


def test_every_metric_that_is_asked_for_is_there(exposed: dict[str, Metric]) -> None:
    asked = {selector.name for query in queries() for selector in selectors(query)}

    assert asked - set(exposed) == {UP}


def test_every_label_that_is_asked_for_is_there(exposed: dict[str, Metric]) -> None:
    for query in queries():
        for selector in selectors(query):
            if selector.name == UP or not exposed[str(selector.name)].samples:
                continue
            labels = {name for s in exposed[str(selector.name)].samples for name in s.labels}
            asked = {matcher.name for matcher in selector.matchers.matchers}
            assert asked <= labels | ADDED, query


def test_every_metric_of_ours_is_explained(exposed: dict[str, Metric]) -> None:
    ours = {name for name in exposed if name.startswith("opensync_")}
    unexplained = {name for name in ours if re.sub("_(bucket|count|sum)$", "", name) not in GUIDE}

    assert not unexplained, "docs/howto/monitoring.md has a table of them"


def test_counters_are_there_before_anything_is_counted(exposed: dict[str, Metric]) -> None:
    crashes = exposed["opensync_worker_crashes_total"].samples

    assert {sample.value for sample in crashes if sample.name.endswith("_total")} == {0.0}
    assert {"writer", "announcer"} <= {sample.labels["worker"] for sample in crashes}


async def test_a_pocketbase_that_is_away_is_counted() -> None:
    labels = {"operation": "health", "status": "unreachable"}

    def count() -> float:
        return REGISTRY.get_sample_value("opensync_pocketbase_requests_total", labels) or 0

    before = count()
    async with client.connect(f"http://127.0.0.1:{free_port()}", EMAIL, PASSWORD) as away:
        assert not await away.healthy()
        up = REGISTRY.get_sample_value("opensync_pocketbase_up")

    assert count() == before + 1
    assert up == 0


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/opensync/ingest", "ingest"),
        ("/api/opensync/search/prepare?ms=50", "search"),
        ("/api/collections/sessions/records/abc", "records"),
        ("/api/collections/users/impersonate/abc", "tokens"),
        ("/api/collections/_superusers/auth-with-password", "sign-in"),
        ("/api/backups/a-name.zip", "administration"),
    ],
)
def test_no_id_becomes_a_time_series(path: str, name: str) -> None:
    assert operation(path) == name


# The dashboard.


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]

    assert len(set(ids)) == len(ids)
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        assert (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        ), (one, other)


def test_every_panel_asks_the_prometheus_that_was_chosen() -> None:
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}

    assert variables["datasource"]["type"] == "datasource"
    for panel in PANELS:
        assert panel["datasource"] == chosen, panel["title"]
        assert panel["targets"], panel["title"]
        assert all(target["datasource"] == chosen for target in panel["targets"]), panel["title"]
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters), panel["title"]
    for variable in re.findall(r"\$(?:\{)?([a-z]+)", json.dumps(PANELS)):
        assert variable in variables


# The alerts.


def test_every_alert_has_a_weight_a_sentence_and_a_next_step() -> None:
    names = [rule["alert"] for rule in ALERTS]

    assert len(set(names)) == len(names)
    for rule in ALERTS:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"].endswith(".")
    explained = dict(re.findall(r"^\| `(OpenSync\w+)` \| (?:[^|]+) \| ([^|]+) \|$", GUIDE, re.M))
    assert set(explained) == set(names)


@pytest.mark.parametrize(
    "command",
    [
        ("check", "rules", str(PROMETHEUS / "alerts.yml")),
        ("check", "config", str(PROMETHEUS / "prometheus.yml")),
        ("test", "rules", str(ROOT / "tests" / "data" / "alerts.yml")),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_prometheus_agrees(command: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is missing: apt install prometheus")

    done = subprocess.run([promtool, *command], capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr
