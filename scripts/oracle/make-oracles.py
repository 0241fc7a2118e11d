"""Writes logits of Hugging Face transformers for the shipped model and for odd random configurations.

    python scripts/oracle/make-oracles.py --shipped data/models/bitloss-llama-3m --out test/fixtures/oracle

Each case is a folder with config.json, model.safetensors (absent for the shipped model), oracle.json (token ids) and
logits.safetensors (float32 [T, V] a sequence), computed on the CPU in float32 with eager attention.
"""
import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig

SMALL = dict(vocab_size=97, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=4, max_position_embeddings=128, rms_norm_eps=1e-5, tie_word_embeddings=False)
LLAMA3 = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
          "high_freq_factor": 4.0, "original_max_position_embeddings": 64}

CASES = {
    "llama-one-kv-head": (LlamaConfig, dict(num_key_value_heads=1), 33, "new"),
    "llama-five-heads": (LlamaConfig, dict(hidden_size=60, num_attention_heads=5, num_key_value_heads=5, rms_norm_eps=1e-6), 29, "old"),
    "llama-three-heads-tied": (LlamaConfig, dict(hidden_size=60, num_attention_heads=3, num_key_value_heads=3, vocab_size=101,
                                                 tie_word_embeddings=True), 31, "old"),
    "llama-3-scaling": (LlamaConfig, dict(num_key_value_heads=2, head_dim=32, rope_parameters=LLAMA3), 96, "new"),
    "llama-3-scaling-old-layout": (LlamaConfig, dict(num_key_value_heads=2, head_dim=32, rope_parameters=LLAMA3), 96, "old"),
    "llama-linear-scaling": (LlamaConfig, dict(rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}), 64, "old"),
    "llama-biases": (LlamaConfig, dict(attention_bias=True, mlp_bias=True, num_key_value_heads=2), 21, "new"),
    "mistral-past-window": (MistralConfig, dict(num_key_value_heads=2, sliding_window=8), 50, "new"),
    "mistral-wide-heads": (MistralConfig, dict(hidden_size=48, num_attention_heads=3, num_key_value_heads=1, head_dim=32,
                                               sliding_window=None), 37, "old"),
}


def old_layout(config):
    """The layout that checkpoints from before transformers 5 have."""
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope["rope_theta"]
    scaling = {key: value for key, value in rope.items() if key != "rope_theta"}
    config["rope_scaling"] = None if scaling.get("rope_type") == "default" else scaling
    config["torch_dtype"] = config.pop("dtype", "float32")
    return config


def randomize(model, generator):
    """Weights large enough that attention is far from uniform."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.ndim == 2:
                parameter.copy_(noise * (1.5 / parameter.shape[1] ** 0.5))
            else:
                parameter.copy_((1.0 if "norm" in name else 0.0) + 0.2 * noise)


def write_logits(folder, model, sequences):
    with torch.no_grad():
        logits = {f"logits.{index}": model(torch.tensor([tokens])).logits[0].float().contiguous()
                  for index, tokens in enumerate(sequences)}
    save_file(logits, folder / "logits.safetensors")
    (folder / "oracle.json").write_text(json.dumps({"tokens": sequences, "logits_file": "logits.safetensors"}) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shipped", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    for index, (name, (config_class, changes, length, layout)) in enumerate(CASES.items()):
        generator = torch.Generator().manual_seed(index)
        config = config_class(**{**SMALL, **changes})
        config._attn_implementation = "eager"
        model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
        randomize(model, generator)
        folder = options.out / name
        folder.mkdir(parents=True, exist_ok=True)
        model.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        if layout == "old":
            path = folder / "config.json"
            path.write_text(json.dumps(old_layout(json.loads(path.read_text())), indent=2) + "\n")
        sequences = [torch.randint(config.vocab_size, (size,), generator=generator).tolist() for size in (length, 1, 7)]
        write_logits(folder, model, sequences)
        print(name, "done")
    if options.shipped is not None:
        model = AutoModelForCausalLM.from_pretrained(options.shipped, dtype=torch.float32, attn_implementation="eager").eval()
        generator = torch.Generator().manual_seed(100)
        folder = options.out / "shipped"
        folder.mkdir(parents=True, exist_ok=True)
        write_logits(folder, model, [torch.randint(model.config.vocab_size, (size,), generator=generator).tolist() for size in (40, 3)])
        print("shipped done")


if __name__ == "__main__":
    main()
