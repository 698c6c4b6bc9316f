"""The report as a value: sections of blocks whose numbers are text already; renderers read this and nothing else."""

import hashlib
from enum import StrEnum
from typing import Any

import msgspec

TEMPLATE_VERSION = 1  # Raised when the same document would look different.


class Level(StrEnum):
    """How a status or finding stands; shown as a word and a shape, never by colour alone."""

    GOOD = "good"
    ATTENTION = "attention"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


class Paragraph(msgspec.Struct, frozen=True, tag="paragraph"):
    text: str
    is_note: bool = False


class Card(msgspec.Struct, frozen=True):
    """One figure: what it is, what it should be, what it was, and whether the change is for the better."""

    label: str
    value: str
    target: str | None = None
    previous: str | None = None
    delta: str | None = None
    direction: str = "flat"  # up | down | flat: where the number went
    tone: str = "neutral"  # better | worse | neutral | unclear: whether that is good
    word: str = ""
    note: str | None = None
    level: Level | None = None


class Cards(msgspec.Struct, frozen=True, tag="cards"):
    cards: tuple[Card, ...]


class Column(msgspec.Struct, frozen=True):
    label: str
    is_number: bool = False
    share: int = 1  # of the width, relative to the other columns


class Table(msgspec.Struct, frozen=True, tag="table"):
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "Nothing to list."
    has_total: bool = False  # the last row sums up the others


class Chart(msgspec.Struct, frozen=True, tag="chart"):
    title: str
    description: str  # what it shows in words, for those who do not see it
    svg: str


class Pair(msgspec.Struct, frozen=True, tag="pair"):
    """Two blocks side by side where the paper is wide enough."""

    left: "Chart | Table"
    right: "Chart | Table"


class Finding(msgspec.Struct, frozen=True):
    """Something that needs attention: what, the evidence, who, and since when."""

    level: Level
    title: str
    evidence: str
    owner: str = ""
    since: str = ""


class Findings(msgspec.Struct, frozen=True, tag="findings"):
    findings: tuple[Finding, ...]
    empty: str


class Recommendation(msgspec.Struct, frozen=True):
    rule: str
    text: str
    evidence: str
    effect: str


class Recommendations(msgspec.Struct, frozen=True, tag="recommendations"):
    recommendations: tuple[Recommendation, ...]
    empty: str


class Steps(msgspec.Struct, frozen=True, tag="steps"):
    """What to do first, in a line each; the recommendations say why."""

    title: str
    steps: tuple[str, ...]


class Definition(msgspec.Struct, frozen=True):
    term: str
    formula: str
    worked: str = ""  # the formula with this month's numbers


class Definitions(msgspec.Struct, frozen=True, tag="definitions"):
    definitions: tuple[Definition, ...]


Block = Paragraph | Cards | Table | Chart | Pair | Findings | Recommendations | Steps | Definitions


class Content(msgspec.Struct, frozen=True):
    """What a section says. The one without a title stands on the first page, under the band."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    begins_page: bool = False


class Status(msgspec.Struct, frozen=True):
    level: Level
    word: str
    sentence: str


class Change(msgspec.Struct, frozen=True):
    """What reads differently from the revision before."""

    label: str
    before: str
    after: str


class Imprint(msgspec.Struct, frozen=True):
    """Where the document comes from: printed at its end, left out of the comparison with other revisions."""

    revision: int
    created: str
    created_at: str  # RFC 3339, for the file's own metadata
    created_by: str
    data_cutoff: str
    template_version: int
    changes: tuple[Change, ...] = ()


class Document(msgspec.Struct, frozen=True):
    organisation: str
    title: str
    scope: str
    period: str
    compared_with: str
    zone: str
    badge: str  # "Final", "Month to date, 22 of 30 days", "No data"
    is_final: bool
    status: Status
    sections: tuple[Content, ...]
    imprint: Imprint
    language: str = "en"

    def cards(self) -> tuple[Card, ...]:
        return tuple(card for section in self.sections for block in section.blocks for card in _cards_of(block))


def as_json(document: Document) -> bytes:
    return msgspec.json.encode(document, order="deterministic")


def as_plain(document: Document) -> dict[str, Any]:
    """Return the document as dictionaries and lists, for a JSON column."""
    plain: dict[str, Any] = msgspec.to_builtins(document)
    return plain


def from_plain(plain: Any) -> Document:
    return msgspec.convert(plain, Document)


def content_hash(document: Document) -> str:
    """Return what is the same for two reports that say the same, whoever made them and when."""
    blank = Imprint(revision=0, created="", created_at="", created_by="", data_cutoff="", template_version=0)
    return hashlib.sha256(as_json(msgspec.structs.replace(document, imprint=blank))).hexdigest()


def changes_between(before: Document, after: Document) -> tuple[Change, ...]:
    """Return which figures on the first page read differently."""
    old = {card.label: card.value for card in before.cards()}
    return tuple(
        Change(card.label, old[card.label], card.value)
        for card in after.cards()
        if old.get(card.label, card.value) != card.value
    )


def _cards_of(block: Block) -> tuple[Card, ...]:
    return block.cards if isinstance(block, Cards) else ()
