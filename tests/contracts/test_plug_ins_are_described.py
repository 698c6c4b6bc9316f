"""Each plug-in has a heading in its page of the documentation, so that nobody has to read the code to choose one."""

import re
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import pytest

from webapp.core.registry import discover

DOCS = Path(__file__).resolve().parents[2] / "docs"
KINDS = {
    "metrics.md": ("webapp.metrics.definitions", "METRIC"),
    "drift-methods.md": ("webapp.drift.methods", "METHOD"),
    "rule-types.md": ("webapp.alerting.rule_types", "RULE_TYPE"),
    "source-formats.md": ("webapp.alerting.outside.source_formats", "FORMAT"),
    "report-sections.md": ("webapp.reporting.sections", "SECTION"),
}


def headings(page: Path) -> Iterable[str]:
    return re.findall(r"^#{2,4} +(.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize("page", KINDS)
def test_every_plug_in_has_a_heading(page: str) -> None:
    package, constant = KINDS[page]
    said = " ".join(headings(DOCS / page)).lower()

    found = discover(import_module(package), constant)

    assert [name for name in found if name.lower() not in said and name.replace("_", " ").lower() not in said] == []


@pytest.mark.parametrize("page", KINDS)
def test_every_module_of_plug_ins_exports_one(page: str) -> None:
    package, constant = KINDS[page]
    folder = Path(str(import_module(package).__file__)).parent
    modules = {file.stem for file in folder.glob("*.py")} - {"__init__"}

    assert modules == set(discover(import_module(package), constant))
