"""The learning rate of a step, and when the loss has exploded (packages/lora/src/train/optimizer)."""

import math

_NEWEST = 0.2
_SETTLING_STEPS = 5
_EXPLODED = 2.0
_SUSPECT = 1.3


def learning_rate_at(step: int, steps: int, peak: float, warmup_steps: int) -> float:
    """Linear warm-up to the peak, then half a cosine down to a tenth of it at the last step; `step` from 1."""
    warmup = min(warmup_steps, math.ceil(steps / 10))
    if step <= warmup:
        return peak * step / warmup
    floor = peak / 10
    progress = min(1.0, (step - warmup) / max(1, steps - warmup))
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2


class LossWatch:
    """Compares a running average of the loss with the lowest it has been."""

    def __init__(self) -> None:
        self._average = 0.0
        self._lowest = math.inf
        self._steps = 0

    def explodes(self, loss: float, gradient_norm: float) -> bool:
        """Takes one step's figures; True when training has to turn back."""
        if not math.isfinite(loss) or not math.isfinite(gradient_norm):
            return True
        first = self._steps == 0
        self._average = loss if first else (1 - _NEWEST) * self._average + _NEWEST * loss
        self._steps += 1
        if self._steps <= _SETTLING_STEPS:
            return False
        self._lowest = min(self._lowest, self._average)
        return self._average > _EXPLODED * self._lowest

    @property
    def calm(self) -> bool:
        """Whether the loss is not rising, so that the present state is worth a checkpoint."""
        return self._steps <= _SETTLING_STEPS or self._average <= _SUSPECT * self._lowest
