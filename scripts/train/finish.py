"""After training: the checkpoint in bf16, what transformers computes from it, and the small files beside it."""
import json
import math
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from build import build, causal_class
from chatglm import write_chatglm
from table import WINDOW
from text import BOS, EOS

ORACLE_LENGTHS = (40, 23)
ORACLE_POSITIONS = 3


def save(model, network, out):
    """Rounds to bf16 and writes the folder. Returns the reloaded model in fp32, with transformers' plainest layers."""
    out.mkdir(parents=True, exist_ok=True)
    reference = build(model, "cpu", 0)
    reference.load_state_dict({name: tensor.cpu() for name, tensor in network.state_dict().items()})
    reference.config.use_cache = True
    reference = reference.to(torch.bfloat16)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) if model.kind == "Glm" else out
        reference.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        reloaded = causal_class(model).from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
        if hasattr(reloaded, "set_experts_implementation"):
            reloaded.set_experts_implementation("eager")
        if model.kind == "Glm":
            write_chatglm(reloaded, out)
    (out / "model.safetensors").chmod(0o644)
    for name, tensor in reloaded.state_dict().items():
        if not torch.equal(tensor.cpu(), reference.state_dict()[name].float()):
            raise RuntimeError(f"{model.id}: {name} was not read back as it was saved")
    reloaded.config.use_cache = False
    return reloaded.eval()


def write_tokenizer(out, tokenizer_json):
    (out / "tokenizer.json").write_text(tokenizer_json, encoding="utf-8")
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": EOS,
        "add_bos_token": True,
        "add_eos_token": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": WINDOW,
    }
    (out / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")


@torch.no_grad()
def perplexity(network, windows, batch=20):
    """Over all predicted tokens of the windows, each window on its own."""
    total, count = 0.0, 0
    for part in windows.split(batch):
        tokens = part.long()
        logits = network(input_ids=tokens).logits[:, :-1].float()
        total += F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="sum").item()
        count += tokens[:, 1:].numel()
    return math.exp(total / count)


@torch.no_grad()
def write_oracle(model, network, windows, path):
    """Logits of the last positions of two beginnings of held-out windows, for the engine's tests."""
    cases = []
    for row, length in enumerate(ORACLE_LENGTHS):
        ids = windows[row % len(windows), :length].long().cpu()
        logits = network(input_ids=ids[None]).logits[0, -ORACLE_POSITIONS:].float()
        rounded = [[float(f"{value:.7g}") for value in position] for position in logits.tolist()]
        cases.append({"ids": ids.tolist(), "logits": rounded})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"model": model.id, "positions": ORACLE_POSITIONS, "cases": cases}, separators=(",", ":")) + "\n")


def write_curve(curve, path):
    lines = ["step,tokens,loss_nats,learning_rate"]
    lines += [f"{step},{tokens},{loss:.5f},{rate:.4g}" for step, tokens, loss, rate in curve]
    path.write_text("\n".join(lines) + "\n")
