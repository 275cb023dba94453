"""Heavy hitters and prompt families in plain Python: a list of small objects."""

import math
from dataclasses import dataclass, field

import numpy as np

from app.state.layout import FAMILIES, HORIZONS_MS
from tests.reference.requests import Ask
from tests.reference.windows import TICK

JOIN_BITS = 12
TRIAL = 2048


@dataclass
class Place:
    key: int = 0
    weight: float = 0.0
    elicited: float = 0.0
    trial: str = "alone"


def as_kept(weight: float) -> float:
    """``weight`` in the 32 bits of a row, for which of two nearly equal ones is the lighter decides
    who gives way."""
    return float(np.float32(weight))


def lightest(places: list[Place]) -> Place:
    return min(places, key=lambda place: place.weight)


@dataclass
class HeavyHitters:
    """SpaceSaving over decayed weights."""

    size: int
    places: list[Place] = field(init=False)

    def __post_init__(self) -> None:
        self.places = [Place() for _ in range(self.size)]

    def decay(self, factor: float) -> None:
        for place in self.places:
            place.weight = as_kept(place.weight * factor)
            place.elicited = as_kept(place.elicited * factor)

    def add(self, key: int, weight: float, elicited: float = 0.0) -> None:
        place = next((one for one in self.places if one.weight > 0 and one.key == key), None)
        if place is None:
            place = lightest(self.places)
            place.key = key
        place.weight = as_kept(place.weight + weight)
        place.elicited = as_kept(place.elicited + elicited)


def splitmix(counter: int) -> float:
    mask = 2**64 - 1
    z = (counter * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & mask
    z ^= z >> 31
    return (z >> 11) / 2**53


@dataclass
class Families:
    """Families of opening prompts and the trials of their marks."""

    places: list[Place] = field(default_factory=lambda: [Place() for _ in range(FAMILIES)])
    novel: float = 0.0
    recaptured: float = 0.0
    clock: int | None = None
    events: int = 0

    def fold(self, ask: Ask) -> None:
        weight = self._advance(ask.ts)
        if ask.turn == 1:
            self._opening(ask.prompt, weight)
        self.events += 1

    def _advance(self, ts: int) -> float:
        """Move the clock to ``ts``; the weight of a request of that time."""
        clock = ts if self.clock is None else self.clock
        ticks = ts // TICK - clock // TICK
        factor = math.exp(-abs(ticks) * TICK / HORIZONS_MS[2])
        self.clock = max(clock, ts)
        if ts < clock:
            return factor
        for place in self.places:
            place.weight = as_kept(place.weight * factor)
        self.novel *= factor
        return 1.0

    def _opening(self, prompt: int, weight: float) -> None:
        near = [
            (bits, place)
            for place in self.places
            if place.weight > 0 and (bits := (place.key ^ prompt).bit_count()) <= JOIN_BITS
        ]
        if not near:
            place = lightest(self.places)
            self._mark(place, prompt)
            place.weight = as_kept(place.weight + weight)
            return
        bits, place = min(near, key=lambda pair: pair[0])
        place.weight = as_kept(place.weight + weight)
        if bits == 0:
            if place.trial == "open":
                self.recaptured += (1.0 - self.recaptured) / 4
                place.trial = "over"
            return
        self.novel += weight
        if place.trial == "over" or splitmix(self.events) < 1 / TRIAL:
            self._mark(place, prompt)
        else:
            place.trial = "open"

    def _mark(self, place: Place, prompt: int) -> None:
        if place.trial == "open":
            self.recaptured -= self.recaptured / 8
        place.key = prompt
        place.trial = "alone"
