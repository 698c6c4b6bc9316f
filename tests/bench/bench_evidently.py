"""Side by side with Evidently: from the same rows in a file to drift and classification numbers, and a second window.

MC_BENCH_ROWS says how many rows there are (a million), with a tenth of them as the reference. Evidently is installed
into an environment of its own, MC_BENCH_VENV or .data/bench-venv; where that cannot be, only our half is measured.
"""

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.bench.run import median_ms, scratch_runtime, show
from webapp.catalog import register
from webapp.catalog.models import Model
from webapp.core.periods import DAY, Window
from webapp.metrics.drift import drift
from webapp.metrics.performance import performance
from webapp.runtime import Runtime

ROWS = int(os.environ.get("MC_BENCH_ROWS", "1_000_000"))
NUMBERS, TEXTS, DAYS = 16, 4, 28
VENV = Path(os.environ.get("MC_BENCH_VENV", ".data/bench-venv"))
PACKAGES = ("evidently==0.7.23", "pandas<3", "pyarrow")  # It does not start with pandas 3.
# Both sides are measured with their code loaded, since a service would have it.
_LOADED = "from webapp.cli import main, imports; print('ready', flush=True); input(); main.main()"
_IMPORT = ("import", "predictions", "--model", "bench", "--version", "v1")
SIDE = Path(__file__).with_name("evidently_side.py")
FIRST, SECOND, MEMORY = 20, 1_000, 300  # what is promised: how many times less, and MB


@dataclass(frozen=True, slots=True)
class Files:
    """The same rows for both: a reference, and four weeks of decisions with what came of them."""

    reference: Path
    rows: Path
    start: datetime
    end: datetime

    @property
    def half(self) -> datetime:
        return self.start + (self.end - self.start) / 2


@dataclass(frozen=True, slots=True)
class Look:
    """What one side took."""

    first_seconds: float
    second_seconds: float
    peak_mb: float


def run() -> None:
    with tempfile.TemporaryDirectory(prefix="mission-control-bench-") as folder:
        files = _files_at(Path(folder))
        ours = _ours(files)
        python = _evidently()
        if python is None:
            return
        theirs = _theirs(python, files)
    _compare(ours, theirs)


def _ours(files: Files) -> Look:
    """Import by file, as people do it, into an embedded PostgreSQL; ask for what the two screens show when it says so.

    The first look ends there; the rows are stored meanwhile, and the figures are the same when they are.
    """
    with scratch_runtime() as runtime:
        with runtime.transaction() as session:
            model = register.put_model(session, "bench", now=files.end, title="Bench")
        whole, later = Window(files.start, files.end), Window(files.half, files.end)
        with _importing(runtime, files) as child:
            began = time.perf_counter()
            child.told("go")
            child.wait_for("Counted")
            counted = time.perf_counter()
            seen = _numbers(runtime, model, whole, files.end)
            first = time.perf_counter() - began
            peak = child.finished()
            stored = time.perf_counter() - began
        if _numbers(runtime, model, whole, files.end) != seen:
            raise RuntimeError("the figures of the first look are not those of the stored rows")
        second = median_ms(lambda: _numbers(runtime, model, later, files.end)) / 1000
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show("  baseline made, rows counted; first numbers", f"{counted - began:.1f} s; {first - counted + began:.1f} s")
    show("  until every row is stored", f"{stored:.1f} s")
    show("  peak memory: reader of files; this process", f"{peak:.0f} MB; {own:.0f} MB", f"< {MEMORY} MB")
    return Look(first, second, peak)


@contextmanager
def _importing(runtime: Runtime, files: Files) -> Iterator["_Child"]:
    """Yield the command that imports the rows, loaded and waiting to be told to go."""
    environment = {**os.environ, "MC_DATABASE_URL": runtime.settings.database_url or "", "MC_SECRET_KEY": "b" * 48}
    began = time.perf_counter()
    command = [sys.executable, "-c", _LOADED, *_IMPORT, str(files.rows), "--baseline", str(files.reference)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, env=environment, bufsize=1, **pipes) as process:
        child = _Child(process)
        child.wait_for("ready")
        show("  import of itself", f"{time.perf_counter() - began:.1f} s", "not counted")
        yield child


@dataclass(frozen=True, slots=True)
class _Child:
    process: "subprocess.Popen[str]"

    def told(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")

    def wait_for(self, word: str) -> None:
        assert self.process.stdout is not None
        if not any(line.startswith(word) for line in self.process.stdout):
            raise RuntimeError(f"the import ended without a word of '{word}'")

    def finished(self) -> float:
        """Wait until it ends; return its peak memory in MB."""
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.process.returncode != 0:
            raise RuntimeError(f"the import ended with {self.process.returncode}")
        return used.ru_maxrss / 1024


def _numbers(runtime: Runtime, model: Model, window: Window, now: datetime) -> tuple[float, float]:
    """Return two of the figures that the screens of data and of performance show of the window, all computed."""
    with runtime.transaction() as session:
        moved = drift(session, model, window, now=now)
        decided = performance(session, model, window, now=now)
    if moved.score.value is None or decided.accuracy.value is None:
        raise RuntimeError(f"no numbers: {moved.score.reason} {decided.accuracy.reason}")
    return moved.score.value, decided.accuracy.value


def _theirs(python: Path, files: Files) -> Look:
    since = int(files.half.timestamp() * 1e6)
    command = [str(python), "-W", "ignore", str(SIDE), str(files.reference), str(files.rows), str(since)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    show("Evidently: import of itself", f"{found['import_seconds']:.1f} s", "not counted")
    return Look(found["first_seconds"], found["second_seconds"], found["peak_mb"])


def _compare(ours: Look, theirs: Look) -> None:
    for what, unit, first, second, promise in (
        ("first look, from the file to the numbers", 1.0, ours.first_seconds, theirs.first_seconds, FIRST),
        ("second window", 1000.0, ours.second_seconds, theirs.second_seconds, SECOND),
    ):
        name = "s" if unit == 1 else "ms"
        peer = f"Evidently: {second:.1f} s"
        show(what, f"{first * unit:.1f} {name}, {second / first:,.1f}× less", f"≥ {promise:,}×", peer)
    show("peak memory", f"{ours.peak_mb:.0f} MB", f"< {MEMORY} MB", f"Evidently: {theirs.peak_mb:,.0f} MB")


def _evidently() -> Path | None:
    """Return the interpreter that has Evidently, installed on first use; None, with a word, where it cannot be."""
    python = VENV / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True, capture_output=True)
        if subprocess.run([str(python), "-c", "import evidently"], capture_output=True).returncode != 0:
            command = [str(python), "-m", "pip", "install", "--quiet", *PACKAGES]
            subprocess.run(command, check=True, capture_output=True, timeout=900)
    except (subprocess.SubprocessError, OSError) as error:
        print(f"  skipped: Evidently cannot be installed here ({type(error).__name__}).")
        return None
    return python


def _files_at(folder: Path) -> Files:
    """Return the files, written by a process of its own: a child's peak memory begins with that of who started it."""
    now = datetime.now(UTC).replace(microsecond=0)
    files = Files(folder / "reference.parquet", folder / "rows.parquet", now - DAYS * DAY, now)
    writer = multiprocessing.get_context("spawn").Process(target=_write, args=(files,))
    writer.start()
    writer.join()
    if writer.exitcode != 0:
        raise RuntimeError("the rows could not be written")
    return files


def _write(files: Files) -> None:
    """Write the rows: sixteen numbers and four texts, three of them moved, and scores that hold what they promise."""
    rng = np.random.default_rng(7)
    pq.write_table(pa.table(_columns(rng, max(ROWS // 10, 1_000), moved=0.0)), files.reference)
    span = int((DAYS * DAY - timedelta(hours=1)).total_seconds() * 1e6)
    at = int(files.start.timestamp() * 1e6) + np.sort(rng.integers(0, span, ROWS))
    named = {
        "prediction_id": [f"p-{number}" for number in range(ROWS)],
        "at": pa.array(at, pa.timestamp("us", tz="UTC")),
    }
    pq.write_table(pa.table(named | _columns(rng, ROWS, moved=0.3)), files.rows)


def _columns(rng: np.random.Generator, count: int, *, moved: float) -> dict[str, Any]:
    numbers = {f"feature_{place}": rng.normal(moved if place < 3 else 0, 1, count) for place in range(NUMBERS)}
    texts = {f"feature_{NUMBERS + place}": rng.choice(["a", "b", "c", "d", "e"], count) for place in range(TEXTS)}
    score = rng.beta(2, 5, count)
    decided, actual = (score >= 0.5).astype(np.int64), (rng.random(count) < score).astype(np.int64)
    return {**numbers, **texts, "score": score, "predicted": decided, "actual": actual}
