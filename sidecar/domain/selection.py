"""Which sessions a request is about: some by their ids, or all that match a filter.

`pb_hooks/lib/selection.js` makes SQL of it. A name that is not known is refused: a filter that is
overlooked would select too much.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    model_validator,
)

MOST_IDS: Final = 1_000
MOST_EXCEPTIONS: Final = 10_000

_MOST_VALUES: Final = 100
_LARGEST: Final = 2**53

EvalStatus = Literal["golden", "correct", "incorrect", "needs_review"]
RecordId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{15}$")]
Text = Annotated[str, StringConstraints(max_length=512)]
Number = Annotated[float, Field(ge=0, le=_LARGEST)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Tags = Annotated[list[Tag], Field(max_length=50)]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


_Some = Annotated[
    list[Text], Field(min_length=1, max_length=_MOST_VALUES), BeforeValidator(_listed)
]
_Statuses = Annotated[
    list[EvalStatus | Literal[""]], Field(min_length=1, max_length=5), BeforeValidator(_listed)
]


class SessionFilter(BaseModel):
    """What sessions must be like; everything that is given must hold. `''` matches "not known"."""

    model_config = ConfigDict(extra="forbid")

    source: _Some | None = None
    model: _Some | None = None
    provider: _Some | None = None
    projectName: _Some | None = None
    evalStatus: _Statuses | None = None
    tags: Annotated[Tags, Field(min_length=1)] | None = Field(
        default=None, description="Any of them, whatever the case."
    )
    from_: Number | None = Field(default=None, alias="from", description="`updatedAt` at least.")
    to: Number | None = Field(default=None, description="`updatedAt` at most.")
    createdFrom: Number | None = Field(default=None, description="`createdAt` at least.")
    createdTo: Number | None = Field(default=None, description="`createdAt` at most.")
    minTokens: Number | None = None
    maxTokens: Number | None = None
    maxMessages: Number | None = Field(default=None, description="Fewer messages than this.")
    untitled: StrictBool | None = None
    zeroCost: StrictBool | None = None
    isPublic: StrictBool | None = None
    evalReady: StrictBool | None = None
    q: Text | None = Field(default=None, description="In the title, whatever the case.")


class Selection(BaseModel):
    """Either `ids`, or a `filter` and the ids that are not meant."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[RecordId], Field(min_length=1, max_length=MOST_IDS)] | None = None
    filter: SessionFilter | None = None
    except_: Annotated[list[RecordId], Field(max_length=MOST_EXCEPTIONS)] = Field(
        default=[], alias="except"
    )

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Selection:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("send either ids or a filter")
        if self.ids is not None and self.except_:
            raise ValueError("except goes with a filter")
        return self

    def conditions(self) -> dict[str, Any]:
        """Return what the hook's selection takes."""
        if self.ids is not None:
            return {"ids": self.ids}
        given = self.filter.model_dump(by_alias=True, exclude_none=True) if self.filter else {}
        return {**given, **({"except": self.except_} if self.except_ else {})}


class Labels(BaseModel):
    """What is set on every selected session; what is not given stays as it is."""

    model_config = ConfigDict(extra="forbid")

    evalReady: StrictBool | None = None
    evalStatus: EvalStatus | None = Field(default=None, description="`null` removes the status.")
    addTags: Tags = []
    removeTags: Tags = []

    @model_validator(mode="after")
    def _something(self) -> Labels:
        if not self.changes():
            raise ValueError("there is nothing to set")
        return self

    def changes(self) -> dict[str, Any]:
        """Return what the hook is to set, '' for a status that is removed."""
        given: dict[str, Any] = {}
        if self.evalReady is not None:
            given["evalReady"] = self.evalReady
        if "evalStatus" in self.model_fields_set:
            given["evalStatus"] = self.evalStatus or ""
        if self.addTags:
            given["addTags"] = self.addTags
        if self.removeTags:
            given["removeTags"] = self.removeTags
        return given


class LabelledSelection(Selection):
    """A selection, and what to set on it."""

    set: Labels
