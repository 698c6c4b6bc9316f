"""Evidently's half of the bench, run by its own interpreter: drift and classification of a file against another.

evidently_side.py REFERENCE ROWS SINCE    the second window is what is at SINCE (µs) or later

It imports nothing of ours, and prints one line of JSON.
"""

import json
import resource
import sys
import time
import warnings


def main(reference_file: str, rows_file: str, since: int) -> None:
    warnings.filterwarnings("ignore")
    began = time.perf_counter()
    import pandas as pd
    from evidently import BinaryClassification, DataDefinition, Dataset, Report
    from evidently.presets import ClassificationPreset, DataDriftPreset

    imported = time.perf_counter()
    reference, rows = pd.read_parquet(reference_file), pd.read_parquet(rows_file)
    names = [name for name in rows.columns if name.startswith("feature_")]
    numeric = [name for name in names if pd.api.types.is_numeric_dtype(rows[name])]
    definition = DataDefinition(
        numerical_columns=numeric,
        categorical_columns=[name for name in names if name not in numeric],
        classification=[
            BinaryClassification(target="actual", prediction_labels="predicted", prediction_probas="score", pos_label=1)
        ],
    )
    chosen = [*names, "score", "predicted", "actual"]
    before = Dataset.from_pandas(reference[chosen], data_definition=definition)

    def look(frame: "pd.DataFrame") -> int:
        now = Dataset.from_pandas(frame[chosen].reset_index(drop=True), data_definition=definition)
        return len(Report([DataDriftPreset(), ClassificationPreset()]).run(now, before).dict()["metrics"])

    metrics = look(rows)
    first = time.perf_counter()
    later = rows[rows["at"].astype("int64") >= since]
    look(later)
    second = time.perf_counter()
    found = {
        "import_seconds": imported - began,
        "first_seconds": first - imported,
        "second_seconds": second - first,
        "second_rows": len(later),
        "metrics": metrics,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
