"""Datasets for evaluation, read by those that they are made for."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from tests.tools import npm_module, python_package
from tests.unit.test_eval_exports import VARIANTS, written

DEEPEVAL: Final = "4.3.1"
# The last one whose schema is a file of its own; what follows also wants a newer Node.js.
PROMPTFOO: Final = "0.117.11"

_LOAD: Final = """
import json, sys
from deepeval.dataset import EvaluationDataset

names = {f"{name}_key_name": name
         for name in ("input", "actual_output", "expected_output", "context", "retrieval_context")}
dataset = EvaluationDataset()
dataset.add_test_cases_from_json_file(sys.argv[1], **names)
dataset.add_goldens_from_json_file(sys.argv[1], additional_metadata_key_name="metadata")
cases = [[c.input, c.actual_output, c.expected_output, c.context] for c in dataset.test_cases]
print(json.dumps([cases, [golden.additional_metadata for golden in dataset.goldens]]))
"""

_PARSE: Final = """
const { AtomicTestCaseSchema } = require("./dist/src/types/index.js");
const lines = require("fs").readFileSync(0, "utf8").trim().split("\\n");
const parsed = lines.map((line) => AtomicTestCaseSchema.strict().parse(JSON.parse(line)));
console.log(JSON.stringify(parsed));
"""


@pytest.mark.parametrize("variant", VARIANTS)
def test_deepeval_loads_every_case_as_it_was_written(variant: str, tmp_path: Path) -> None:
    file = tmp_path / "dataset.json"
    file.write_bytes(written("deepeval", VARIANTS[variant]))
    items = json.loads(file.read_bytes())

    cases, metadata = _said_by(
        [str(python_package("deepeval", DEEPEVAL)), "-c", _LOAD, str(file)],
        cwd=tmp_path,
        env={**os.environ, "DEEPEVAL_TELEMETRY_OPT_OUT": "YES"},
    )

    keys = ("input", "actual_output", "expected_output", "context")
    assert cases == [[item[key] for key in keys] for item in items] != []
    assert metadata == [item["metadata"] for item in items]


@pytest.mark.parametrize("variant", VARIANTS)
def test_promptfoo_takes_every_line_as_a_test_case(variant: str) -> None:
    lines = written("promptfoo", VARIANTS[variant])

    parsed = _said_by(
        ["node", "-e", _PARSE],
        cwd=npm_module("promptfoo", PROMPTFOO, "zod@3", "dedent@1"),
        input=lines,
    )

    assert parsed == [json.loads(line) for line in lines.splitlines()] != []


def _said_by(command: list[str], **options: Any) -> Any:
    """Run a program and return the JSON it prints last."""
    done = subprocess.run(command, check=True, capture_output=True, timeout=120, **options)
    return json.loads(done.stdout.splitlines()[-1])
