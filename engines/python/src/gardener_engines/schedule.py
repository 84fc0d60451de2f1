"""The learning rate of a step, and when the loss has exploded (packages/lora/src/train/optimizer)."""

import math
from collections import deque

_NEWEST = 0.2
_SETTLING_STEPS = 5
_EXPLODED = 2.0
_SUSPECT = 1.3
#: Steps in which a loss that explodes passes through what is suspect, and more.
_RECENT = 20


def learning_rate_at(step: int, steps: int, peak: float, warmup_steps: int) -> float:
    """Linear warm-up to the peak, then half a cosine down to a tenth of it at the last step; `step` from 1."""
    warmup = min(warmup_steps, math.ceil(steps / 10))
    if step <= warmup:
        return peak * step / warmup
    floor = peak / 10
    progress = min(1.0, (step - warmup) / max(1, steps - warmup))
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2


class LossWatch:
    """Compares a running average of the loss, by target tokens, with the lowest and with that of the start.

    `usual`: the loss on validation examples; 0 where it is not known.
    """

    def __init__(self, usual: float = 0.0) -> None:
        self._losses = 0.0
        self._targets = 0.0
        self._start = usual
        self._lowest = math.inf
        self._steps = 0
        self._recent: deque[float] = deque(maxlen=_RECENT)

    def explodes(self, loss: float, gradient_norm: float, targets: int) -> bool:
        """Takes one step's figures, `targets` tokens that the loss is the mean of; True: training has to turn back."""
        if not math.isfinite(loss) or not math.isfinite(gradient_norm):
            return True
        self._losses = (1 - _NEWEST) * self._losses + _NEWEST * loss * targets
        self._targets = (1 - _NEWEST) * self._targets + _NEWEST * targets
        self._steps += 1
        average = self._average
        if self._steps <= _SETTLING_STEPS:
            self._start = max(self._start, average)
            return False
        self._lowest = min(self._lowest, average)
        self._recent.append(average)
        return average > _EXPLODED * self._lowest and average > self._start

    @property
    def calm(self) -> bool:
        """Whether the loss is not rising, so that the present state is worth a checkpoint."""
        average = self._average
        if self._steps <= _SETTLING_STEPS or average <= _SUSPECT * self._lowest:
            return True
        return average <= self._start and average <= _SUSPECT * min(self._recent)

    @property
    def _average(self) -> float:
        return self._losses / max(self._targets, 1e-300)
