"""How many steps fit into the budget and when to evaluate (packages/lora/src/train/training-plan.ts)."""

import math
import statistics
import time
from collections import deque

from .checkpoint import Counters

_MEASURED_STEPS = 4
_WINDOW = 15
_EVALUATIONS = 10
_EVALUATION_SHARE = 0.1


class TrainingPlan:
    """Decides from the time that steps and evaluations really take. Times in milliseconds."""

    def __init__(self, max_steps: int, budget_ms: float, run: Counters) -> None:
        self.steps = self._max_steps = max_steps
        self._budget_ms = budget_ms
        self._before_ms = run.elapsed_ms
        self._started = time.monotonic()
        self._step_ms: deque[float] = deque(maxlen=_WINDOW)
        self._evaluation_ms = run.evaluation_ms
        self._waited_ms = 0.0
        self._measured = 0
        self._is_resumed = run.step_ms > 0
        if self._is_resumed:
            self._go_on(run)
        guessed = run.step - run.step % self.evaluate_every
        self._evaluated_at = guessed if run.evaluated_at is None else run.evaluated_at

    @property
    def elapsed_ms(self) -> float:
        """Time spent on the run, earlier attempts included; waiting for others is not."""
        return self._before_ms + (time.monotonic() - self._started) * 1000 - self._waited_ms

    @property
    def step_ms(self) -> float:
        return statistics.median_high(self._step_ms) if self._step_ms else 0.0

    @property
    def evaluate_every(self) -> int:
        """Steps between evaluations."""
        step_ms = self.step_ms
        affordable = self._evaluation_ms / (_EVALUATION_SHARE * step_ms) if step_ms > 0 else 1
        return max(1, math.ceil(self.steps / _EVALUATIONS), math.ceil(affordable))

    def eta_ms(self, step: int) -> float:
        left = max(0, self.steps - step)
        return left * self.step_ms + math.ceil(left / self.evaluate_every) * self._evaluation_ms

    def record_wait(self, ms: float) -> None:
        self._waited_ms += ms

    def record_evaluation(self, step: int, ms: float) -> None:
        self._evaluated_at = step
        self._evaluation_ms = ms

    def turn_back(self, step: int) -> None:
        """Takes note that the run has gone back to a step."""
        self._evaluated_at = min(self._evaluated_at, step)

    def is_evaluation_due(self, step: int) -> bool:
        """Whether to evaluate after a step: so many after the last time, however often the plan changed since."""
        return step - self._evaluated_at >= self.evaluate_every

    def record_step(self, step: int, ms: float) -> bool:
        """Plans anew from a step's time; True when the number of steps is planned for the first time."""
        if self._measured > 0:  # the first one warms everything up
            self._step_ms.append(ms)
        self._measured += 1
        if self._measured >= _MEASURED_STEPS or self._is_resumed:
            self._fit_budget(step)
        return self._measured == _MEASURED_STEPS

    def keep_in(self, counters: Counters) -> None:
        """Writes down what a resumed run goes on with."""
        counters.elapsed_ms = self.elapsed_ms
        counters.planned_steps, counters.step_ms = self.steps, self.step_ms
        counters.evaluation_ms, counters.evaluated_at = self._evaluation_ms, self._evaluated_at

    def _go_on(self, run: Counters) -> None:
        # As many as are looked at: a step or two of another pace do not change the plan.
        self._step_ms.extend([run.step_ms] * _WINDOW)
        self.steps = min(self._max_steps, run.planned_steps)
        # The budget may be another now. A run that was not at its end has another step, and with it an evaluation.
        least = min(self.steps, run.step + 1)
        self._fit_budget(run.step)
        self.steps = max(least, self.steps)

    def _fit_budget(self, step: int) -> None:
        per_step = self.step_ms + self._evaluation_ms / self.evaluate_every
        left_ms = self._budget_ms - self.elapsed_ms - self._evaluation_ms
        self.steps = max(step, min(self._max_steps, step + math.floor(left_ms / max(per_step, 1e-6))))

    def is_over(self) -> bool:
        """Whether another step would end after the budget."""
        return self.elapsed_ms + self.step_ms + self._evaluation_ms > self._budget_ms
