"""Rules as files that people keep beside their code: a YAML document each, read strictly and written briefly.

A rule is known by its name. What stands in a file counts; what a file does not say has its default, and whether the
rule is paused stays as it is.
"""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import yaml

from webapp.alerting.document import RuleDocument
from webapp.alerting.plugins import prepare
from webapp.core.errors import InvalidInputError

LARGEST = 100_000  # characters of a file
PAUSED = "paused"
ALWAYS = frozenset({"name", "type", "kind", "metric", "parameters"})
_PLAIN = re.compile(r"[^a-z0-9]+")
_HEAD = "# A rule of Mission Control. What is left out has its default; `mission-control apply` makes it count.\n"


@dataclass(frozen=True, slots=True)
class RuleFile:
    """What a file says. `paused` is None where it does not say."""

    source: str
    document: RuleDocument
    paused: bool | None = None


def written(document: RuleDocument, *, paused: bool = False) -> str:
    """Return the text of a rule's file, the same for the same rule."""
    defaults = msgspec.to_builtins(RuleDocument(name="-", type=document.type, kind="-", metric="-"))
    plain: dict[str, Any] = msgspec.to_builtins(document)
    said = {name: _brief(value) for name, value in plain.items() if name in ALWAYS or value != defaults[name]}
    if paused:
        said[PAUSED] = True
    return _HEAD + yaml.dump(said, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=100)


def read(text: str, source: str) -> RuleFile:
    """Read the text of a file; what is wrong in it is a sentence that names the file and the place."""
    if len(text) > LARGEST:
        raise InvalidInputError(f"{source}: it is longer than {LARGEST:,} characters.")
    try:
        found = yaml.load(text, Loader=_Reader)  # noqa: S506 - a SafeLoader that is stricter still
    except yaml.YAMLError as error:
        raise InvalidInputError(f"{source}: {_sentence(error)}.") from None
    if not isinstance(found, dict):
        raise InvalidInputError(f"{source}: a rule begins with fields like `name: High CPU`.")
    paused = found.pop(PAUSED, None)
    if paused is not None and not isinstance(paused, bool):
        raise InvalidInputError(f"{source}: paused: write true or false.")
    try:
        document = msgspec.convert(found, type=RuleDocument)
        prepare(document)
    except msgspec.ValidationError as error:
        raise InvalidInputError(f"{source}: {str(error).replace('`', '').replace('$.', '')}.") from None
    except InvalidInputError as error:
        raise InvalidInputError(f"{source}: {error.message}") from None
    return RuleFile(source, document, paused)


def file_names(names: Sequence[str]) -> Mapping[str, str]:
    """Return a name of a file for each rule, by the rule's name: `High CPU` is high-cpu.yaml."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        stem = _PLAIN.sub("-", name.lower()).strip("-")[:80] or "rule"
        number, chosen = 1, stem
        while chosen in taken:
            number += 1
            chosen = f"{stem}-{number}"
        taken.add(chosen)
        found[name] = f"{chosen}.yaml"
    return found


def _brief(value: Any) -> Any:
    """Return the value without what is empty inside of it."""
    if isinstance(value, Mapping):
        return {name: _brief(each) for name, each in value.items() if each is not None and each != ""}
    if isinstance(value, list | tuple):
        return [_brief(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _sentence(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return " ".join(str(error).split())[:200]


class _Writer(yaml.SafeDumper):
    """Writes texts of several lines as they read, and lists a step in from their name."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


class _Reader(yaml.SafeLoader):
    """Refuses what makes a file say something else than it seems to: names that stand twice, and references."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(None, None, "references (*name) are not read here", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"'{key}' stands there twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _text_node)
