"""What a client may send: the types that validate, and that the OpenAPI document is made from."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Identifier = Annotated[str, Meta(min_length=1, max_length=512)]
Instant = Annotated[datetime, Meta(tz=True)]
Share = Annotated[float, Meta(ge=0, le=1)]
FeatureValue = float | str | bool | None
ClassOrNumber = int | float | str | bool


class Prediction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One prediction of one model version.

    A binary model sends `score`, the probability of the positive class; a multiclass one `scores`, a probability a
    class, or the `predicted` class with its `score`; a regression the number that it `predicted`.
    """

    model: Name
    prediction_id: Identifier
    at: Instant
    version: Name = "unversioned"
    features: dict[str, FeatureValue] = {}
    score: Share | None = None
    predicted: ClassOrNumber | None = None
    latency_ms: Annotated[float, Meta(ge=0, le=1e9)] | None = None
    error: Annotated[str, Meta(max_length=2000)] | None = None
    segments: dict[str, str] = {}
    environment: Name = "production"
    scores: dict[str, Share] | None = None


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What really happened for one prediction id, a class or a number.

    It may come before its prediction, and again as a correction.
    """

    model: Name
    prediction_id: Identifier
    actual: ClassOrNumber
    at: Instant


class Measurement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One value of a gauge. The label `model` ties it to a model."""

    name: Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*\Z")]
    value: Annotated[float, Meta(ge=-1e100, le=1e100)]
    at: Instant
    labels: dict[str, str] = {}


class Deployment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version went live."""

    model: Name
    version: Name
    at: Instant
    note: Annotated[str, Meta(max_length=2000)] = ""
    environment: Name = "production"


class Predictions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    predictions: list[Prediction]


class Outcomes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outcomes: list[Outcome]


class Measurements(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    measurements: list[Measurement]


class PredictionEvent(
    Prediction, frozen=True, forbid_unknown_fields=True, gc=False, tag_field="kind", tag="prediction"
):
    """A prediction on a line of its own."""


class OutcomeEvent(Outcome, frozen=True, forbid_unknown_fields=True, gc=False, tag_field="kind", tag="outcome"):
    """An outcome on a line of its own."""


class MeasurementEvent(
    Measurement, frozen=True, forbid_unknown_fields=True, gc=False, tag_field="kind", tag="measurement"
):
    """A measurement on a line of its own."""


class DeploymentEvent(Deployment, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="deployment"):
    """A deployment on a line of its own."""


Event = PredictionEvent | OutcomeEvent | MeasurementEvent | DeploymentEvent


class Rejection(msgspec.Struct, frozen=True):
    """Why one item was not taken: its place in the batch, the field, and what to do."""

    index: int
    field: str
    message: str


class Receipt(msgspec.Struct, frozen=True):
    """The answer to a batch, given after commit."""

    accepted: int
    duplicates: int
    rejected: list[Rejection]
