"""The product's seeded random streams (packages/lora/src/train/batches/random.ts), number for number.

One seed gives every engine the same adapter to start from and the same order of examples, so their losses can be
compared step by step.
"""

import numpy as np

_MASK = 0xFFFFFFFF


def _mix(value: int) -> int:
    h = ((value ^ value >> 16) * 0x85EBCA6B) & _MASK
    h = ((h ^ h >> 13) * 0xC2B2AE35) & _MASK
    return h ^ h >> 16


class Random:
    """mulberry32, started from a hash of its seeds."""

    def __init__(self, *seeds: int) -> None:
        state = 0x9E3779B9
        for seed in seeds:
            state = _mix(state ^ _mix(seed & _MASK))
        self._state = state

    def uniform(self, count: int) -> np.ndarray:
        """The next `count` numbers in [0, 1), float64."""
        steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x6D2B79F5)
        state = ((np.uint64(self._state) + steps) & np.uint64(_MASK)).astype(np.uint32)
        self._state = (self._state + count * 0x6D2B79F5) & _MASK
        t = (state ^ state >> np.uint32(15)) * (state | np.uint32(1))
        t ^= t + (t ^ t >> np.uint32(7)) * (t | np.uint32(61))
        return (t ^ t >> np.uint32(14)) / 2.0**32


def shuffled(count: int, random: Random) -> list[int]:
    """The numbers below `count` in a random order (Fisher-Yates)."""
    order = list(range(count))
    draws = random.uniform(max(0, count - 1))
    for i, draw in zip(range(count - 1, 0, -1), draws):
        j = int(draw * (i + 1))
        order[i], order[j] = order[j], order[i]
    return order
