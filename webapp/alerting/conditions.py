"""One condition of several: a metric with its lines, as people write it."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MOST = 5


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One condition: a metric and its lines."""

    metric: Annotated[str, Meta(max_length=64, description="The metric; empty: the one that the rule watches.")] = ""
    direction: Annotated[Literal["above", "below"], Meta(description="On which side of the line it is bad.")] = "above"
    low: Annotated[float | None, Meta(description="Where low begins.")] = None
    medium: Annotated[float | None, Meta(description="Where medium begins.")] = None
    high: Annotated[float | None, Meta(description="Where high begins.")] = None
    critical: Annotated[float | None, Meta(description="Where critical begins.")] = None
