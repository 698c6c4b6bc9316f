"""A metric's value and its change in words, the same on a screen, in a report and in a message."""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    FLAT = "flat"


class Tone(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    NEUTRAL = "neutral"
    UNCLEAR = "unclear"  # inside the 95 % interval


@dataclass(frozen=True, slots=True)
class Delta:
    text: str
    direction: Direction
    tone: Tone
