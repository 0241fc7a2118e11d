"""Log-probabilities of the targets of whole windows: one forward pass, log-softmax in float32, gather."""

import torch
from llama import random_tokens
from measure import report, timed


@torch.inference_mode()
def score_windows(model, settings):
    tokens = random_tokens(model.config.vocab_size, settings["windows"], settings["length"], 1)

    def work():
        logits = model(tokens, use_cache=False).logits
        everything = torch.log_softmax(logits[:, :-1], dim=-1, dtype=torch.float32)
        return everything.gather(-1, tokens[:, 1:, None]).squeeze(-1).sum().item()

    report("scoring", label="transformers, sdpa", **timed(work, settings["warm_ups"], settings["repeats"]))
