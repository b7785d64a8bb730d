"""What a clean-up takes and what it spares, and when a rule is due.

Cleaning up by hand and a rule that does it every day mean sessions in the same words.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from sidecar.domain.selection import RecordId, SessionFilter

DAY_MS: Final = 86_400_000
MOST_RULES: Final = 50

_OLDEST_DAYS: Final = 36_500
_LONGEST_REASON: Final = 500

Exemption = Literal["public", "evals", "tagged"]
RuleName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]

# The name of each in pb_hooks/lib/selection.js.
_SPARED: Final[dict[Exemption, str]] = {
    "public": "notPublic",
    "evals": "notInEvals",
    "tagged": "untagged",
}


class Conditions(BaseModel):
    """What must hold of a session to be cleaned away."""

    model_config = ConfigDict(extra="forbid")

    filter: SessionFilter = Field(default_factory=SessionFilter)
    olderThanDays: Annotated[int, Field(ge=1, le=_OLDEST_DAYS)] | None = Field(
        default=None, description="Not changed for so many days."
    )
    spare: list[Exemption] = Field(
        default=["public", "evals", "tagged"],
        description="Published sessions, those marked or judged for evals, those with tags.",
    )

    @model_validator(mode="after")
    def _something(self) -> Conditions:
        if self.olderThanDays is None and not self.filter.model_dump(exclude_none=True):
            raise ValueError("say at least one condition")
        return self

    def selection(self, now: int) -> dict[str, Any]:
        """Return what the hook's selection takes."""
        chosen = self.filter.model_dump(by_alias=True, exclude_none=True)
        if self.olderThanDays is not None:
            chosen["to"] = min(chosen.get("to", now), now - self.olderThanDays * DAY_MS)
        return chosen | {_SPARED[name]: True for name in self.spare}

    def reason(self) -> str:
        """Say in words what was cleaned away, for the trash."""
        filter = self.filter
        days = self.olderThanDays
        said = [
            f"fewer than {filter.maxMessages:g} messages" if filter.maxMessages is not None else "",
            {True: "no title", False: "a title", None: ""}[filter.untitled],
            {True: "zero cost", False: "some cost", None: ""}[filter.zeroCost],
            f"from {', '.join(filter.source)}" if filter.source else "",
            f"not touched for {days} {'day' if days == 1 else 'days'}" if days is not None else "",
        ]
        text = ", ".join(part for part in said if part) or "matched a filter"
        return (text[0].upper() + text[1:])[:_LONGEST_REASON]


class RuleConditions(Conditions):
    """The same for a rule, which leaves alone what was imported or restored only just."""

    olderThanDays: Annotated[int, Field(ge=1, le=_OLDEST_DAYS)] = Field(
        description="Not changed, nor arrived here, for so many days."
    )

    def selection(self, now: int) -> dict[str, Any]:
        arrived = now - self.olderThanDays * DAY_MS
        return super().selection(now) | {"arrivedBy": arrived}


class RuleIn(BaseModel):
    """A new rule."""

    model_config = ConfigDict(extra="forbid")

    name: RuleName
    conditions: RuleConditions
    enabled: bool = False


class RuleChange(BaseModel):
    """What changes of a rule; what is not given stays."""

    model_config = ConfigDict(extra="forbid")

    name: RuleName | None = None
    conditions: RuleConditions | None = None
    enabled: bool | None = None


class TrashSelection(BaseModel):
    """Some entries of the trash, or `all` that are there by now."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[RecordId], Field(min_length=1, max_length=1_000)] | None = None
    all: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> TrashSelection:
        if (self.ids is None) == (self.all is None):
            raise ValueError("send either ids or all")
        return self

    def conditions(self) -> dict[str, Any]:
        """Return what the hook takes."""
        return {} if self.ids is None else {"ids": self.ids}


def is_due(last_run: int, now: int) -> bool:
    """Tell whether a rule that ran then, or never (0), is to run again."""
    return last_run <= now - DAY_MS
