"""What `scripts/audit` asks, and what it makes of the answers.

Both tools are as quiet about a database that they could not ask as about one that knows of nothing,
or say so in passing. Here that is an outcome of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
KNOWN, NOT_ASKED = 1, 3


@dataclass(frozen=True)
class Outcome:
    """Of one list of packages: what is known, or why that cannot be said."""

    name: str
    asked: int = 0
    known: list[str] = field(default_factory=list)
    failure: str = ""

    def __str__(self) -> str:
        if self.failure:
            return f"{self.name}: NOT AUDITED. {self.failure}"
        if not self.known:
            return f"{self.name}: {self.asked} packages, nothing known."
        return "\n  ".join((f"{self.name}: {len(self.known)} known", *self.known))


def main() -> int:
    outcomes = [python_packages(), dashboard()]
    for outcome in outcomes:
        print(outcome)
    if any(outcome.known for outcome in outcomes):
        return KNOWN
    return NOT_ASKED if any(outcome.failure for outcome in outcomes) else 0


def python_packages() -> Outcome:
    requirements = ROOT / "deploy" / "requirements.txt"
    command = [str(ROOT / ".cache/audit/bin/pip-audit"), "--disable-pip", "--format=json"]
    ran = _run([*command, "--progress-spinner=off", "--requirement", str(requirements)], ROOT)
    return of_pip_audit(ran.stdout, ran.stderr)


def dashboard() -> Outcome:
    # What is built into the dashboard; what only builds and tests it is not shipped.
    ran = _run(["npm", "audit", "--omit=dev", "--json"], ROOT / "web")
    return of_npm_audit(ran.stdout, ran.stderr)


def of_pip_audit(output: str, complaint: str) -> Outcome:
    name = "Python packages of a server"
    try:
        packages: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError):
        return Outcome(name, failure=_last_line(complaint))
    skipped = [package for package in packages if "skip_reason" in package]
    if skipped or not packages:
        reason = str(skipped[0]["skip_reason"]) if skipped else "There are no packages."
        return Outcome(name, failure=f"{len(skipped)} of {len(packages)} packages: {reason}")
    known = [
        f"{package['name']} {package['version']}: {found['id']}, mended in "
        f"{', '.join(found['fix_versions']) or 'no version yet'}"
        for package in packages
        for found in package["vulns"]
    ]
    return Outcome(name, len(packages), known)


def of_npm_audit(output: str, complaint: str) -> Outcome:
    name = "Packages of the dashboard"
    try:
        answer: dict[str, Any] = json.loads(output)
        found: dict[str, dict[str, Any]] = answer["vulnerabilities"]
        asked = int(answer["metadata"]["dependencies"]["prod"])
    except (ValueError, KeyError):
        return Outcome(name, failure=_last_line(complaint))
    known = [f"{package} {item['range']}: {item['severity']}" for package, item in found.items()]
    return Outcome(name, asked, known)


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    wanted = [line for line in lines if "audit" in line and "log of this run" not in line]
    return (wanted or lines or ["It said nothing."])[-1]


if __name__ == "__main__":
    sys.exit(main())
