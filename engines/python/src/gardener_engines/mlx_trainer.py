"""The engine `mlx`: LoRA on Apple silicon with MLX and mlx-lm's models; MLX's CPU build runs on Linux too."""

import importlib
import re
from functools import partial
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optimizers
import numpy as np
from mlx.utils import tree_flatten, tree_map, tree_unflatten
from mlx_lm.tuner.lora import LoRALinear
from mlx_lm.tuner.trainer import grad_checkpoint
from mlx_lm.utils import load_model

from . import memory
from .adapter import Matrices
from .errors import EngineError
from .gguf_base import GgufBase
from .packing import Row, attention
from .randomness import Random
from .run_directory import Settings

_PREFIX = "base_model.model."
#: Decoders whose blocks take (states, mask, cache), as those of the llama family do.
_ARCHITECTURES = ("llama", "qwen2", "qwen3")


def check() -> dict[str, Any]:
    """What this environment is: versions and the device MLX computes on."""
    mx.eval(mx.ones((2, 2)) @ mx.ones((2, 2)))
    return {"device": "gpu" if _on_gpu() else "cpu", "versions": {"mlx": mx.__version__}}


def open_trainer(settings: Settings, precision: str | None) -> "MlxTrainer":
    """Loads the base and puts a new adapter on it; `precision` is that of the run so far."""
    return MlxTrainer(settings, precision)


class MlxTrainer:
    """See `Trainer`."""

    def __init__(self, settings: Settings, precision: str | None) -> None:
        if settings.device == "cpu":
            mx.set_default_device(mx.cpu)
        on_gpu = _on_gpu()
        wanted = settings.precision if precision is None else precision
        if wanted == "4bit":
            raise EngineError("failed", "The engine mlx does not train in 4 bits.")
        self.precision = ("bfloat16" if on_gpu else "float32") if wanted == "auto" else wanted
        self.reason = f"MLX computes on the {'GPU' if on_gpu else 'CPU'}."
        model, config = _load_base(settings)
        if config["model_type"] not in _ARCHITECTURES:
            known = ", ".join(_ARCHITECTURES)
            message = f"The engine mlx does not train {config['model_type']} (only {known})."
            raise EngineError("base-unsupported", message)
        self.vocabulary_size = config["vocab_size"]
        if self.precision == "bfloat16":
            model.set_dtype(mx.bfloat16)
        model.freeze()
        shape = settings.adapter
        for block in model.model.layers:
            for part in (block.self_attn, block.mlp):
                for name, module in list(part.children().items()):
                    if name in shape.target_modules and isinstance(module, nn.Linear):
                        scale = shape.alpha / shape.rank
                        lora = LoRALinear.from_base(module, shape.rank, shape.dropout, scale)
                        setattr(part, name, lora)
        self.model = model
        self._settings = settings
        self._gradient: Any = None
        self._recomputes = False
        self._loss_and_gradient = nn.value_and_grad(model, partial(_nll, model))
        self.set_optimizer_state(None)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: matrix.shape for name, matrix in self.values().items()}

    def values(self) -> Matrices:
        return {
            _peft_name(name): np.array(array.astype(mx.float32)).T
            for name, array in tree_flatten(self.model.trainable_parameters())
        }

    def set_values(self, matrices: Matrices) -> None:
        arrays = [(_mlx_name(name), mx.array(np.ascontiguousarray(m.T))) for name, m in matrices.items()]
        self.model.update(tree_unflatten(arrays))
        mx.eval(self.model.parameters())

    def optimizer_state(self) -> dict[str, np.ndarray]:
        return {name: np.array(array) for name, array in tree_flatten(self._optimizer.state)}

    def set_optimizer_state(self, state: dict[str, np.ndarray] | None) -> None:
        decay = self._settings.weight_decay
        # PyTorch's AdamW; MLX leaves the correction of the moments out unless it is asked for.
        self._optimizer = optimizers.AdamW(0.0, weight_decay=decay, bias_correction=True)
        self._optimizer.init(self.model.trainable_parameters())
        if state is not None:
            arrays = [
                (name, mx.array(array.reshape(()) if name in ("step", "learning_rate") else array))
                for name, array in state.items()
            ]
            self._optimizer.state = tree_unflatten(arrays)

    def gradient(self, batches: list[list[Row]], targets: int, seed: tuple[int, ...]) -> tuple[float, float]:
        mx.random.seed(int(Random(*seed).uniform(1)[0] * 2**32))
        total, loss = None, 0.0
        self.model.train()
        for rows in batches:
            nll, gradient = self._loss_and_gradient(*_arrays(rows), 1 / targets)
            total = gradient if total is None else tree_map(mx.add, total, gradient)
            mx.eval(nll, total)
            loss += nll.item()
        self._gradient = total
        squares = [mx.sum(array.square()) for _, array in tree_flatten(total)]
        return loss, mx.sqrt(mx.sum(mx.stack(squares))).item()

    def update(self, learning_rate: float, factor: float) -> None:
        self._optimizer.learning_rate = learning_rate
        self._optimizer.update(self.model, tree_map(lambda array: array * factor, self._gradient))
        mx.eval(self.model.trainable_parameters(), self._optimizer.state)
        self._gradient = None

    def negative_log_likelihood(self, rows: list[Row]) -> float:
        self.model.eval()
        return _nll(self.model, *_arrays(rows), 1.0).item()

    def peak_bytes(self) -> int:
        return max(memory.peak_bytes(), mx.get_peak_memory())

    def lighten(self) -> bool:
        if self._recomputes:
            return False
        self._recomputes = True
        mx.clear_cache()
        grad_checkpoint(self.model.model.layers[0])
        return True

    def is_out_of_memory(self, error: BaseException) -> bool:
        return isinstance(error, MemoryError) or "allocate" in str(error)


def _on_gpu() -> bool:
    return mx.default_device().type == mx.DeviceType.gpu


def _load_base(settings: Settings) -> tuple[nn.Module, dict[str, Any]]:
    file = settings.base_model_file
    if file.suffix != ".gguf":
        return load_model(file if file.is_dir() else file.parent)
    base = GgufBase(file)
    config = base.config()
    architecture = importlib.import_module(f"mlx_lm.models.{config['model_type']}")
    model = architecture.Model(architecture.ModelArgs.from_dict(config))
    model.load_weights([(name, mx.array(values)) for name, values in base.tensors()])
    return model, config


def _arrays(rows: list[Row]) -> tuple[mx.array, mx.array, mx.array, mx.array]:
    """Tokens, mask, labels and which positions predict a target."""
    tokens = np.stack([row.tokens for row in rows])
    mask = np.stack([attention(row) for row in rows])[:, None]
    labels = np.roll(tokens, -1, axis=1)
    predicts = np.stack([row.predicts for row in rows])
    return mx.array(tokens), mx.array(mask), mx.array(labels), mx.array(predicts.astype(np.float32))


def _nll(
    model: nn.Module, tokens: mx.array, mask: mx.array, labels: mx.array, predicts: mx.array, weight: float
) -> mx.array:
    """Weighted sum of the negative log-likelihood of the target tokens.

    The blocks are called one by one because the packed rows need a mask of their own. Positions count through a row:
    rotary attention sees differences only, and no example sees another.
    """
    inner = model.model
    states = inner.embed_tokens(tokens)
    for block in inner.layers:
        states = block(states, mask, None)
    states = inner.norm(states)
    tied = getattr(model.args, "tie_word_embeddings", False)
    logits = inner.embed_tokens.as_linear(states) if tied else model.lm_head(states)
    losses = nn.losses.cross_entropy(logits.astype(mx.float32), labels)
    return (losses * predicts).sum() * weight


def _peft_name(name: str) -> str:
    return _PREFIX + re.sub(r"\.lora_([ab])$", lambda found: f".lora_{found[1].upper()}.weight", name)


def _mlx_name(name: str) -> str:
    stem = name.removeprefix(_PREFIX)
    return re.sub(r"\.lora_([AB])\.weight$", lambda found: f".lora_{found[1].lower()}", stem)
