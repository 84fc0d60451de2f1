"""The run directory: engine.json and data/ go in, checkpoint/ is kept, output/ comes out.

The product's training/run-directory has its description; nothing else of it is read here.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import EngineError
from .examples import Example, read_examples


@dataclass(frozen=True)
class AdapterShape:
    """Shape of the adapter; its effect is scaled by alpha / rank."""

    rank: int
    alpha: float
    dropout: float
    target_modules: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """engine.json (`EngineSettings` of the product) in Python's spelling; paths are absolute."""

    base_model_file: Path
    base_model_name: str
    adapter: AdapterShape
    initial_adapter: Path | None
    learning_rate: float
    weight_decay: float
    warmup_steps: int
    max_gradient_norm: float
    sequence_length: int
    rows: int
    accumulation: int
    budget_ms: float
    max_epochs: int
    #: Whether the data is seen in its own order the first time, or shuffled as later.
    first_epoch_given: bool
    patience: int
    checkpoint_every_ms: float
    seed: int
    threads: int
    max_general_loss_rise: float | None
    memory_budget_bytes: int
    #: auto, cpu, cuda or mps.
    device: str
    #: auto, float32, bfloat16 or 4bit.
    precision: str


@dataclass(frozen=True)
class Run:
    """Everything an engine works with."""

    folder: Path
    settings: Settings
    train: list[Example]
    validation: list[Example]
    #: General code, whose loss must not rise; empty where nothing must be retained.
    retained: list[Example]
    #: Hash of all that decides what the run computes, but not its budget or machine.
    hash: str

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint"

    def write_output(self, write: Callable[[Path], None]) -> None:
        """Fills a folder beside output/ and renames it when it is whole."""
        forming = self.folder / f"output.forming-{os.getpid()}"
        for left in self.folder.glob("output.forming-*"):
            shutil.rmtree(left, ignore_errors=True)
        forming.mkdir()
        write(forming)
        shutil.rmtree(self.folder / "output", ignore_errors=True)
        forming.rename(self.folder / "output")


def open_run(folder: Path, engine: str) -> Run:
    """Reads a run directory. Raises EngineError `bad-run`."""
    given = _read_json(folder / "engine.json")
    manifest = _read_json(folder / "data" / "manifest.json")
    try:
        settings = _settings(given, folder)
        data_hash = str(manifest["hash"])
    except (KeyError, TypeError, ValueError) as error:
        raise EngineError("bad-run", f"{folder / 'engine.json'} does not fit: {error!r}.") from error
    retained = folder / "retained.bin"
    return Run(
        folder,
        settings,
        read_examples(folder / "data" / "train.bin"),
        read_examples(folder / "data" / "validation.bin"),
        read_examples(retained) if settings.max_general_loss_rise is not None and retained.exists() else [],
        _hash(engine, given, data_hash, settings),
    )


def _settings(given: dict[str, Any], folder: Path) -> Settings:
    if given["schemaVersion"] != 1:
        raise ValueError(f"schemaVersion {given['schemaVersion']}")
    adapter = given["adapter"]
    initial = given.get("initialAdapter")
    rise = given.get("maxGeneralLossRise")
    return Settings(
        base_model_file=(folder / given["baseModelFile"]).resolve(),
        base_model_name=str(given["baseModelName"]),
        adapter=AdapterShape(
            int(adapter["rank"]),
            float(adapter["alpha"]),
            float(adapter["dropout"]),
            tuple(str(name) for name in adapter["targetModules"]),
        ),
        initial_adapter=None if initial is None else (folder / initial).resolve(),
        learning_rate=float(given["learningRate"]),
        weight_decay=float(given["weightDecay"]),
        warmup_steps=int(given["warmupSteps"]),
        max_gradient_norm=float(given["maxGradientNorm"]),
        sequence_length=int(given["sequenceLength"]),
        rows=int(given["rows"]),
        accumulation=int(given["accumulation"]),
        budget_ms=float(given["budgetMs"]),
        max_epochs=int(given["maxEpochs"]),
        first_epoch_given=given.get("firstEpoch") == "given",
        patience=int(given["patience"]),
        checkpoint_every_ms=float(given["checkpointEveryMs"]),
        seed=int(given["seed"]),
        threads=int(given["threads"]),
        max_general_loss_rise=None if rise is None else float(rise),
        memory_budget_bytes=int(given.get("memoryBudgetBytes", 0)),
        device=str(given.get("device", "auto")),
        precision=str(given.get("precision", "auto")),
    )


#: What may change between two attempts of a run; of files the content counts, not the place.
_NOT_COMPUTED_WITH = {
    "baseModelFile",
    "initialAdapter",
    "budgetMs",
    "checkpointEveryMs",
    "threads",
    "memoryBudgetBytes",
    "device",
    "precision",
}


def _hash(engine: str, given: dict[str, Any], data_hash: str, settings: Settings) -> str:
    kept = {key: value for key, value in given.items() if key not in _NOT_COMPUTED_WITH}
    weights = [_content_hash(settings.base_model_file), _content_hash(settings.initial_adapter)]
    text = json.dumps([engine, data_hash, weights, kept], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _content_hash(place: Path | None) -> str | None:
    """Of a file, or of the weights in a directory: a run does not go on with others, whatever their shape."""
    if place is None:
        return None
    whole = hashlib.sha256()
    for file in sorted(place.glob("*.safetensors")) if place.is_dir() else [place]:
        try:
            with file.open("rb") as content:
                whole.update(hashlib.file_digest(content, "sha256").digest())
        except OSError as error:
            raise EngineError("bad-run", f"{file} cannot be read: {error}.") from error
    return whole.hexdigest()


def _read_json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineError("bad-run", f"{file} cannot be read: {error}.") from error
    if not isinstance(value, dict):
        raise EngineError("bad-run", f"{file} is no JSON object.")
    return value
