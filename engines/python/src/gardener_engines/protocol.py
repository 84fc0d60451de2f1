"""What an engine says, one JSON object a line on stdout, and how it is told to stop.

Out: first `hello`, then the events of the run (training/engines/engine-events.ts has their schema), `alive` every few
seconds from the first moment on, and `error` as the last line of an engine that failed.
In, on stdin: `{"type": "stop"}` (save a checkpoint and end, as SIGTERM says too), `{"type": "wait", "reason": "..."}`
and `{"type": "go-on"}`. When stdin is closed whoever started the engine is gone, and the engine ends at once.
"""

import json
import math
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

#: Raised with every change that an older reader or writer would not understand.
PROTOCOL_VERSION = 1
#: What an `error` line may be of.
KINDS = (
    "bad-run",
    "base-unsupported",
    "diverged",
    "failed",
    "missing-package",
    "other-checkpoint",
    "out-of-memory",
)
ALIVE_EVERY_SECONDS = 5.0


class Channel:
    """The two directions of the protocol. Only one is made: it takes stdout and stdin for itself."""

    def __init__(self, engine: str) -> None:
        # Whatever a library prints goes to stderr: stdout holds lines of the protocol and nothing else.
        self._out = os.dup(1)
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._ended = False
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._wait_reason: str | None = None
        self.emit({"type": "hello", "protocol": PROTOCOL_VERSION, "engine": engine})
        for name in ("SIGTERM", "SIGINT"):
            signal.signal(getattr(signal, name), lambda *_: self._ask_to_stop())
        threading.Thread(target=self._say_alive, daemon=True).start()
        threading.Thread(target=self._listen, daemon=True).start()

    def emit(self, event: dict[str, Any]) -> None:
        """Writes one line. A number that is not finite becomes null, as in JavaScript."""
        line = json.dumps({key: _finite(value) for key, value in event.items()}, allow_nan=False)
        data = (line + "\n").encode()
        with self._lock:
            try:
                while data:
                    data = data[os.write(self._out, data) :]
            except OSError:
                os._exit(3)  # nobody reads any more

    @property
    def stopped(self) -> bool:
        """Whether the run is to stop after the present step."""
        return self._stop.is_set()

    @property
    def wait_reason(self) -> str | None:
        """Why training has to wait, or None."""
        return self._wait_reason

    def until_told(self) -> None:
        """Sleeps while there is a reason to wait and nobody says stop."""
        with self._changed:
            while self._wait_reason is not None and not self.stopped:
                # A signal's handler cannot notify under this lock: look again every second.
                self._changed.wait(1.0)

    def close(self) -> None:
        """From now on a closed stdin is no reason to end."""
        self._ended = True

    def _ask_to_stop(self) -> None:
        self._stop.set()

    def _say_alive(self) -> None:
        pause = threading.Event()
        while not pause.wait(ALIVE_EVERY_SECONDS):
            self.emit({"type": "alive"})

    def _listen(self) -> None:
        for line in _lines(0):
            try:
                told = json.loads(line)
                kind = told.get("type")
            except (ValueError, AttributeError):
                continue
            if kind == "stop":
                self._ask_to_stop()
            elif kind in ("wait", "go-on"):
                with self._changed:
                    self._wait_reason = str(told.get("reason")) if kind == "wait" else None
                    self._changed.notify_all()
        if not self._ended:
            os._exit(3)


def _lines(descriptor: int) -> Iterator[bytes]:
    """Lines as they come. Not through sys.stdin, whose lock a thread would hold while the interpreter ends."""
    rest = b""
    while part := os.read(descriptor, 1 << 16):
        *lines, rest = (rest + part).split(b"\n")
        yield from lines


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
