"""Writes logits of Hugging Face transformers for the shipped model and for odd random configurations.

    python scripts/oracle/make-oracles.py --out test/fixtures/oracle --shipped data/models/bitloss-llama-3m [--only NAME …]

Each case is a folder with config.json, model.safetensors (bfloat16; absent for the shipped model), oracle.json (token
ids, rows kept) and logits.safetensors (float32 [rows, V] a sequence: its last positions), computed on the CPU in
float32 with eager attention where nothing speaks against it. A case that fails is reported, and the others go on.
"""
import argparse
import json
import shutil
import sys
import traceback
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

import dense_cases
from layouts import LAYOUTS

ROWS = 12


def all_cases():
    cases = dict(dense_cases.CASES)
    try:
        import experts_cases
        cases.update(experts_cases.CASES)
    except Exception:
        print("experts_cases: FAILED to import\n" + traceback.format_exc(), file=sys.stderr)
    return cases


def randomize(model, generator):
    """Weights large enough that attention is far from uniform, exact in bfloat16."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.ndim >= 2:
                values = noise * (1.5 / parameter.shape[-1] ** 0.5)
            elif name.endswith("bias"):
                values = 0.2 * noise
            else:
                values = 1.0 + 0.2 * noise
            parameter.copy_(values.bfloat16().float())


def random_tokens(generator, vocabulary, lengths):
    return [torch.randint(vocabulary, (length,), generator=generator).tolist() for length in lengths]


def logits_of(model, sequences, rows):
    with torch.no_grad():
        return {f"logits.{index}": model(torch.tensor([tokens])).logits[0][-rows:].float().contiguous()
                for index, tokens in enumerate(sequences)}


def write_oracle(folder, sequences, logits, rows, attention):
    save_file(logits, folder / "logits.safetensors")
    oracle = {"tokens": sequences, "rows": rows, "attention": attention, "logits_file": "logits.safetensors"}
    (folder / "oracle.json").write_text(json.dumps(oracle) + "\n")


def make_case(folder, seed, config_class, entries, length, layout):
    generator = torch.Generator().manual_seed(seed)
    config = config_class(**entries)
    # The eager path of Falcon adds the position bias twice; sdpa adds it once, as training did.
    attention = "sdpa" if entries.get("alibi") else "eager"
    model = AutoModelForCausalLM.from_config(config, attn_implementation=attention).float().eval()
    model.config.use_cache = False
    randomize(model, generator)
    sequences = random_tokens(generator, config.vocab_size, (length, 1, 7))
    logits = logits_of(model, sequences, ROWS)
    model.to(torch.bfloat16).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    LAYOUTS[layout](folder)
    write_oracle(folder, sequences, logits, ROWS, attention)
    spread = max(float(values.abs().max()) for values in logits.values())
    if not all(bool(values.isfinite().all()) for values in logits.values()):
        raise ValueError("the logits are not finite")
    return f"{sum(p.numel() for p in model.parameters())} parameters, largest logit {spread:.2f}, " \
           f"{sum(f.stat().st_size for f in folder.iterdir()) / 1024:.0f} KiB"


def make_shipped(folder, checkpoint):
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32, attn_implementation="eager").eval()
    sequences = random_tokens(torch.Generator().manual_seed(100), model.config.vocab_size, (40, 3))
    write_oracle(folder, sequences, logits_of(model, sequences, ROWS), ROWS, "eager")
    return f"of {checkpoint.name}"


def attempt(name, folder, work):
    """Replaces the folder by what the work writes; leaves nothing of a case that fails."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        print(f"{name}: {work(folder)}", flush=True)
        return True
    except Exception:
        print(f"{name}: FAILED\n{traceback.format_exc()}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shipped", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*", help="names of cases")
    options = parser.parse_args()
    failed = []
    for seed, (name, case) in enumerate(all_cases().items()):
        if options.only and name not in options.only:
            continue
        if not attempt(name, options.out / name, lambda folder: make_case(folder, seed, *case)):
            failed.append(name)
    if options.shipped is not None and not options.only:
        if not attempt("shipped", options.out / "shipped", lambda folder: make_shipped(folder, options.shipped)):
            failed.append("shipped")
    print(f"{len(failed)} failed: {', '.join(failed)}" if failed else "all cases made")


if __name__ == "__main__":
    main()
