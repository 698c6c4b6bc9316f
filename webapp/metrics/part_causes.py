"""Causes among versions and segments: those that weigh more than before, and those that got worse themselves. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from statistics import NormalDist

from webapp.core import formatting
from webapp.metrics.cause import Cause, Clues, Fact, Kind, Part, in_sentence, value_text
from webapp.metrics.decomposition import Effect, effects
from webapp.metrics.intervals import Z
from webapp.metrics.metric import Metric, Unit, Value

ENOUGH = 0.1  # of the change: less is not worth a line
STANDS_OUT = 0.05  # of the change: what a segment must contribute beyond its weight
MOST_OF_A_KEY = 3
TOOK_OVER = 0.05  # of the weight, from where a version took over, or ran before
_NOBODY = Part()


def version_causes(clues: Clues) -> Iterator[Cause]:
    """Yield what the change of versions did, and what each version did that ran before and still runs."""
    before, now = clues.before.versions, clues.now.versions
    if len(before.keys() | now.keys()) < 2:
        return
    split = _split(clues, before, now)
    if not split:
        yield from _without_split(clues)
        return
    effects_of = {name: effect for name, effect in split.items() if name is not None}
    gained = max(effects_of, key=lambda name: split[name].weight - split[name].weight_before, default="")
    mix = sum(effect.mix for effect in split.values())
    is_switch = gained and split[gained].weight - split[gained].weight_before >= TOOK_OVER
    if is_switch and clues.towards(mix) >= ENOUGH:
        yield _taken_over(clues, gained, split[gained], mix)
        del effects_of[gained]
    for name, effect in effects_of.items():
        if effect.weight_before >= TOOK_OVER and clues.towards(effect.rate) >= ENOUGH:
            yield _by_itself(clues, name, effect)


def segment_causes(clues: Clues) -> Iterator[Cause]:
    """Yield the values of each key that contributed more than their weight."""
    for key, now in clues.now.segments.items():
        before = clues.before.segments.get(key, {})
        split = _split(clues, before, now)
        found = [
            _of_segment(clues, f"{key}={value}", (before.get(value, _NOBODY), now.get(value, _NOBODY)), effect, split)
            for value, effect in split.items()
            if value is not None and _stands_out(clues, effect)
        ]
        yield from sorted(found, key=lambda cause: -cause.weight)[:MOST_OF_A_KEY]


def even_keys(clues: Clues) -> list[str]:
    """Return the keys of which no value contributed more than its weight: the change is in all of them."""
    found = []
    for key, now in clues.now.segments.items():
        split = _split(clues, clues.before.segments.get(key, {}), now)
        if len(split) > 1 and not any(value is not None and _stands_out(clues, each) for value, each in split.items()):
            found.append(key)
    return found


def _split(clues: Clues, before: Mapping[str, Part], now: Mapping[str, Part]) -> Mapping[str | None, Effect]:
    return effects(
        clues.metric.name,
        {name: part.aggregate for name, part in before.items()},
        {name: part.aggregate for name, part in now.items()},
        (clues.before.whole.aggregate, clues.now.whole.aggregate),
    )


def _stands_out(clues: Clues, effect: Effect) -> bool:
    share = clues.towards(effect.total)
    return share >= ENOUGH and share - effect.mean_weight >= STANDS_OUT


def _taken_over(clues: Clues, name: str, effect: Effect, mix: float) -> Cause:
    metric, part = clues.metric, clues.now.versions.get(name, _NOBODY)
    parts = clues.before.versions.get(name, _NOBODY), part
    others = clues.before.whole.value
    title = (
        f"Version {name} took over: it weighs {formatting.share(effect.weight, 0)} instead of"
        f" {formatting.share(effect.weight_before, 0)}; its {in_sentence(metric)} is {value_text(part.value, metric)},"
        f" where all had {value_text(others, metric)} before."
    )
    gained = effect.weight - effect.weight_before
    noise = _noise((clues.before.whole, part), (gained, gained), looked_at=1)
    facts = (*_facts(parts, metric), Fact("weight", effect.weight, effect.weight_before, Unit.SHARE))
    deployed = next((each.at for each in clues.deployments if each.version == name), None)
    return _made(Kind.VERSION, title, clues, mix, noise, facts, version=name, at=deployed)


def _by_itself(clues: Clues, name: str, effect: Effect) -> Cause:
    metric = clues.metric
    parts = clues.before.versions.get(name, _NOBODY), clues.now.versions.get(name, _NOBODY)
    title = f"Version {name}, which ran before too, went from {_both(parts, metric)}."
    noise = _noise(parts, (effect.common_weight, effect.common_weight), looked_at=len(clues.now.versions))
    facts = (*_facts(parts, metric), Fact("weight", effect.weight, effect.weight_before, Unit.SHARE))
    return _made(Kind.VERSION, title, clues, effect.rate, noise, facts, version=name)


def _without_split(clues: Clues) -> Iterator[Cause]:
    """Yield the version that took over, of a metric that is no ratio of sums: nothing can be attributed."""
    shares = {
        name: (_share(clues.before.versions, name), _share(clues.now.versions, name)) for name in clues.now.versions
    }
    gained = max(shares, key=lambda name: shares[name][1] - shares[name][0], default=None)
    if gained is None or shares[gained][1] - shares[gained][0] < TOOK_OVER:
        return
    before, now = shares[gained]
    metric, parts = clues.metric, (clues.before.versions.get(gained, _NOBODY), clues.now.versions[gained])
    # One that ran before too, and was no worse then than all together, did not bring the change.
    own, all_before = parts[0 if before >= TOOK_OVER else 1].value.value, clues.before.whole.value.value
    if clues.towards((own or 0.0) - (all_before or 0.0)) < ENOUGH:
        return
    title = (
        f"Version {gained} took over: {formatting.share(now, 0)} instead of {formatting.share(before, 0)} of the"
        f" predictions; its {in_sentence(metric)} is {value_text(parts[1].value, metric)}, where all had"
        f" {value_text(clues.before.whole.value, metric)} before."
    )
    facts = (*_facts(parts, metric), Fact("share of predictions", now, before, Unit.SHARE))
    deployed = next((each.at for each in clues.deployments if each.version == gained), None)
    yield Cause(Kind.VERSION, title, now - before, facts=facts, version=gained, at=deployed)


def _of_segment(
    clues: Clues, name: str, parts: tuple[Part, Part], effect: Effect, split: Mapping[str | None, Effect]
) -> Cause:
    metric, (before, now) = clues.metric, parts
    weights = f"{formatting.share(effect.weight, 0)} instead of {formatting.share(effect.weight_before, 0)}"
    if effect.weight_before <= 0:
        title = (
            f"{name} is new: {formatting.share(effect.weight, 0)} of what counts, {in_sentence(metric)}"
            f" {value_text(now.value, metric)}."
        )
    elif effect.weight <= 0:
        title = f"{name} is gone: it was {formatting.share(effect.weight_before, 0)} of what counts."
    elif abs(effect.mix) > abs(effect.rate):
        title = f"{name} weighs {weights}; its {in_sentence(metric)} is {value_text(now.value, metric)}."
    else:
        title = f"{name} went from {_both(parts, metric)}; it weighs {formatting.share(effect.weight, 0)}."
    noise = _noise(parts, (effect.weight_before, effect.weight), looked_at=len(split))
    facts = (*_facts((before, now), metric), Fact("weight", effect.weight, effect.weight_before, Unit.SHARE))
    made = _made(Kind.SEGMENT, title, clues, effect.total, noise, facts, segment=name)
    beyond = effect.total - effect.mean_weight * clues.size
    return replace(made, clear=abs(beyond) > noise)  # Of what it weighs anyway it has its part in every change.


def _made(
    kind: Kind,
    title: str,
    clues: Clues,
    contribution: float,
    noise: float,
    facts: tuple[Fact, ...],
    *,
    version: str | None = None,
    segment: str | None = None,
    at: datetime | None = None,
) -> Cause:
    return Cause(
        kind,
        title,
        weight=min(max(clues.towards(contribution), 0.0), 1.0),
        contribution=contribution,
        clear=abs(contribution) > noise,
        facts=facts,
        version=version,
        segment=segment,
        at=at,
    )


def _noise(parts: tuple[Part, Part], weights: tuple[float, float], *, looked_at: int) -> float:
    """Return what chance alone makes a part contribute, 19 times in 20 of as many parts as were looked at."""
    halves = [0.0 if part.value.low is None else _half(part.value) for part in parts]
    wider = NormalDist().inv_cdf(1 - 0.025 / max(looked_at, 1)) / Z
    return wider * math.hypot(*(weight * half for weight, half in zip(weights, halves, strict=True)))


def _half(value: Value) -> float:
    return ((value.high or 0.0) - (value.low or 0.0)) / 2


def _facts(parts: tuple[Part, Part], metric: Metric) -> tuple[Fact, ...]:
    before, now = parts
    sizes = now.value.sample_count, before.value.sample_count
    return (
        Fact(in_sentence(metric), now.value.value, before.value.value),
        Fact("counted", float(sizes[0]), float(sizes[1]), Unit.COUNT),
    )


def _both(parts: tuple[Part, Part], metric: Metric) -> str:
    return f"{value_text(parts[0].value, metric)} to {value_text(parts[1].value, metric)}"


def _share(versions: Mapping[str, Part], name: str) -> float:
    total = sum(part.aggregate.tally.predictions for part in versions.values())
    own = versions[name].aggregate.tally.predictions if name in versions else 0
    return own / total if total else 0.0
