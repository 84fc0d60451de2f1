"""Example files: token ids and loss masks as the product writes them (training/data/example-file.ts)."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import EngineError

_MAGIC = b"GEX1"
_MAX_EXAMPLES = 4_000_000
_MAX_EXAMPLE_TOKENS = 1 << 20


@dataclass(frozen=True)
class Example:
    """Token ids, int32 [n], and which of them are targets of the loss, uint8 [n]; entry 0 is ignored."""

    tokens: np.ndarray
    supervised: np.ndarray


def read_examples(file: Path) -> list[Example]:
    """Reads an example file; every count is checked against the bytes that are there.

    Raises EngineError `bad-run`.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise EngineError("bad-run", f"{file} cannot be read: {error.strerror}.") from error
    if data[:4] != _MAGIC or len(data) < 8:
        raise _damaged(file, "it is no example file")
    (count,) = struct.unpack_from("<I", data, 4)
    if count > _MAX_EXAMPLES:
        raise _damaged(file, f"it claims {count} examples")
    examples = []
    offset = 8
    for index in range(count):
        length = struct.unpack_from("<I", data, offset)[0] if offset + 4 <= len(data) else 0
        offset += 4
        size = 4 * length + (length + 3 & ~3)
        if not 2 <= length <= _MAX_EXAMPLE_TOKENS or offset + size > len(data):
            raise _damaged(file, f"example {index} does not fit")
        tokens = np.frombuffer(data, "<i4", length, offset)
        supervised = np.frombuffer(data, np.uint8, length, offset + 4 * length)
        examples.append(Example(tokens, supervised))
        offset += size
    if offset != len(data):
        raise _damaged(file, "it is longer than its examples")
    return examples


def check_vocabulary(examples: list[Example], vocabulary_size: int) -> None:
    """Raises EngineError `bad-run` for a token that the base model does not have."""
    for example in examples:
        if int(example.tokens.min()) < 0 or int(example.tokens.max()) >= vocabulary_size:
            message = f"The data holds a token that is not among the base model's {vocabulary_size}."
            raise EngineError("bad-run", message)


def _damaged(file: Path, why: str) -> EngineError:
    return EngineError("bad-run", f"The training data {file} is damaged: {why}.")
