"""Datasets for evaluation: DeepEval, OpenAI Evals, promptfoo, and text to read."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from sidecar.domain.clock import iso
from sidecar.domain.evals import Case, Format, language_of
from sidecar.exporters.base import as_json, json_line

_LINE: Final = "=" * 80

_TASKS: Final = (
    ("bug_fix", re.compile("fix|bug|error")),
    ("code_generation", re.compile("write|create|implement")),
    ("explanation", re.compile("explain|what")),
    ("refactoring", re.compile("refactor|improve")),
)


class EvalExporter(ABC):
    """Writes one file of cases. Each method returns what comes next in it."""

    extension: str
    media_type: str

    def begin(self) -> str:
        return ""

    @abstractmethod
    def case(self, case: Case) -> str:
        """Return what stands for one case."""

    def end(self) -> str:
        return ""


class DeepEval(EvalExporter):
    """What `EvaluationDataset.add_test_cases_from_json_file` reads: an array of test cases."""

    extension = "json"
    media_type = "application/json"

    def __init__(self, *, projects: bool) -> None:
        self._projects = projects
        self._cases = 0

    def begin(self) -> str:
        return "["

    def case(self, case: Case) -> str:
        self._cases += 1
        written = {
            "input": case.input,
            "actual_output": case.output,
            "expected_output": case.expected,
            "context": [said.text for said in case.context],
            "retrieval_context": None,
            "metadata": metadata(case, projects=self._projects),
        }
        return ("\n" if self._cases == 1 else ",\n") + as_json(written)

    def end(self) -> str:
        return "\n]\n"


class _Lines(EvalExporter):
    extension = "jsonl"
    media_type = "application/x-ndjson"

    def __init__(self, *, projects: bool) -> None:
        self._projects = projects


class OpenAI(_Lines):
    """Samples of OpenAI Evals: a conversation, and how it ideally goes on."""

    def case(self, case: Case) -> str:
        said = [{"role": said.role, "content": said.text} for said in case.context]
        written = {
            "input": [*said, {"role": "user", "content": case.input}],
            "ideal": case.expected or case.output,
            "metadata": metadata(case, projects=self._projects),
        }
        return json_line(written)


class Promptfoo(_Lines):
    """Test cases of promptfoo, for `tests: file://….jsonl`."""

    def case(self, case: Case) -> str:
        language = language_of(case.output)
        asked = case.input.lower()
        task = next((name for name, words in _TASKS if words.search(asked)), "general")
        said = "\n\n".join(f"{said.role}: {said.text}" for said in case.context)
        rubric = _rubric(case)
        written: dict[str, Any] = {
            "vars": {
                "input": _no_file(case.input),
                **({"context": said} if said else {}),
                **({"language": language} if language else {}),
                "task_type": task,
            },
            **({"assert": [{"type": "llm-rubric", "value": rubric}]} if rubric else {}),
            "metadata": metadata(case, projects=self._projects),
        }
        return json_line(written)


def _rubric(case: Case) -> str | None:
    if case.expected:
        return f"Response should match: {_literal(case.expected)}"
    if case.session["evalStatus"] in ("golden", "correct"):
        approved = _literal(case.output)
        return f"Response should be as good as this one, which a person approved: {approved}"
    return None


def _no_file(text: str) -> str:
    """promptfoo reads, or even runs, the file that a value beginning with `file://` names."""
    return f" {text}" if text.startswith("file://") else text


def _literal(text: str) -> str:
    """promptfoo fills in what stands in braces, such as settings of its environment."""
    if not re.search(r"\{[{%#]", text):
        return text
    inner = re.sub(r"\{%-?\s*endraw", lambda match: match[0].replace("{", "{ "), text)
    return f"{{% raw %}}{inner}{{% endraw %}}"


class PlainText(EvalExporter):
    """Cases to read, one after the other, under a head for each session."""

    extension = "txt"
    media_type = "text/plain; charset=utf-8"

    def __init__(self, *, projects: bool) -> None:
        self._projects = projects
        self._session: str | None = None

    def case(self, case: Case) -> str:
        lines: list[str] = []
        if self._session != case.session["id"]:
            self._session = case.session["id"]
            lines += _head(case, projects=self._projects)
        lines += [f"[Case {case.number}]", ""]
        for said in case.context:
            lines += [f"CONTEXT, {said.role.upper()}:", said.text, ""]
        lines += ["USER:", case.input, "", "ASSISTANT:", case.output, ""]
        if case.expected:
            lines += ["EXPECTED:", case.expected, ""]
        return "\n".join([*lines, ""])


def _head(case: Case, *, projects: bool) -> list[str]:
    known = metadata(case, projects=projects)
    facts = {
        "SESSION": known["session_id"],
        "SOURCE": known["tool"],
        "MODEL": known["model"],
        "DATE": known["timestamp"],
        "TOKENS": f"{case.session['totalTokens']:,}",
        "STATUS": known.get("eval_status", ""),
        "TAGS": ", ".join(known["tags"]),
        "PROJECT": known.get("project", ""),
    }
    shown = [f"{name}: {' '.join(value.split())}" for name, value in facts.items() if value]
    return [_LINE, *shown, _LINE, ""]


def metadata(case: Case, *, projects: bool) -> dict[str, Any]:
    """Return what is known of a case beside its texts."""
    session = case.session
    project = session["projectName"] or session["projectPath"]
    return {
        "session_id": session["externalId"],
        "case": case.number,
        "model": session["model"] or "unknown",
        "tool": session["source"] or "unknown",
        "timestamp": iso(session["createdAt"]),
        "tokens_input": case.prompt_tokens,
        "tokens_output": case.completion_tokens,
        **({"latency_ms": case.duration_ms} if case.duration_ms else {}),
        **({"project": project} if projects and project else {}),
        "tags": [str(tag) for tag in session["evalTags"]],
        **({"eval_status": session["evalStatus"]} if session["evalStatus"] else {}),
    }


def readme(about: Mapping[str, Any]) -> str:
    """Return what lies beside the texts of a folder of sessions."""
    return (
        "# Sessions for evaluation\n\n"
        f"Exported on {about['export_date']}. Sessions: {about['total_sessions']}, "
        f"cases: {about['total_test_cases']}.\n\n"
        "`sessions/` has one text file a session, its cases one after the other; `manifest.json`\n"
        "lists them. The same cases for DeepEval, OpenAI Evals and promptfoo come from\n"
        "`/api/export/evals` with `format=deepeval`, `openai` or `promptfoo`.\n"
    )


def exporter(format: Format, *, projects: bool) -> EvalExporter:
    """Return what writes one file of the format; of `filesystem` each session is a text file."""
    match format:
        case "deepeval":
            return DeepEval(projects=projects)
        case "openai":
            return OpenAI(projects=projects)
        case "promptfoo":
            return Promptfoo(projects=projects)
        case "filesystem" | "text":
            return PlainText(projects=projects)
