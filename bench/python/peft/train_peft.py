"""LoRA training with Hugging Face PEFT on the CPU: the other side of bench:training.

Usage: python train_peft.py <base.gguf> <data.json> --steps N [options]; prints one JSON line.

data.json: {"train": R, "heldOut": R}, R = {"rows": [[token] * L, ...], "supervised": [[0 or 1] * L, ...]};
supervised[t] = 1 makes token t a target of the loss, entry 0 is ignored. Rows are taken in order, over and over.

One step is one batch: forward, token-weighted loss, backward, clipping, AdamW. tokensPerSecond counts all tokens of
the batch over the median step, the first dropped (the first step allocates). Peak memory is read before the held-out
loss is computed, which needs float32 weights whatever the training precision; loadPeakRssBytes is the peak while
reading the GGUF, which transformers dequantises at once.
"""

import argparse
import gc
import json
import math
import resource
import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, logging

MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("base", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument(
        "--adapter-precision",
        choices=["float32", "bfloat16"],
        default="float32",
        help="PEFT's own default keeps LoRA matrices in float32",
    )
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--alpha", type=float, default=32)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--schedule", choices=["constant", "cosine"], default="constant")
    parser.add_argument("--warmup-steps", type=int, default=0)
    parser.add_argument("--max-gradient-norm", type=float, default=1.0)
    parser.add_argument("--batch-rows", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, help="write the adapter to this PEFT directory")
    return parser.parse_args()


def load_model(arguments: argparse.Namespace, precision: torch.dtype):
    base = AutoModelForCausalLM.from_pretrained(
        arguments.base.parent, gguf_file=arguments.base.name, dtype=precision, attn_implementation="sdpa"
    )
    base.config.use_cache = False
    torch.manual_seed(arguments.seed)
    config = LoraConfig(
        r=arguments.rank, lora_alpha=arguments.alpha, lora_dropout=0.0, target_modules=MODULES, task_type="CAUSAL_LM"
    )
    return get_peft_model(base, config, autocast_adapter_dtype=arguments.adapter_precision == "float32")


def load_rows(part: dict) -> tuple[torch.Tensor, torch.Tensor]:
    rows, supervised = torch.tensor(part["rows"]), torch.tensor(part["supervised"])
    if rows.ndim != 2 or rows.shape != supervised.shape:
        raise SystemExit("rows and supervised must be lists of equally long lists")
    return rows, supervised[:, 1:].float()


def losses_of(model, tokens: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Sum of the cross-entropy over supervised tokens."""
    logits = model(input_ids=tokens).logits[:, :-1].float()
    nll = cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")
    return (nll * weights.flatten()).sum()


def learning_rate(step: int, arguments: argparse.Namespace) -> float:
    """As packages/lora/src/train/schedule.ts: linear warm-up, then constant or half a cosine down to a tenth."""
    peak, warmup = arguments.learning_rate, arguments.warmup_steps
    if step <= warmup:
        return peak * step / warmup
    if arguments.schedule == "constant":
        return peak
    progress = min(1.0, (step - warmup) / max(1, arguments.steps - warmup))
    return peak / 10 + (peak - peak / 10) * (1 + math.cos(math.pi * progress)) / 2


def train(model, rows: torch.Tensor, weights: torch.Tensor, arguments: argparse.Namespace):
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=arguments.learning_rate, weight_decay=0.01, fused=True)
    model.train()
    losses, seconds = [], []
    for step in range(1, arguments.steps + 1):
        first = (step - 1) * arguments.batch_rows
        chosen = [(first + offset) % len(rows) for offset in range(arguments.batch_rows)]
        started = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments)
        loss = losses_of(model, rows[chosen], weights[chosen]) / weights[chosen].sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, arguments.max_gradient_norm)
        optimizer.step()
        losses.append(loss.item())
        seconds.append(time.perf_counter() - started)
        print(f"step {step}/{arguments.steps} loss {losses[-1]:.4f} {seconds[-1]:.3f} s", file=sys.stderr)
    return losses, seconds


@torch.no_grad()
def evaluate(model, rows: torch.Tensor, weights: torch.Tensor) -> float:
    model.eval()
    sums = [losses_of(model, rows[i : i + 1], weights[i : i + 1]).item() for i in range(len(rows))]
    return sum(sums) / weights.sum().item()


def peak_rss_bytes() -> int:
    # KiB on Linux, bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    arguments = parse_arguments()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.set_num_threads(arguments.threads)
    data = json.loads(arguments.data.read_text())
    rows, weights = load_rows(data["train"])
    model = load_model(arguments, getattr(torch, arguments.precision))
    load_peak = peak_rss_bytes()
    losses, seconds = train(model, rows, weights, arguments)
    peak = peak_rss_bytes()
    if arguments.save:
        model.save_pretrained(arguments.save)

    held_out_loss = None
    if data.get("heldOut", {}).get("rows"):
        state = {name: tensor.float().clone() for name, tensor in get_peft_model_state_dict(model).items()}
        del model
        gc.collect()
        model = load_model(arguments, torch.float32)
        set_peft_model_state_dict(model, state)
        held_out_loss = evaluate(model.float(), *load_rows(data["heldOut"]))
    step_seconds = statistics.median(seconds[1:] or seconds)
    print(
        json.dumps(
            {
                "engine": "peft",
                "precision": arguments.precision,
                "adapterPrecision": arguments.adapter_precision,
                "sequenceLength": rows.shape[1],
                "batchRows": arguments.batch_rows,
                "rank": arguments.rank,
                "alpha": arguments.alpha,
                "steps": arguments.steps,
                "threads": arguments.threads,
                "tokensPerSecond": arguments.batch_rows * rows.shape[1] / step_seconds,
                "stepSeconds": seconds,
                "peakRssBytes": peak,
                "loadPeakRssBytes": load_peak,
                "losses": losses,
                "heldOutLoss": held_out_loss,
                "versions": {name: version(name) for name in ["torch", "transformers", "peft"]},
            }
        )
    )


if __name__ == "__main__":
    main()
