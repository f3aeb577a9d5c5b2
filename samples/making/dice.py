"""Chance that falls the same way everywhere: a stream for each subject, of which only ``random()`` is drawn."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

T = TypeVar("T")
SEED = "yunxi-2026"


class Dice:
    """A stream of chances named by its subject; other subjects never shift it."""

    def __init__(self, subject: str) -> None:
        self._draw = random.Random(f"{SEED}/{subject}").random

    def below(self, bound: int) -> int:
        """A whole number from 0 to ``bound`` − 1."""
        return int(self._draw() * bound)

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def chance(self, share: float) -> bool:
        """True in ``share`` of the cases."""
        return self._draw() < share

    def share(self) -> float:
        """A number from 0 up to 1."""
        return self._draw()

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.below(len(options))]

    def weighted(self, weights: Mapping[T, int]) -> T:
        """One of the keys, as often as its weight says."""
        point = self._draw() * sum(weights.values())
        for option, weight in weights.items():
            point -= weight
            if point < 0:
                return option
        return next(reversed(list(weights)))

    def shuffled(self, options: Iterable[T]) -> list[T]:
        """All options in an order of chance."""
        return [option for _key, _place, option in sorted((self._draw(), n, o) for n, o in enumerate(options))]

    def some(self, options: Iterable[T], count: int) -> list[T]:
        """``count`` different options."""
        return self.shuffled(options)[:count]
