"""What an answer means for a model of its task: a class or its place among the classes, or a number."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from webapp.catalog.binning import CLASSES
from webapp.catalog.models import Model, Task
from webapp.catalog.queries import current_binning
from webapp.telemetry.columns import MAXIMUM_TEXT, class_text
from webapp.telemetry.wire import ClassOrNumber, Prediction

Floats = NDArray[np.float64]
Fault = tuple[str, str, str]  # field, reason, sentence

_BINARY = frozenset({"0", "1", "true", "false", "True", "False"})
_YES_OR_NO = frozenset({"0", "1", "true", "false", "yes", "no", "y", "n", "positive", "negative"})


def likely_task(item: Prediction) -> Task:
    """Guess from its first prediction what an unknown model does; a data scientist confirms or corrects it."""
    if item.scores is not None:
        return Task.MULTICLASS
    guess = Task.BINARY if item.predicted is None else _task_of_answer(item.predicted)
    return Task.MULTICLASS if guess is Task.REGRESSION and item.score is not None else guess


def likely_task_of_answers(answers: Sequence[ClassOrNumber]) -> Task:
    """Guess from outcomes that came before any prediction, as most of them say; one that is odd decides nothing."""
    counts = Counter(map(_task_of_answer, answers))
    return max(Task, key=lambda task: counts[task])  # of as many, what stands first: yes and no


def _task_of_answer(answer: ClassOrNumber) -> Task:
    if class_text(answer).lower() in _YES_OR_NO:
        return Task.BINARY
    return Task.MULTICLASS if isinstance(answer, str) else Task.REGRESSION


class Answers:
    """Reads the answers of one model, and keeps the classes of a multiclass one in the order they first came up."""

    def __init__(self, session: Session, model: Model) -> None:
        self.model = model
        self._places: dict[str, int] = {}
        if model.task is Task.MULTICLASS:
            binning = current_binning(session, model.id)
            self._places = {} if binning is None else dict(binning.class_position)

    @property
    def names(self) -> tuple[str, ...]:
        """Return every class known by now, in its place."""
        return tuple(self._places)

    def fault_of_prediction(self, item: Prediction) -> Fault | None:
        """Return why the model cannot have answered so, or None; classes that are new get a place."""
        task = self.model.task
        if item.scores is not None and task is not Task.MULTICLASS:
            return "scores", "wrong_task", f"are for multiclass models; '{self.model.name}' is a {task} model"
        if task is Task.REGRESSION:
            if item.score is not None:
                return "score", "wrong_task", f"is for classes; '{self.model.name}' predicts a number: send 'predicted'"
            return None if item.predicted is None else _fault_of_number("predicted", item.predicted)
        if task is Task.MULTICLASS:
            told = [] if item.predicted is None else [class_text(item.predicted)]
            return self._fault_of_classes("predicted", [*told, *(item.scores or ())])
        return None if item.predicted is None else self._fault_of_binary("predicted", item.predicted)

    def fault_of_outcome(self, actual: ClassOrNumber) -> Fault | None:
        """Return why the outcome cannot be one of the model's, or None."""
        if self.model.task is Task.REGRESSION:
            return _fault_of_number("actual", actual)
        if self.model.task is Task.MULTICLASS:
            return _fault_of_no_class("actual", actual) or self._fault_of_classes("actual", [class_text(actual)])
        return self._fault_of_binary("actual", actual)

    def of_outcome(self, actual: ClassOrNumber) -> float:
        """Return the outcome as an event keeps it."""
        if self.model.task is Task.REGRESSION:
            return float(actual)
        answer = class_text(actual)
        return float(self._places[answer] if self.model.task is Task.MULTICLASS else self._is_positive(answer))

    def decided(self, items: Sequence[Prediction]) -> Floats:
        """Return what was decided: as sent, else by threshold or the highest score; NaN where nothing was."""
        return np.array([self._decided(item) for item in items], dtype=np.float64)

    def scores_of_decision(self, items: Sequence[Prediction]) -> Floats:
        """Return the score of each item: of the positive class, or of the class that was decided on; NaN: none."""
        if self.model.task is not Task.MULTICLASS:
            return np.array([item.score for item in items], dtype=np.float64)
        return np.array([self._confidence(item) for item in items], dtype=np.float64)

    def scores(self, items: Sequence[Prediction], width: int) -> Floats | None:
        """Return the scores of all classes, shape (rows, width); None for models that have none."""
        if self.model.task is not Task.MULTICLASS:
            return None
        values = np.full((len(items), width), np.nan)
        for row, item in enumerate(items):
            if item.scores:
                values[row] = 0.0
                values[row, [self._places[name] for name in item.scores]] = list(item.scores.values())
        return values

    def _decided(self, item: Prediction) -> float:
        task = self.model.task
        if task is Task.BINARY:
            if item.predicted is not None:
                return float(self._is_positive(class_text(item.predicted)))
            return math.nan if item.score is None else float(item.score >= self.model.threshold)
        if item.predicted is not None:
            return float(item.predicted) if task is Task.REGRESSION else float(self._places[class_text(item.predicted)])
        return float(self._places[_highest(item.scores)]) if item.scores else math.nan

    def _confidence(self, item: Prediction) -> float | None:
        if not item.scores:
            return item.score
        decided = _highest(item.scores) if item.predicted is None else class_text(item.predicted)
        return item.scores.get(decided, 0.0)

    def _is_positive(self, answer: str) -> bool:
        positive = self.model.positive_class
        return answer == positive or (positive == "1" and answer.lower() == "true")

    def _fault_of_binary(self, field: str, value: ClassOrNumber) -> Fault | None:
        """Refuse what is neither class: it would be counted as the other one than the positive."""
        fault = _fault_of_no_class(field, value)
        if fault is not None:
            return fault
        answer, name = class_text(value), self.model.name
        if self.model.positive_class == "1" and answer not in _BINARY:
            return field, "unknown_class", f"is '{answer[:64]}'; '{name}' knows the classes 0 and 1"
        return None

    def _fault_of_classes(self, field: str, names: Sequence[str]) -> Fault | None:
        for name in names:
            if not name or "\x00" in name or len(name) > MAXIMUM_TEXT:
                return field, "unclean_text", f"names a class with none or more than {MAXIMUM_TEXT} characters, or NUL"
        fresh = [name for name in dict.fromkeys(names) if name not in self._places]
        if len(self._places) + len(fresh) > CLASSES:
            return (
                field,
                "too_many_classes",
                f"names the class '{fresh[0][:64]}', but '{self.model.name}' has {CLASSES} classes already;"
                " more are not counted",
            )
        for name in fresh:
            self._places[name] = len(self._places)
        return None


def _fault_of_no_class(field: str, value: ClassOrNumber) -> Fault | None:
    if isinstance(value, float) and not math.isfinite(value):
        return field, "not_finite", "must be a class, not NaN or infinity"
    return None


def _fault_of_number(field: str, value: ClassOrNumber) -> Fault | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return field, "not_a_number", f"is '{str(value)[:64]}'; it must be a number"
    if not math.isfinite(value) or abs(value) > 1e100:
        return field, "not_finite", "must be a finite number"
    return None


def _highest(scores: dict[str, float]) -> str:
    return max(scores, key=lambda name: scores[name])
