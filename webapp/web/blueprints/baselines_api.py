"""Baselines over HTTP: of a training frame or any file, looked at before it is applied."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from flask import Blueprint, Response, request

from webapp.accounts.permissions import Permission
from webapp.catalog import queries as catalog
from webapp.core.errors import InvalidInputError
from webapp.telemetry import baseline_file, baselines
from webapp.telemetry.bins import Columns
from webapp.web import model_changes
from webapp.web.api import answer, instant_arg
from webapp.web.bodies import body_bytes
from webapp.web.gate import requires
from webapp.web.session import runtime

BLUEPRINT = Blueprint("baselines_api", __name__, url_prefix="/api/v1")
FILE_BYTES = 64_000_000  # as sent, and of a compressed body what it unpacks to
LONGEST_NAME = 80
JSON = "application/json"
SUFFIXES: Mapping[str, str] = {
    "text/csv": ".csv",
    "application/vnd.apache.parquet": ".parquet",
    "application/x-ndjson": ".ndjson",
}


@BLUEPRINT.get("/models/<model>/baselines")
@requires(Permission.MODELS_READ)
def find(model: str) -> Response:
    """List the model's baselines, the newest first: what each was made from, by whom, and from when it counts."""
    with runtime().transaction() as session:
        found = baselines.baselines(session, catalog.model_named(session, model).id)
    return answer({"baselines": found, "next": None})


@BLUEPRINT.post("/models/<model>/baselines")
@requires(Permission.MODELS_WRITE, max_bytes=FILE_BYTES)
def make(model: str) -> Response:
    """Make a baseline of a file: CSV, Parquet, NDJSON, or JSON {"columns": {name: [values]}}; gzip is taken.

    `score` and `actual` name the columns that are no features; `valid_from` is the day from which it counts, now unless
    it is given; with `preview=1` nothing is stored, and the answer says what fits the model.
    """
    columns, kind = _columns()
    valid_from = instant_arg("valid_from")
    with runtime().job_transaction() as session:
        known = catalog.model_named(session, model)
        score, actual = request.args.get("score") or None, request.args.get("actual") or None
        what = baseline_file.given(known, columns, score=score, actual=actual)
        if request.args.get("preview") == "1":
            return answer(baseline_file.preview(session, known, what))
        made = model_changes.make_baseline_of_file(session, known, what, source=_source(kind), valid_from=valid_from)
    return answer(made, 201)


def _columns() -> tuple[Columns, str]:
    """Return the columns of the body, and what kind of file it is."""
    if request.mimetype == JSON:
        return baseline_file.read_json(body_bytes()), "JSON"
    suffix = SUFFIXES.get(request.mimetype)
    if suffix is None:
        kinds = ", ".join([*SUFFIXES, JSON])
        raise InvalidInputError(f"'{request.mimetype[:64]}' is no kind of file that is read; send one of {kinds}.")
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(body_bytes())
        file.flush()
        return baseline_file.read_file(Path(file.name), name=_named() or f"the {suffix[1:].upper()} file"), suffix[1:]


def _named() -> str:
    """Return what the sender calls the file."""
    return Path(request.args.get("name", "").replace("\\", "/").replace("\x00", "")).name[:LONGEST_NAME]


def _source(kind: str) -> str:
    name = _named()
    return f"the file {name}" if name else f"a {kind.upper() if kind != 'parquet' else 'Parquet'} file"
