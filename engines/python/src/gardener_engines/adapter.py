"""The adapter as every engine starts and leaves it: a Hugging Face PEFT directory, its matrices by name."""

import json
import re
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from .errors import EngineError
from .randomness import Random
from .run_directory import AdapterShape

#: Names as in adapter_model.safetensors: base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight
Matrices = dict[str, np.ndarray]

#: Modules that read one input; the product's A matrices of a group are drawn one after the other.
_GROUPS = (
    ("q_proj", "k_proj", "v_proj"),
    ("qkv_proj",),
    ("o_proj",),
    ("gate_proj", "up_proj"),
    ("gate_up_proj",),
    ("down_proj",),
)
_INIT_STREAM = 1
_NAME = re.compile(r"\.layers\.(\d+)\..*?(\w+)\.lora_([AB])\.weight$")


def initial_matrices(shapes: dict[str, tuple[int, ...]], seed: int) -> Matrices:
    """PEFT's start, number for number the product's: A uniform in +-1/sqrt(in), B zero."""
    random = Random(seed, _INIT_STREAM)
    order = [module for group in _GROUPS for module in group]

    def place(name: str) -> tuple[int, int]:
        block, module, _ = _parse(name)
        return block, order.index(module)

    matrices = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    for name in sorted((name for name in shapes if ".lora_A." in name), key=place):
        rows, columns = shapes[name]
        draws = random.uniform(rows * columns).reshape(rows, columns)
        matrices[name] = ((2 * draws - 1) * (1 / np.sqrt(columns))).astype(np.float32)
    return matrices


def at_strength(matrices: Matrices, strength: float) -> Matrices:
    """The same matrices with their effect multiplied; at 0 the model is the base."""
    return {
        name: matrix * np.float32(strength) if ".lora_B." in name else matrix
        for name, matrix in matrices.items()
    }


def read_matrices(folder: Path, shapes: dict[str, tuple[int, ...]]) -> Matrices:
    """The matrices of a PEFT directory to continue from. Raises EngineError `bad-run` when they are others."""
    try:
        loaded = load_file(folder / "adapter_model.safetensors")
    except Exception as error:  # the library has many kinds of its own
        raise EngineError("bad-run", f"The adapter {folder} cannot be read: {error}.") from error
    wrong = [name for name, shape in shapes.items() if name not in loaded or loaded[name].shape != shape]
    if wrong or len(loaded) != len(shapes):
        message = f"The adapter {folder} to continue from has another rank or other modules."
        raise EngineError("bad-run", message)
    return {name: matrix.astype(np.float32) for name, matrix in loaded.items()}


def write_peft_directory(folder: Path, matrices: Matrices, shape: AdapterShape, base_name: str) -> None:
    """Writes what the product's own trainer writes (packages/lora/src/adapter/peft.ts)."""
    tensors = {name: np.ascontiguousarray(matrices[name], np.float32) for name in sorted(matrices)}
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    config = {
        "alpha_pattern": {},
        "auto_mapping": None,
        "base_model_name_or_path": base_name,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "layers_pattern": None,
        "layers_to_transform": None,
        "lora_alpha": shape.alpha,
        "lora_dropout": shape.dropout,
        "modules_to_save": None,
        "peft_type": "LORA",
        "r": shape.rank,
        "rank_pattern": {},
        "revision": None,
        "target_modules": list(shape.target_modules),
        "task_type": "CAUSAL_LM",
        "use_dora": False,
        "use_rslora": False,
    }
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _parse(name: str) -> tuple[int, str, str]:
    found = _NAME.search(name)
    if found is None:
        raise EngineError("base-unsupported", f"The base model has a module of an unknown place: {name}.")
    return int(found[1]), found[2], found[3]
