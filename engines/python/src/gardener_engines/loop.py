"""The training loop of every engine; packages/lora/src/train/train.ts is its twin and says why it is as it is."""

import math
import time
from collections.abc import Callable
from typing import Any

from . import checkpoint, memory
from .adapter import Matrices, at_strength, initial_matrices, read_matrices, write_peft_directory
from .checkpoint import Checkpoint, Counters
from .errors import EngineError
from .examples import check_vocabulary
from .packing import DataCursor, count_targets, pack
from .plan import TrainingPlan
from .protocol import Channel
from .run_directory import Run
from .schedule import LossWatch, learning_rate_at
from .trainer import Trainer

_TURNED_BACK = 0.5
_MIN_IMPROVEMENT = 1e-3
#: As in validation.ts.
_MIN_STRENGTH = 0.25
_AIM = 0.9
#: Steps after which memory is judged again once training has become lighter.
_SETTLING_STEPS = 3


class Loop:
    """One attempt of a run, from its checkpoint or its start to its end."""

    def __init__(self, run: Run, trainer: Trainer, channel: Channel) -> None:
        self.run, self.trainer, self.channel = run, trainer, channel
        settings = run.settings
        for side in (run.train, run.validation, run.retained):
            check_vocabulary(side, trainer.vocabulary_size)
        if not run.train:
            raise EngineError("bad-run", "There are no examples to train on.")
        self.validation = pack(run.validation, settings.sequence_length, None)
        self.retained = pack(run.retained, settings.sequence_length, None)
        self.base_retained_loss: float | None = None
        self.counters = Counters()
        self.best: Matrices = {}
        self.saved_at = time.monotonic()
        self.cursor: DataCursor

    def train(self) -> None:
        """Trains; the last event is `train-end`, and unless aborted the adapter then lies in output/."""
        settings, trainer = self.run.settings, self.trainer
        self._restore()
        counters = self.counters
        self.channel.emit({"type": "start", "precision": trainer.precision, "reason": trainer.reason})
        if counters.step > 0:
            self.channel.emit({"type": "resume", "step": counters.step})
        rows_per_step = settings.rows * settings.accumulation
        # Counted from the first epoch, also where a run is resumed in a later one, which may have a row more or less.
        per_epoch = self._cursor_at(0, 0).rows_per_epoch
        max_steps = settings.max_epochs * -(-per_epoch // rows_per_step)
        self.plan = plan = TrainingPlan(max_steps, settings.budget_ms, counters)
        if self.validation and counters.step == 0 and not counters.is_evaluated:
            self._evaluate()

        reason = "steps"
        # The first rows may be easier than what follows.
        usual = self.counters.best_loss or 0.0
        watch = LossWatch(usual)
        judge_memory_after = 1
        while self.counters.step < plan.steps:
            self._give_way()
            if self.channel.stopped:
                reason = "aborted"
                self._save()
                break
            started = time.monotonic()
            step = self.counters.step + 1
            rows = self.cursor.next(rows_per_step)
            loss, norm = self._gradient(rows, step)
            if watch.explodes(loss, norm, count_targets(rows)):
                self._turn_back(step)
                watch = LossWatch(usual)
                continue
            factor = min(1.0, settings.max_gradient_norm / (norm + 1e-6))
            peak = settings.learning_rate
            rate = learning_rate_at(step, plan.steps, peak, settings.warmup_steps)
            rate *= self.counters.learning_rate_factor
            trainer.update(rate, factor)
            self.counters.step = step
            self._tell_step(started, step, loss, rate, rows_per_step)

            last = step >= plan.steps or plan.is_over()
            if self.validation and (last or plan.is_evaluation_due(step)):
                self._evaluate()
                if self.counters.evaluations_since_best >= settings.patience:
                    reason = "early-stop"
            if last and step < plan.steps:
                reason = "budget"
            limit = settings.memory_budget_bytes
            if limit and step >= judge_memory_after and memory.used_bytes() > limit:
                judge_memory_after = step + _SETTLING_STEPS
                if not self._lighten() and reason == "steps":
                    reason = "memory"
            if self.channel.stopped:
                reason = "aborted"
            due = (time.monotonic() - self.saved_at) * 1000 >= settings.checkpoint_every_ms
            if reason in ("aborted", "memory") or (due and watch.calm):
                self._save()
            if reason != "steps":
                break
        if reason == "steps" and plan.steps < max_steps:
            reason = "budget"
        self._end(reason)

    def _restore(self) -> None:
        """The run as its checkpoint holds it, else at its start."""
        run, trainer, settings = self.run, self.trainer, self.run.settings
        saved = checkpoint.load(run.checkpoint, run.hash)
        if saved is None:
            shapes = trainer.shapes()
            values = (
                initial_matrices(shapes, settings.seed)
                if settings.initial_adapter is None
                else read_matrices(settings.initial_adapter, shapes)
            )
            saved = Checkpoint(Counters(precision=trainer.precision), values, values, {})
        self.counters, self.best = saved.counters, saved.best
        trainer.set_values(saved.values)
        trainer.set_optimizer_state(saved.optimizer or None)
        self.cursor = self._cursor_at(saved.counters.epoch, saved.counters.row)

    def _cursor_at(self, epoch: int, row: int) -> DataCursor:
        settings = self.run.settings
        length, seed, given = settings.sequence_length, settings.seed, settings.first_epoch_given
        return DataCursor(self.run.train, length, seed, given=given, epoch=epoch, row=row)

    def _turn_back(self, step: int) -> None:
        if self.counters.learning_rate_factor < 1:
            message = f"The loss exploded at step {step}, with half the learning rate too."
            raise EngineError("diverged", message)
        before, best = self.counters, self.best
        self._restore()
        counters = self.counters
        counters.learning_rate_factor *= _TURNED_BACK
        # The best state found since the checkpoint stays the best.
        known = math.inf if counters.best_loss is None else counters.best_loss
        if before.best_loss is not None and before.best_loss < known:
            self.best = best
            counters.best_loss, counters.best_step = before.best_loss, before.best_step
            counters.evaluations_since_best = 0
        self.plan.turn_back(counters.step)
        self._save(tell=False)
        back = {"toStep": counters.step, "learningRateFactor": counters.learning_rate_factor}
        self.channel.emit({"type": "turn-back", "step": step, **back})

    def _gradient(self, rows: list, step: int) -> tuple[float, float]:
        """Loss and norm of one step; where memory is short it is made once more, lighter."""
        at_once = self.run.settings.rows
        batches = [rows[i : i + at_once] for i in range(0, len(rows), at_once)]
        seed = (self.run.settings.seed, 3, step)
        targets = max(1, count_targets(rows))
        try:
            return self.trainer.gradient(batches, targets, seed)
        except BaseException as error:
            if not self.trainer.is_out_of_memory(error) or not self._lighten():
                raise
        return self.trainer.gradient(batches, targets, seed)

    def _lighten(self) -> bool:
        if not self.trainer.lighten():
            return False
        rows = self.run.settings.rows
        self.channel.emit({"type": "lighten", "rows": rows, "keep": False, "singleCopy": False})
        return True

    def _tell_step(self, started: float, step: int, loss: float, rate: float, rows: int) -> None:
        plan = self.plan
        ms = (time.monotonic() - started) * 1000
        fitted = plan.record_step(step, ms)
        speed = 1000 * rows * self.run.settings.sequence_length / max(plan.step_ms or ms, 1e-6)
        if fitted:
            self.channel.emit({"type": "plan", "steps": plan.steps, "tokensPerSecond": speed})
        told: dict[str, Any] = {"step": step, "steps": plan.steps, "loss": loss, "learningRate": rate}
        told |= {"tokensPerSecond": speed, "etaMs": plan.eta_ms(step)}
        self.channel.emit({"type": "step-end", **told, "peakMemoryBytes": self.trainer.peak_bytes()})

    def _evaluate(self) -> None:
        if self.retained and self.base_retained_loss is None:
            # The base is measured once an attempt: that is not what an evaluation costs.
            now = self.trainer.values()
            self.trainer.set_values(at_strength(now, 0))
            self.base_retained_loss = self._mean_loss(self.retained)
            self.trainer.set_values(now)
        started = time.monotonic()
        strength, loss, rise, forgets = self._measure()
        self.plan.record_evaluation(self.counters.step, (time.monotonic() - started) * 1000)
        counters = self.counters
        lower = counters.best_loss is None or loss < counters.best_loss * (1 - _MIN_IMPROVEMENT)
        best = lower and not forgets
        if best:
            counters.best_loss = loss
            self._keep_as_best(strength)
        elif counters.step >= counters.best_step:
            # After turning back, a state that has learned for less long than the best is not expected to be better.
            counters.evaluations_since_best += 1
        told = {"step": counters.step, "strength": strength, "loss": loss, "best": best, "retainedRise": rise}
        self.channel.emit({"type": "validation-end", **told})

    def _measure(self) -> tuple[float, float, float | None, bool]:
        """Strength, loss, rise on what is to be retained, and whether that is too much: see validation.ts."""
        loss, rise, forgets = self._measure_now()
        if not forgets:
            return 1.0, loss, rise, False
        whole = self.trainer.values()
        try:
            for strength in self._milder(rise):
                self.trainer.set_values(at_strength(whole, strength))
                part_loss, part_rise, part_forgets = self._measure_now()
                if not part_forgets:
                    return strength, part_loss, part_rise, False
        finally:
            self.trainer.set_values(whole)
        return 1.0, loss, rise, True

    def _measure_now(self) -> tuple[float, float | None, bool]:
        loss = self._mean_loss(self.validation)
        if self.base_retained_loss is None:
            return loss, None, False
        rise = self._mean_loss(self.retained) / self.base_retained_loss - 1
        return loss, rise, rise > self.run.settings.max_general_loss_rise

    def _milder(self, rise: float) -> list[float]:
        share = _AIM * self.run.settings.max_general_loss_rise / rise
        return [strength for strength in (math.sqrt(share), share) if strength >= _MIN_STRENGTH]

    def _mean_loss(self, rows: list) -> float:
        at_once = max(1, self.run.settings.rows)
        total = 0.0
        for start in range(0, len(rows), at_once):
            total += self.trainer.negative_log_likelihood(rows[start : start + at_once])
        return total / max(1, count_targets(rows))

    def _keep_as_best(self, strength: float = 1.0) -> None:
        values = self.trainer.values()
        self.best = values if strength == 1 else at_strength(values, strength)
        self.counters.best_step = self.counters.step
        self.counters.evaluations_since_best = 0

    def _give_way(self) -> None:
        reason = self.channel.wait_reason
        if reason is None:
            return
        started = time.monotonic()
        self.channel.emit({"type": "wait", "reason": reason})
        self._save()
        self.channel.until_told()
        self.plan.record_wait((time.monotonic() - started) * 1000)
        self.channel.emit({"type": "go-on"})

    def _save(self, tell: bool = True) -> None:
        counters = self.counters
        counters.epoch, counters.row = self.cursor.epoch, self.cursor.row
        self.plan.keep_in(counters)
        trainer = self.trainer
        state = Checkpoint(counters, trainer.values(), self.best, trainer.optimizer_state())
        checkpoint.save(self.run.checkpoint, self.run.hash, state)
        self.saved_at = time.monotonic()
        if tell:
            self.channel.emit({"type": "checkpoint-save", "step": counters.step})

    def _end(self, reason: str) -> None:
        if not self.validation:
            self._keep_as_best()
        settings, counters = self.run.settings, self.counters
        if reason != "aborted":
            write = _writer(self.best, settings.adapter, settings.base_model_name)
            self.run.write_output(write)
        told = {"bestStep": counters.best_step, "validationLoss": counters.best_loss}
        self.channel.emit({"type": "train-end", "reason": reason, **told})


def _writer(best: Matrices, shape: Any, name: str) -> Callable[[Any], None]:
    return lambda folder: write_peft_directory(folder, best, shape, name)
