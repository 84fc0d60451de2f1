"""Examples packed into rows of one length, in the product's order (packages/lora/src/train/batches)."""

from dataclasses import dataclass

import numpy as np

from .errors import EngineError
from .examples import Example
from .randomness import Random, shuffled

#: Rows still open for more examples.
_OPEN_ROWS = 32
_SHUFFLE_STREAM = 2


@dataclass
class Row:
    """Whole examples, one behind the other, the rest padding; all arrays have [sequence length]."""

    tokens: np.ndarray
    #: Position within the token's own example.
    positions: np.ndarray
    #: Number of the token's example within the row, -1 where padded.
    segments: np.ndarray
    #: 1 where the NEXT token is a target of the loss.
    predicts: np.ndarray
    examples: int = 0
    used: int = 0


def pack(examples: list[Example], length: int, random: Random | None) -> list[Row]:
    """First fit among the last rows opened; `random` shuffles the examples, None keeps their order.

    Raises EngineError `bad-run` for an example that is longer than a row.
    """
    order = range(len(examples)) if random is None else shuffled(len(examples), random)
    rows: list[Row] = []
    open_rows: list[Row] = []
    for index in order:
        example = examples[index]
        size = len(example.tokens)
        if size > length:
            raise EngineError("bad-run", f"Example {index} has {size} tokens; a row holds {length}.")
        row = next((row for row in open_rows if row.used + size <= length), None)
        if row is None:
            row = _empty(length)
            rows.append(row)
            open_rows.append(row)
            if len(open_rows) > _OPEN_ROWS:
                open_rows.pop(0)
        _place(row, example)
    return rows


def count_targets(rows: list[Row]) -> int:
    """Tokens that are predicted."""
    return sum(int(row.predicts.sum()) for row in rows)


def attention(row: Row) -> np.ndarray:
    """Who sees whom, bool [length, length]: earlier tokens of the same example; a padded token itself alone."""
    length = len(row.tokens)
    place = np.arange(length)
    first = np.where(row.segments == -1, place, place - row.positions)
    return (place[None, :] >= first[:, None]) & (place[None, :] <= place[:, None])


class DataCursor:
    """Hands out rows in an order that depends on the seed alone; data is shuffled and packed anew every epoch.

    `given`: the first epoch takes the examples as they are given.
    """

    def __init__(
        self, examples: list[Example], length: int, seed: int, *, given: bool, epoch: int = 0, row: int = 0
    ) -> None:
        self._examples, self._length, self._seed, self._given = examples, length, seed, given
        self.epoch, self.row = epoch, row
        self._rows = self._pack()

    @property
    def rows_per_epoch(self) -> int:
        return len(self._rows)

    def next(self, count: int) -> list[Row]:
        """The next rows; fewer at the end of an epoch, so that every example is used once an epoch."""
        if self.row >= len(self._rows):
            self.epoch, self.row = self.epoch + 1, 0
            self._rows = self._pack()
        rows = self._rows[self.row : self.row + count]
        self.row += len(rows)
        return rows

    def _pack(self) -> list[Row]:
        is_given = self._given and self.epoch == 0
        random = None if is_given else Random(self._seed, _SHUFFLE_STREAM, self.epoch)
        return pack(self._examples, self._length, random)


def _empty(length: int) -> Row:
    zeros = [np.zeros(length, np.int32) for _ in range(2)]
    return Row(zeros[0], zeros[1], np.full(length, -1, np.int32), np.zeros(length, np.uint8))


def _place(row: Row, example: Example) -> None:
    start, size = row.used, len(example.tokens)
    row.tokens[start : start + size] = example.tokens
    row.positions[start : start + size] = np.arange(size)
    row.segments[start : start + size] = row.examples
    row.predicts[start : start + size - 1] = example.supervised[1:] != 0
    row.examples += 1
    row.used += size
