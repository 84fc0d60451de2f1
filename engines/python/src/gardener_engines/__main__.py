"""`python -m gardener_engines <peft|mlx> <run directory>`; `--check` instead of a directory tells what there is."""

import importlib
import os
import sys
import traceback
from pathlib import Path

from .errors import EngineError
from .protocol import Channel

ENGINES = ("peft", "mlx")


def main() -> int:
    """Runs an engine; 0 when it came to its end, 1 after an `error` line, 2 for a wrong call."""
    if len(sys.argv) != 3 or sys.argv[1] not in ENGINES:
        print(f"usage: python -m gardener_engines {'|'.join(ENGINES)} <run directory>|--check", file=sys.stderr)
        return 2
    engine, target = sys.argv[1:]
    channel = Channel(engine)
    trainer = None
    try:
        # After the first line: the libraries take seconds to load, and the product already sees that all is well.
        trainers = importlib.import_module(f".{engine}_trainer", __package__)
        if target == "--check":
            channel.emit({"type": "check", **trainers.check()})
            return 0
        from . import checkpoint
        from .loop import Loop
        from .run_directory import open_run

        run = open_run(Path(target).resolve(), engine)
        saved = checkpoint.load(run.checkpoint, run.hash)
        trainer = trainers.open_trainer(run.settings, None if saved is None else saved.counters.precision)
        Loop(run, trainer, channel).train()
        return 0
    except EngineError as error:
        channel.emit({"type": "error", "kind": error.kind, "message": error.message})
    except ImportError as error:
        channel.emit({"type": "error", "kind": "missing-package", "message": f"{error}."})
    except BaseException as error:
        traceback.print_exc()
        short = isinstance(error, MemoryError) or (trainer is not None and trainer.is_out_of_memory(error))
        kind = "out-of-memory" if short else "failed"
        channel.emit({"type": "error", "kind": kind, "message": f"{type(error).__name__}: {_line(error)}"})
    finally:
        channel.close()
    return 1


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0][:500]


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Threads of the libraries and of the protocol are not waited for.
    os._exit(code)
