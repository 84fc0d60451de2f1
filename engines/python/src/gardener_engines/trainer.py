"""What the loop needs of a framework. `peft_trainer` and `mlx_trainer` are the two there are."""

from typing import Protocol

import numpy as np

from .adapter import Matrices
from .packing import Row


class Trainer(Protocol):
    """A base model with an adapter that is trained."""

    #: float32, bfloat16 or 4bit, and why in one sentence.
    precision: str
    reason: str
    vocabulary_size: int

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the adapter's matrices by their PEFT names."""

    def values(self) -> Matrices:
        """A copy of the adapter's matrices, float32."""

    def set_values(self, matrices: Matrices) -> None: ...

    def optimizer_state(self) -> dict[str, np.ndarray]: ...

    def set_optimizer_state(self, state: dict[str, np.ndarray] | None) -> None:
        """Takes a saved state; None for a new optimiser."""

    def gradient(self, batches: list[list[Row]], targets: int, seed: tuple[int, ...]) -> tuple[float, float]:
        """Makes the gradient of one step: the loss (nats a target token) and the gradient's norm."""

    def update(self, learning_rate: float, factor: float) -> None:
        """Moves the adapter against the gradient, which is taken times `factor`."""

    def negative_log_likelihood(self, rows: list[Row]) -> float:
        """Sum over the target tokens of these rows, nats."""

    def peak_bytes(self) -> int:
        """The most memory that was taken, on the device that is short of it."""

    def lighten(self) -> bool:
        """Computes products again instead of keeping them; False where that is done already."""

    def is_out_of_memory(self, error: BaseException) -> bool: ...
