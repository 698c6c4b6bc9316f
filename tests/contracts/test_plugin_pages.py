"""docs/ has a page for each kind of plug-in and a heading for each plug-in, made from what they say of themselves."""

import importlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from webapp.alerting import rule_types
from webapp.alerting.outside import source_formats
from webapp.core.registry import discover
from webapp.drift import methods
from webapp.metrics import definitions
from webapp.reporting import sections

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLE = datetime(2026, 3, 10, 12, tzinfo=UTC)
MADE = "*This page is made from the plug-ins themselves: `python -m tests.contracts.test_plugin_pages` writes it.*"


def _metrics() -> Iterator[str]:
    yield "# Metrics"
    yield "One definition each, used by screens, rules, reports and the API alike. A value that cannot be computed says"
    yield "why; it is never 0 and never NaN. Shares carry a Wilson interval, AUC an interval and the bound of its bins."
    for metric in _found(definitions, "METRIC"):
        yield f"\n## {metric.name}"
        said = _docstring(definitions, metric.name)
        yield said if said.startswith(metric.label) else f"{metric.label}. {said}"
        yield f"\n- formula: {metric.formula}"
        yield f"- unit: {metric.unit}, better: {metric.better}, group: {metric.group}, read from: {metric.source}"
        if metric.minimum_sample_count > 1:
            yield f"- smallest sample: {metric.minimum_sample_count}"


def _methods() -> Iterator[str]:
    yield "# Drift methods"
    yield "Distances between a baseline and a window counted in the same bins. Beside each score stands its"
    yield "noise floor: what two samples of these sizes from one distribution stay below 19 times in 20. A feature"
    yield "below it is never called drifted; nor is one that is no longer surprising among all features, q < 0.05 after"
    yield "Benjamini and Hochberg, by the method's own p-value or by that of the chi-square test on the same bins."
    for method in _found(methods, "METHOD"):
        yield f"\n## {method.name}"
        yield f"{method.label}. {_docstring(methods, method.name)}"
        yield f"\n- formula: {method.formula}"
        yield f"- warning from {method.warning}, critical from {method.critical}"


def _rule_types() -> Iterator[str]:
    yield "# Rule types"
    yield "Each is evaluated at slots of the rule's interval, for every series that the rule's scope names."
    for kind in _found(rule_types, "RULE_TYPE"):
        yield f"\n## {kind.name}"
        yield f"{kind.label}. {kind.description}\n"
        yield "| parameter | meaning | default |"
        yield "|---|---|---|"
        described = msgspec.json.schema_components([kind.parameters])[1][kind.parameters.__name__]["properties"]
        for name, entry in described.items():
            meaning = entry.get("description") or next(
                (each["description"] for each in entry.get("anyOf", []) if "description" in each), ""
            )
            default = entry.get("default")
            yield f"| `{name}` | {meaning} | {'' if default is None else default} |"


def _sections() -> Iterator[str]:
    yield "# Report sections"
    yield "Parts of a report, in their order; one that has nothing to say is left out."
    for name, section in sorted(discover(sections, "SECTION").items(), key=lambda pair: pair[1].order):  # type: ignore[attr-defined]
        yield f"\n## {name}"
        yield f"{section.title or 'Without a heading'}. {_docstring(sections, name)}"  # type: ignore[attr-defined]


def _formats() -> Iterator[str]:
    yield "# Formats of alerts from outside"
    yield "What sources may speak; how one is set up stands in the guide"
    yield "[Receive alerts from outside](how-to/receive-outside-alerts.md)."
    for form in _found(source_formats, "FORMAT"):
        yield f"\n## {form.name}"
        yield f"{form.label}. {form.description}"
        yield f"\n- proves itself by {form.proof}"
        yield "- an example:\n\n```json"
        yield json.dumps(json.loads(form.example(EXAMPLE)), indent=2, ensure_ascii=False)
        yield "```"


PAGES = {
    "metrics": _metrics,
    "drift-methods": _methods,
    "rule-types": _rule_types,
    "source-formats": _formats,
    "report-sections": _sections,
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_says_what_the_plugins_say(name: str):
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == page(name)


def page(name: str) -> str:
    lines = list(PAGES[name]())
    return "\n".join([lines[0], "", MADE, "", *lines[1:]]) + "\n"


def _found(package: ModuleType, constant: str):  # type: ignore[no-untyped-def]
    return discover(package, constant).values()


def _docstring(package: ModuleType, name: str) -> str:
    module = next(path for path in discover_names(package) if path.rpartition(".")[2] == name)
    return (importlib.import_module(module).__doc__ or "").strip().partition("\n\n")[0].replace("\n", " ")


def discover_names(package: ModuleType) -> Iterator[str]:
    import pkgutil

    return (module.name for module in pkgutil.walk_packages(package.__path__, prefix=f"{package.__name__}."))


if __name__ == "__main__":
    for each in PAGES:
        (DOCS / f"{each}.md").write_text(page(each), encoding="utf-8")
