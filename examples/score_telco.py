"""Score a telecom's customers: each half by a model that was trained on the other half.

    python examples/score_telco.py telco.csv --out scored

writes scored/predictions.csv and scored/outcomes.csv, ready for `mission-control import`.
It needs scikit-learn (pip install scikit-learn).
"""

import argparse
import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

IDENTIFIER, ANSWER, POSITIVE = "customerID", "Churn", "Yes"
NUMBERS = ("tenure", "MonthlyCharges", "TotalCharges")
PREDICTED_OVER, TOLD_AFTER = timedelta(days=30), timedelta(days=7)

Row = Mapping[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="telco.csv")
    parser.add_argument("--out", type=Path, default=Path(), help="the folder for predictions.csv and outcomes.csv")
    arguments = parser.parse_args()
    with arguments.file.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    scores, versions = score(rows)
    write(arguments.out, rows, scores, versions, now=datetime.now(UTC).replace(microsecond=0))


def score(rows: Sequence[Row]) -> tuple[Sequence[float], Sequence[str]]:
    """Return each row's probability of leaving, and the name of the model that said so."""
    half = np.random.default_rng(0).permutation(len(rows)) % 2
    table, answers = _table(rows), np.array([row[ANSWER] == POSITIVE for row in rows])
    scores = np.empty(len(rows))
    for part in (0, 1):
        model = _model(rows).fit(table[half != part], answers[half != part])
        scores[half == part] = model.predict_proba(table[half == part])[:, 1]
    names = np.array(["trained-on-second-half", "trained-on-first-half"])
    return scores.round(6).tolist(), names[half].tolist()


def write(
    folder: Path, rows: Sequence[Row], scores: Sequence[float], versions: Sequence[str], *, now: datetime
) -> None:
    """Spread the predictions over a month; what really happened is told a week after each."""
    folder.mkdir(parents=True, exist_ok=True)
    first, spacing = now - PREDICTED_OVER - TOLD_AFTER, PREDICTED_OVER / len(rows)
    with (
        (folder / "predictions.csv").open("w", encoding="utf-8", newline="") as predictions,
        (folder / "outcomes.csv").open("w", encoding="utf-8", newline="") as outcomes,
    ):
        predicted, told = csv.writer(predictions), csv.writer(outcomes)
        features = [name for name in rows[0] if name not in {IDENTIFIER, ANSWER}]
        predicted.writerow([IDENTIFIER, "at", "version", "probability", *features])
        told.writerow([IDENTIFIER, "at", ANSWER])
        for place, (row, probability, version) in enumerate(zip(rows, scores, versions, strict=True)):
            at = first + place * spacing
            values = [row[name] for name in features]
            predicted.writerow([row[IDENTIFIER], at.isoformat(), version, probability, *values])
            told.writerow([row[IDENTIFIER], (at + TOLD_AFTER).isoformat(), row[ANSWER]])


def _table(rows: Sequence[Row]) -> np.ndarray:
    """Return the features as a table: numbers first (a blank one is 0: those customers are new), then texts."""
    texts = [name for name in rows[0] if name not in {IDENTIFIER, ANSWER, *NUMBERS}]
    return np.array(
        [[*(float(row[name].strip() or 0) for name in NUMBERS), *(row[name] for name in texts)] for row in rows],
        dtype=object,
    )


def _model(rows: Sequence[Row]):
    width, numbers = len(rows[0]) - 2, list(range(len(NUMBERS)))
    encoder = make_column_transformer(
        (StandardScaler(), numbers),
        (OneHotEncoder(handle_unknown="ignore"), list(range(len(NUMBERS), width))),
    )
    return make_pipeline(encoder, LogisticRegression(max_iter=1_000))


if __name__ == "__main__":
    main()
