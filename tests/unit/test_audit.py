"""`scripts/audit`: what is not known is told from what could not be asked."""

from __future__ import annotations

import json

from scripts._audit import of_npm_audit, of_pip_audit

CLEAN = {"name": "httpx", "version": "1.0", "vulns": []}
FOUND = {"name": "jinja2", "version": "3.1.0", "vulns": [{"id": "GHSA-1", "fix_versions": []}]}
SKIPPED = {"name": "numpy", "skip_reason": "not found on PyPI"}


def test_packages_of_which_something_is_known_are_named() -> None:
    python = of_pip_audit(json.dumps({"dependencies": [CLEAN, FOUND]}), "")
    found = {"left-pad": {"range": "<2", "severity": "high"}}
    answer = {"vulnerabilities": found, "metadata": {"dependencies": {"prod": 4}}}
    dashboard = of_npm_audit(json.dumps(answer), "")

    assert python.known == ["jinja2 3.1.0: GHSA-1, mended in no version yet"]
    assert dashboard.known == ["left-pad <2: high"]


def test_nothing_known_is_said_only_where_everything_was_asked() -> None:
    answer = {"vulnerabilities": {}, "metadata": {"dependencies": {"prod": 4}}}

    assert "nothing known" in str(of_pip_audit(json.dumps({"dependencies": [CLEAN]}), ""))
    assert "nothing known" in str(of_npm_audit(json.dumps(answer), ""))
    for outcome in (
        of_pip_audit(json.dumps({"dependencies": [CLEAN, SKIPPED]}), ""),
        of_pip_audit(json.dumps({"dependencies": []}), ""),
        of_pip_audit("", "ConnectionError: no such host"),
        of_npm_audit('{"message": "405"}', "npm error audit endpoint returned an error"),
        of_npm_audit("", ""),
    ):
        assert outcome.failure
        assert "NOT AUDITED" in str(outcome)
