"""The transformers model that peers run: the shape of a Hugging Face config, random bf16 weights made on the device."""

import torch
from transformers import LlamaConfig, LlamaForCausalLM


def random_llama(config):
    torch.manual_seed(0)
    previous = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device("cuda"):
            model = LlamaForCausalLM(LlamaConfig(**config, attn_implementation="sdpa"))
    finally:
        torch.set_default_dtype(previous)
    return model.eval().requires_grad_(False)


def random_tokens(vocabulary, rows, length, seed):
    generator = torch.Generator(device="cuda").manual_seed(seed)
    return torch.randint(0, vocabulary, (rows, length), device="cuda", generator=generator)
