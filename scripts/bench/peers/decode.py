"""Greedy generation with transformers' own generate(), eager: the time of the new tokens behind the first."""

import torch
from llama import random_tokens
from measure import report, timed


@torch.inference_mode()
def decode_greedily(model, settings):
    for batch in settings["batches"]:
        prompt = random_tokens(model.config.vocab_size, batch, settings["prompt"], 4)
        fixed = {"attention_mask": torch.ones_like(prompt), "do_sample": False, "pad_token_id": 0}

        def generate(count):
            model.generate(prompt, min_new_tokens=count, max_new_tokens=count, **fixed)

        first = timed(lambda: generate(1), settings["warm_ups"], settings["repeats"])
        whole = timed(lambda: generate(1 + settings["new_tokens"]), settings["warm_ups"], settings["repeats"])
        report(
            "decode",
            case=f"batch {batch}",
            label="transformers, eager",
            **{
                kind: [all_ms - min(first[kind]) for all_ms in whole[kind]] for kind in ("device_ms", "wall_ms")
            },
            warm_ups=settings["warm_ups"],
        )
