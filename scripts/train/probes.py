"""A first look at what was learnt: exact answers by greedy decoding, and four-choice questions. The board measures anew."""
import json
import time

import torch
import torch.nn.functional as F
from table import EOS_ID, WINDOW

NEW_TOKENS = 80
BATCH = 96
EACH = 96  # items of a skill
PADDING = 32


def padded(rows, width, device):
    tokens = torch.full((len(rows), width), EOS_ID, dtype=torch.long)
    for index, row in enumerate(rows):
        tokens[index, : len(row)] = torch.tensor(row)
    return tokens.to(device)


@torch.no_grad()
def generate(network, tokenizer, prompts, stops, device, deadline):
    """Greedy continuations, each cut at its stop text. Padding lies to the right, where causal layers never look."""
    rows = [tokenizer.encode(prompt).ids for prompt in prompts]
    texts, done = [""] * len(rows), [False] * len(rows)
    begins = [len(row) for row in rows]
    for _ in range(NEW_TOKENS):
        longest = max(map(len, rows))
        if all(done) or longest >= WINDOW or time.time() > deadline:
            break
        width = min(WINDOW, rounded_up(longest, PADDING))
        with torch.autocast(torch.device(device).type, dtype=torch.bfloat16):
            logits = network(input_ids=padded(rows, width, device)).logits
        last = torch.tensor([len(row) - 1 for row in rows], device=device)
        best = logits[torch.arange(len(rows), device=device), last].argmax(-1).tolist()
        for index, token in enumerate(best):
            if done[index]:
                continue
            rows[index].append(token)
            texts[index] = tokenizer.decode(rows[index][begins[index] :], skip_special_tokens=True)
            if token == EOS_ID or stops[index] in texts[index]:
                done[index] = True
    return [text.split(stop)[0] for text, stop in zip(texts, stops)]


def rounded_up(value, step):
    return -(-value // step) * step


@torch.no_grad()
def choose(network, tokenizer, prompt, choices, device):
    """Index of the choice with the highest summed log-likelihood."""
    context = tokenizer.encode(prompt).ids
    answers = [tokenizer.encode(choice, add_special_tokens=False).ids for choice in choices]
    rows = [context + answer for answer in answers]
    with torch.autocast(torch.device(device).type, dtype=torch.bfloat16):
        logits = network(input_ids=padded(rows, rounded_up(max(map(len, rows)), PADDING), device)).logits.float()
    scores = []
    for index, answer in enumerate(answers):
        begin = len(context) - 1
        chosen = F.log_softmax(logits[index, begin : begin + len(answer)], -1)
        scores.append(chosen.gather(1, torch.tensor(answer, device=device)[:, None]).sum().item())
    return max(range(len(scores)), key=scores.__getitem__)


def read_items(folder):
    """The first items of every skill, {skill, prompt, answer}, and four-choice questions with `choices` besides."""
    items = json.loads((folder / "skills.json").read_text()) if (folder / "skills.json").exists() else []
    groups = [group[:EACH] for group in by_skill(items).values()]
    if (folder / "questions.json").exists():
        questions = json.loads((folder / "questions.json").read_text())[:EACH]
        groups.append([
            {
                "skill": "four-choice",
                "prompt": f"Question: {one['question']}\nAnswer:",
                "choices": [f" {choice}" for choice in one["choices"]],
                "answer": one["answerIndex"],
            }
            for one in questions
        ])
    return [item for group in groups for item in group]


def by_skill(items):
    groups = {}
    for item in items:
        groups.setdefault(item["skill"], []).append(item)
    return groups


def probe(network, tokenizer, items, device, seconds):
    """Share of right answers by skill, each with an equal part of the seconds; n says how many items that allowed.

    An item is {skill, prompt, answer, stop?} or {skill, prompt, choices, answer: index}.
    """
    shares, groups, began = {}, by_skill(items), time.time()
    for number, (skill, group) in enumerate(groups.items(), 1):
        deadline = began + seconds * number / len(groups)
        right = []
        if "choices" in group[0]:
            for item in group:
                if time.time() > deadline:
                    break
                right.append(choose(network, tokenizer, item["prompt"], item["choices"], device) == item["answer"])
        else:
            for begin in range(0, len(group), BATCH):
                part = group[begin : begin + BATCH]
                stops = [item.get("stop") or "\n" for item in part]
                texts = generate(network, tokenizer, [item["prompt"] for item in part], stops, device, deadline)
                right += [text.strip() == item["answer"].strip() for text, item in zip(texts, part)]
        if right:
            shares[skill] = {"right": round(sum(right) / len(right), 3), "n": len(right)}
    return shares
