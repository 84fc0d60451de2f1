"""A GGUF as Hugging Face names it: what config.json would say, and the dequantised tensors.

Both frameworks read GGUF in part: MLX few quantised formats; transformers leaves out what it does not know, such as
frequency factors, without a word. Here every tensor has a place, or the base is refused.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFReader, dequantize

from .errors import EngineError

#: Architectures of the llama family whose blocks hold these tensors and nothing else.
ARCHITECTURES = {"llama": "llama", "qwen2": "qwen2", "qwen3": "qwen3"}

_TOP = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}
_BLOCK = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}


class GgufBase:
    """An open GGUF. Raises EngineError `base-unsupported`."""

    def __init__(self, file: Path) -> None:
        self._reader = GGUFReader(file)
        self._architecture = str(self._value("general.architecture"))
        if self._architecture not in ARCHITECTURES:
            known = ", ".join(ARCHITECTURES)
            message = f"This engine reads no GGUF of the architecture {self._architecture} (only {known})."
            raise EngineError("base-unsupported", message)
        self._tensors = {tensor.name: tensor for tensor in self._reader.tensors}

    def config(self) -> dict[str, Any]:
        """The keys of config.json that a decoder is built from."""
        hidden = self._number("embedding_length")
        heads = self._number("attention.head_count")
        return {
            "model_type": ARCHITECTURES[self._architecture],
            "hidden_size": hidden,
            "num_hidden_layers": self._number("block_count"),
            "intermediate_size": self._number("feed_forward_length"),
            "num_attention_heads": heads,
            "num_key_value_heads": self._number("attention.head_count_kv", heads),
            "head_dim": self._number("attention.key_length", hidden // heads),
            "rms_norm_eps": float(self._value(self._key("attention.layer_norm_rms_epsilon"))),
            "vocab_size": int(self._tensors["token_embd.weight"].shape[1]),
            "max_position_embeddings": self._number("context_length"),
            "rope_theta": float(self._value(self._key("rope.freq_base"), 10000.0)),
            "tie_word_embeddings": "output.weight" not in self._tensors,
        }

    def tensors(self) -> Iterator[tuple[str, np.ndarray]]:
        """Every tensor by its Hugging Face name, float32, rows in Hugging Face's order."""
        config = self.config()
        heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
        for name, tensor in self._tensors.items():
            *place, stem, kind = name.split(".")
            values = np.array(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
            values = values.reshape([int(size) for size in reversed(tensor.shape)])
            if self._architecture == "llama" and stem in heads:
                values = _unpermuted(values, heads[stem])
            if place and place[0] == "blk" and stem in _BLOCK:
                yield f"model.layers.{place[1]}.{_BLOCK[stem]}.{kind}", values
            elif not place and stem in _TOP:
                yield f"{_TOP[stem]}.{kind}", values
            else:
                message = f"This engine does not know the tensor {name} of the base model."
                raise EngineError("base-unsupported", message)

    def _key(self, name: str) -> str:
        return f"{self._architecture}.{name}"

    def _number(self, name: str, default: int | None = None) -> int:
        return int(self._value(self._key(name), default))

    def _value(self, key: str, default: Any = None) -> Any:
        field = self._reader.fields.get(key)
        if field is not None:
            return field.contents()
        if default is None:
            raise EngineError("base-unsupported", f"The base model does not say its {key}.")
        return default


def _unpermuted(values: np.ndarray, heads: int) -> np.ndarray:
    """Rows of q and k as Hugging Face has them; llama.cpp's converter makes rotary pairs neighbours."""
    shape = values.shape
    half = shape[0] // heads // 2
    return values.reshape(heads, half, 2, *shape[1:]).swapaxes(1, 2).reshape(shape)
