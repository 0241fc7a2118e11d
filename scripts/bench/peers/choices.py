"""Four-choice questions as evaluation harnesses score them: every choice behind its own copy of the context, padded."""

import torch
from llama import random_tokens
from measure import report, timed


def batches_of(settings, vocabulary):
    """Batches of (ids, mask, first target position, lengths), padded on the right."""
    context, choices = settings["context"], settings["choice_lengths"]
    rows = [(question, length) for question in range(settings["questions"]) for length in choices]
    contexts = random_tokens(vocabulary, settings["questions"], context, 2)
    for first in range(0, len(rows), settings["batch"]):
        part = rows[first : first + settings["batch"]]
        longest = max(length for _, length in part)
        ids = torch.zeros(len(part), context + longest, dtype=torch.long, device="cuda")
        mask = torch.zeros_like(ids)
        for row, (question, length) in enumerate(part):
            ids[row, :context] = contexts[question]
            ids[row, context : context + length] = random_tokens(vocabulary, 1, length, 3 + first + row)[0]
            mask[row, : context + length] = 1
        yield ids, mask, [length for _, length in part]


@torch.inference_mode()
def score_choices(model, settings):
    batches = list(batches_of(settings, model.config.vocab_size))
    context = settings["context"]

    def work():
        sums = []
        for ids, mask, lengths in batches:
            logits = model(ids, attention_mask=mask, use_cache=False).logits
            everything = torch.log_softmax(logits[:, :-1], dim=-1, dtype=torch.float32)
            picked = everything.gather(-1, ids[:, 1:, None]).squeeze(-1)[:, context - 1 :]
            steps = torch.arange(picked.shape[1], device="cuda")
            kept = steps[None, :] < torch.tensor(lengths, device="cuda")[:, None]
            sums.append((picked * kept).sum(1))
        return torch.cat(sums).tolist()

    label = f"transformers, sdpa, batches of {settings['batch']}"
    report("choices", label=label, **timed(work, settings["warm_ups"], settings["repeats"]))
