"""The engine `peft`: PyTorch, transformers and Hugging Face PEFT on CUDA, MPS or the CPU."""

import inspect
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from peft import LoraConfig, get_peft_model
from torch.nn.functional import cross_entropy
from transformers import AutoConfig, AutoModelForCausalLM, BitsAndBytesConfig
from transformers.initialization import no_init_weights

from . import memory
from .adapter import Matrices
from .errors import EngineError
from .gguf_base import GgufBase
from .packing import Row, attention
from .randomness import Random
from .run_directory import Settings

#: bfloat16 is taken on a CPU when its products are so many times as fast.
_WORTH_IT = 1.3
#: 4 bits are taken on a GPU when the weights in bfloat16 would fill this share of what is free.
_TIGHT = 0.6


def check() -> dict[str, Any]:
    """What this environment is: versions and the device that `auto` takes."""
    device = choose_device("auto")
    name = torch.cuda.get_device_name() if device == "cuda" else device
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    return {"device": name, "versions": versions}


def open_trainer(settings: Settings, precision: str | None) -> "PeftTrainer":
    """Loads the base and puts a new adapter on it.

    `precision` is that of the run so far; None lets the settings decide.
    """
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    if settings.threads > 0:
        torch.set_num_threads(settings.threads)
    return PeftTrainer(settings, precision)


def choose_device(wanted: str) -> str:
    """cuda, mps or cpu; the first there is for `auto`. Raises EngineError `failed` for one that is not there."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return next(device for device, is_there in there.items() if is_there)
    if not there.get(wanted, False):
        raise EngineError("failed", f"PyTorch finds no device {wanted} here.")
    return wanted


def choose_precision(wanted: str, device: str, parameters_bytes: int) -> tuple[str, str]:
    """What the frozen products are computed in, and why."""
    if wanted != "auto":
        return wanted, f"It was asked for; on {device}."
    if device == "cuda":
        free, _ = torch.cuda.mem_get_info()
        if parameters_bytes > _TIGHT * free:
            return "4bit", "The weights in 16 bits would fill this GPU."
        if torch.cuda.is_bf16_supported():
            return "bfloat16", f"On {torch.cuda.get_device_name()}."
        return "float32", "This GPU does not compute in bfloat16."
    if device == "mps":
        return "float32", "On Apple's GPU."
    gain = _bfloat16_gain()
    told = f"This CPU multiplies bfloat16 {gain:.1f} times as fast as float32."
    return ("bfloat16" if gain > _WORTH_IT else "float32"), told


class PeftTrainer:
    """See `Trainer`."""

    def __init__(self, settings: Settings, precision: str | None) -> None:
        self.device = choose_device(settings.device)
        wanted = precision or settings.precision
        size = _weights_bytes(settings.base_model_file)
        self.precision, self.reason = choose_precision(wanted, self.device, size)
        if precision is not None:
            self.reason = f"So the run began; on {self.device}."
        if self.precision == "4bit" and self.device != "cuda":
            raise EngineError("failed", "4 bits need an NVIDIA GPU.")
        base = _load_base(settings.base_model_file, self.precision)
        base.config.use_cache = False
        self.vocabulary_size = base.get_input_embeddings().weight.shape[0]
        shape = settings.adapter
        config = LoraConfig(
            r=shape.rank,
            lora_alpha=shape.alpha,
            lora_dropout=shape.dropout,
            target_modules=list(shape.target_modules),
            task_type="CAUSAL_LM",
        )
        base = base.to(self.device)
        self.model = get_peft_model(base, config)
        self.model.train()
        self._forward = set(inspect.signature(base.forward).parameters)
        self._settings = settings
        self._named = {
            name.replace(".default.", "."): parameter
            for name, parameter in self.model.named_parameters()
            if parameter.requires_grad
        }
        self._optimizer: torch.optim.AdamW
        self._recomputes = False
        self.set_optimizer_state(None)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: tuple(parameter.shape) for name, parameter in self._named.items()}

    def values(self) -> Matrices:
        return {name: _numpy(parameter) for name, parameter in self._named.items()}

    @torch.no_grad()
    def set_values(self, matrices: Matrices) -> None:
        for name, parameter in self._named.items():
            parameter.copy_(torch.from_numpy(matrices[name].copy()))

    def optimizer_state(self) -> dict[str, np.ndarray]:
        state = self._optimizer.state
        return {
            f"{name}/{key}": _numpy(tensor)
            for name, parameter in self._named.items()
            for key, tensor in state.get(parameter, {}).items()
        }

    def set_optimizer_state(self, state: dict[str, np.ndarray] | None) -> None:
        decay = self._settings.weight_decay
        self._optimizer = torch.optim.AdamW(self._named.values(), lr=1.0, weight_decay=decay)
        for name, array in (state or {}).items():
            of, _, key = name.rpartition("/")
            parameter = self._named[of]
            tensor = torch.from_numpy(array.copy())
            # The number of the step is a scalar, kept on the CPU.
            kept = tensor.reshape(()) if key == "step" else tensor.to(parameter.device)
            self._optimizer.state[parameter][key] = kept

    def gradient(self, batches: list[list[Row]], targets: int, seed: tuple[int, ...]) -> tuple[float, float]:
        # Dropout's masks depend on the step alone: a resumed run draws the same.
        torch.manual_seed(int(Random(*seed).uniform(1)[0] * 2**32))
        self._optimizer.zero_grad(set_to_none=True)
        loss = torch.zeros((), device=self.device)
        for rows in batches:
            part = self._nll(rows) / targets
            if part.requires_grad:
                part.backward()
            loss += part.detach()
        gradients = [p.grad for p in self._named.values() if p.grad is not None]
        return loss.item(), torch.nn.utils.get_total_norm(gradients).item()

    @torch.no_grad()
    def update(self, learning_rate: float, factor: float) -> None:
        for parameter in self._named.values():
            if factor < 1 and parameter.grad is not None:
                parameter.grad.mul_(factor)
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        self._optimizer.step()

    @torch.no_grad()
    def negative_log_likelihood(self, rows: list[Row]) -> float:
        self.model.eval()
        try:
            return self._nll(rows).item()
        finally:
            self.model.train()

    def peak_bytes(self) -> int:
        return torch.cuda.max_memory_allocated() if self.device == "cuda" else memory.peak_bytes()

    def lighten(self) -> bool:
        if self._recomputes:
            return False
        self._recomputes = True
        if self.device == "cuda":
            torch.cuda.empty_cache()
        self.model.enable_input_require_grads()
        self.model.gradient_checkpointing_enable({"use_reentrant": False})
        return True

    def is_out_of_memory(self, error: BaseException) -> bool:
        if isinstance(error, MemoryError | torch.OutOfMemoryError):
            return True
        return isinstance(error, RuntimeError) and "allocate memory" in str(error)

    def _nll(self, rows: list[Row]) -> torch.Tensor:
        """Sum of the negative log-likelihood of the target tokens."""
        tokens = np.stack([row.tokens for row in rows]).astype(np.int64)
        predicts = np.stack([row.predicts for row in rows])
        places = np.flatnonzero(predicts.any(axis=0))
        if len(places) == 0:
            return torch.zeros((), device=self.device)
        mask = torch.from_numpy(np.stack([attention(row) for row in rows]))[:, None].to(self.device)
        dtype = torch.float32 if self.precision == "float32" else torch.bfloat16
        additive = torch.zeros(mask.shape, dtype=dtype, device=self.device)
        additive.masked_fill_(~mask, torch.finfo(dtype).min)
        given: dict[str, Any] = {
            "input_ids": self._tensor(tokens),
            "attention_mask": additive,
            "position_ids": self._tensor(np.stack([row.positions for row in rows]).astype(np.int64)),
        }
        keep = self._tensor(places)
        # Only the positions that predict a target need the vocabulary's logits.
        if "logits_to_keep" in self._forward:
            logits = self.model(**given, logits_to_keep=keep).logits
        else:
            logits = self.model(**given).logits[:, keep]
        chosen = self._tensor(predicts[:, places] != 0)
        labels = self._tensor(np.roll(tokens, -1, axis=1)[:, places])
        return cross_entropy(logits[chosen].float(), labels[chosen], reduction="sum")

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)


def _load_base(file: Path, precision: str) -> Any:
    """The base model from a GGUF (dequantised), or from a directory of safetensors."""
    dtype = torch.float32 if precision == "float32" else torch.bfloat16
    common: dict[str, Any] = {"dtype": dtype, "attn_implementation": "sdpa"}
    if file.suffix == ".gguf":
        model = _load_gguf(GgufBase(file), common)
        return _in_four_bits(model) if precision == "4bit" else model
    folder = file if file.is_dir() else file.parent
    if precision == "4bit":
        common["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
        )
    return AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, **common)


@torch.no_grad()
def _load_gguf(base: GgufBase, common: dict[str, Any]) -> Any:
    given = base.config()
    rope = {"rope_type": "default", "rope_theta": given.pop("rope_theta")}
    config = AutoConfig.for_model(given.pop("model_type"), rope_parameters=rope, **given)
    with no_init_weights():
        model = AutoModelForCausalLM.from_config(config, **common)
    model.tie_weights()
    left = dict(model.named_parameters())
    for name, values in base.tensors():
        parameter = left.pop(name, None)
        if parameter is None or tuple(parameter.shape) != values.shape:
            message = f"The tensor {name} of the base model is not what its architecture has."
            raise EngineError("base-unsupported", message)
        parameter.copy_(torch.from_numpy(values))
    if left:
        raise EngineError("base-unsupported", f"The base model lacks the tensor {min(left)}.")
    return model


def _in_four_bits(model: Any) -> Any:
    """Replaces the blocks' linear modules by bitsandbytes' (QLoRA); they are quantised as they move to the GPU.

    transformers quantises only what it reads itself.
    """
    import bitsandbytes

    for block in model.model.layers:
        for parent in list(block.modules()):
            for name, linear in list(parent.named_children()):
                if not isinstance(linear, torch.nn.Linear):
                    continue
                bias = linear.bias is not None
                four = bitsandbytes.nn.Linear4bit(
                    linear.in_features, linear.out_features, bias, torch.bfloat16, quant_type="nf4"
                )
                weight = linear.weight.data
                four.weight = bitsandbytes.nn.Params4bit(weight, requires_grad=False, quant_type="nf4")
                if bias:
                    four.bias = linear.bias
                setattr(parent, name, four)
    model.is_loaded_in_4bit = True
    return model


def _bfloat16_gain() -> float:
    """How many times as fast this CPU multiplies in bfloat16."""
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        left, right = torch.ones(256, 1024, dtype=dtype), torch.ones(1024, 1024, dtype=dtype)
        times = []
        for _ in range(5):
            started = time.perf_counter()
            _ = left @ right
            times.append(time.perf_counter() - started)
        seconds[dtype] = min(times)
    return seconds[torch.float32] / seconds[torch.bfloat16]


def _weights_bytes(file: Path) -> int:
    """Roughly what the weights take in 16 bits: a GGUF of 4 or 5 bits a weight is a quarter to a third of it."""
    if file.suffix != ".gguf":
        folder = file if file.is_dir() else file.parent
        return sum(part.stat().st_size for part in folder.glob("*.safetensors"))
    from gguf import GGUFReader

    return sum(2 * int(np.prod(tensor.shape)) for tensor in GGUFReader(file).tensors)


def _numpy(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().to("cpu", torch.float32, copy=True).numpy()
