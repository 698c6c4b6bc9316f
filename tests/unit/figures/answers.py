"""Answers of a model, as its page would count them."""

from webapp.metrics.answer_mix import AnswerBar, AnswerMix

ANSWERS = AnswerMix(
    2500,
    (AnswerBar(0.0, 0.5, 1870, 120, 1740), AnswerBar(0.5, 1.0, 630, 450, 180)),
    {"v1": {"yes": 25, "no": 75}, "v2": {"yes": 75, "no": 25}},
)
