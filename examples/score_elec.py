"""Score an electricity market half hour by half hour: will the price go up? A real stream that drifts.

    python examples/score_elec.py elec.csv --out scored

writes scored/predictions.csv and scored/outcomes.csv, in the order of time, ending now. A model is trained on the
first sixth once and never again, so that its decay is to be seen; that sixth itself is scored out of fold.
It needs scikit-learn (pip install scikit-learn).
"""

import argparse
import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import cross_val_predict

ANSWER = "class"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="elec.csv")
    parser.add_argument("--out", type=Path, default=Path(), help="the folder for predictions.csv and outcomes.csv")
    parser.add_argument("--step", type=int, default=30, metavar="MINUTES", help="the time between rows (default 30)")
    arguments = parser.parse_args()
    with arguments.file.open(encoding="utf-8", newline="") as file:
        header, *lines = list(csv.reader(file))
    now = datetime.now(UTC).replace(microsecond=0)
    write(arguments.out, header, lines, timedelta(minutes=arguments.step), now=now)


def score(features: np.ndarray, answers: np.ndarray) -> Sequence[float]:
    """Return each row's probability of a rise."""
    first = len(features) // 6
    early = cross_val_predict(
        HistGradientBoostingClassifier(random_state=0), features[:first], answers[:first], cv=3, method="predict_proba"
    )
    model = HistGradientBoostingClassifier(random_state=0).fit(features[:first], answers[:first])
    late = model.predict_proba(features[first:])
    return np.concatenate([early, late])[:, 1].round(6).tolist()


def write(
    folder: Path, header: Sequence[str], lines: Sequence[Sequence[str]], step: timedelta, *, now: datetime
) -> None:
    """Write the rows in steps that end now; what really happened is told one step after each."""
    folder.mkdir(parents=True, exist_ok=True)
    place = header.index(ANSWER)
    names = [name for name in header if name != ANSWER]
    table = np.array([[float(value) for value in line] for line in lines])
    answers = table[:, place].astype(int)
    scores = score(np.delete(table, place, axis=1), answers)
    first = now - step * (len(lines) + 1)
    with (
        (folder / "predictions.csv").open("w", encoding="utf-8", newline="") as predictions,
        (folder / "outcomes.csv").open("w", encoding="utf-8", newline="") as outcomes,
    ):
        predicted, told = csv.writer(predictions), csv.writer(outcomes)
        predicted.writerow(["prediction_id", "at", "score", *names])
        told.writerow(["prediction_id", "at", "actual"])
        for number, (line, probability) in enumerate(zip(lines, scores, strict=True)):
            identifier, at = f"half-hour-{number:05d}", first + number * step
            values = [value for name, value in zip(header, line, strict=True) if name != ANSWER]
            predicted.writerow([identifier, at.isoformat(), probability, *values])
            told.writerow([identifier, (at + step).isoformat(), answers[number]])


if __name__ == "__main__":
    main()
