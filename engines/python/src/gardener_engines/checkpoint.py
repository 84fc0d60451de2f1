"""What a run needs to go on as if it had never stopped: one safetensors file, written beside its place and renamed."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from .adapter import Matrices
from .errors import EngineError

_FILE = "python-engine.safetensors"
_VERSION = "1"


@dataclass
class Counters:
    """Where a run stands, beside its matrices."""

    step: int = 0
    epoch: int = 0
    row: int = 0
    elapsed_ms: float = 0.0
    best_step: int = 0
    best_loss: float | None = None
    evaluations_since_best: int = 0
    #: 1, or what the learning rate has been multiplied by since the loss exploded.
    learning_rate_factor: float = 1.0
    #: What the run computes in; a resumed one keeps it.
    precision: str = "float32"
    #: What is planned: steps in all, and the milliseconds of one and of an evaluation; 0 where none is measured, as in
    #: checkpoints of earlier releases.
    planned_steps: int = 0
    step_ms: float = 0.0
    evaluation_ms: float = 0.0
    #: Step of the last evaluation.
    evaluated_at: int | None = None

    @property
    def is_evaluated(self) -> bool:
        """Whether a state has been evaluated."""
        return self.best_loss is not None or self.evaluations_since_best > 0


@dataclass
class Checkpoint:
    """A saved run: its counters, the adapter, the best adapter so far, and the optimiser's own state."""

    counters: Counters
    values: Matrices
    best: Matrices
    optimizer: dict[str, np.ndarray]


def save(folder: Path, run_hash: str, checkpoint: Checkpoint) -> None:
    """Saves; the checkpoint before stays valid until this one is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"values": checkpoint.values, "best": checkpoint.best, "optimizer": checkpoint.optimizer}
    tensors = {
        f"{part}/{name}": np.ascontiguousarray(array)
        for part, arrays in parts.items()
        for name, array in arrays.items()
    }
    metadata = {"version": _VERSION, "run": run_hash, "counters": json.dumps(asdict(checkpoint.counters))}
    temporary = folder / f"{_FILE}.{os.getpid()}"
    try:
        save_file(tensors, temporary, metadata=metadata)
        os.replace(temporary, folder / _FILE)
    finally:
        temporary.unlink(missing_ok=True)


def load(folder: Path, run_hash: str) -> Checkpoint | None:
    """The saved run, or None. Raises EngineError `other-checkpoint` for one of another run or a damaged one."""
    file = folder / _FILE
    if not file.exists():
        return None
    try:
        with safe_open(file, "np") as source:
            metadata = source.metadata() or {}
            if metadata.get("version") != _VERSION or metadata.get("run") != run_hash:
                message = f"The checkpoint {file} belongs to other data, other settings or another version."
                raise EngineError("other-checkpoint", message)
            counters = Counters(**json.loads(metadata["counters"]))
            parts: dict[str, dict[str, np.ndarray]] = {"values": {}, "best": {}, "optimizer": {}}
            for name in source.keys():
                part, _, rest = name.partition("/")
                parts[part][rest] = source.get_tensor(name)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise EngineError("other-checkpoint", f"The checkpoint {file} is damaged.") from error
    return Checkpoint(counters, **parts)
