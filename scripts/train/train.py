"""Trains the reference model `bitloss-llama-3m` on the text of the synthetic world and saves it in Hugging Face layout.

    node scripts/train/export-world.ts /tmp/world
    python scripts/train/train.py --world /tmp/world --out data/models/bitloss-llama-3m

Needs one GPU, PyTorch, transformers and tokenizers. About 2 minutes on an H200. The seeds are fixed, but GPU arithmetic
is not reproducible to the bit over different GPUs and versions: another run gives another model of the same quality.
"""
import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM

BOS, EOS = "<|bos|>", "<|eos|>"
SEPARATOR = "\n\n"
WINDOW = 512


def read_documents(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def train_tokenizer(documents, vocab_size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[BOS, EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(documents, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A $B", special_tokens=[(BOS, tokenizer.token_to_id(BOS))]
    )
    return tokenizer


def encode(tokenizer, documents):
    """One stream of token ids, documents joined by a blank line, and the offset at which each document begins."""
    encodings = tokenizer.encode_batch([document + SEPARATOR for document in documents], add_special_tokens=False)
    ids = [np.asarray(encoding.ids, dtype=np.int64) for encoding in encodings]
    starts = np.cumsum([0] + [len(item) for item in ids[:-1]])
    return np.concatenate(ids), starts


def batches(stream, starts, bos, batch_size, rng, device):
    """Half of the windows open with the BOS token and a document's beginning, half begin anywhere."""
    stream = torch.from_numpy(stream).to(device)
    usable = starts[starts < len(stream) - WINDOW - 1]
    while True:
        opened = torch.from_numpy(rng.choice(usable, batch_size // 2)).to(device)
        anywhere = torch.from_numpy(rng.integers(0, len(stream) - WINDOW - 1, batch_size - batch_size // 2)).to(device)
        span = torch.arange(WINDOW, device=device)
        first = torch.cat([torch.full((len(opened), 1), bos, device=device), stream[opened[:, None] + span[:-1]]], dim=1)
        yield torch.cat([first, stream[anywhere[:, None] + span]])


def loss_of(model, tokens):
    logits = model(input_ids=tokens[:, :-1]).logits.float()
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


@torch.no_grad()
def heldout_perplexity(model, stream, device):
    count = len(stream) // WINDOW
    windows = torch.from_numpy(stream[: count * WINDOW]).view(count, WINDOW).to(device)
    losses = [loss_of(model, part).item() * len(part) for part in windows.split(32)]
    return math.exp(sum(losses) / count)


@torch.no_grad()
def question_accuracy(model, tokenizer, questions, device):
    """Four-choice accuracy by the summed log-likelihood of the answers."""
    right = 0
    for question in questions:
        prompt = tokenizer.encode(f"Question: {question['question']}\nAnswer:").ids
        scores = []
        for choice in question["choices"]:
            answer = tokenizer.encode(" " + choice, add_special_tokens=False).ids
            ids = torch.tensor([prompt + answer], device=device)
            logits = model(input_ids=ids[:, :-1]).logits.float().log_softmax(-1)[0, len(prompt) - 1 :]
            scores.append(logits.gather(1, ids[0, len(prompt) :, None]).sum().item())
        right += int(np.argmax(scores)) == question["answerIndex"]
    return right / len(questions)


def save(model, tokenizer, out):
    out.mkdir(parents=True, exist_ok=True)
    model.to(torch.bfloat16).save_pretrained(out)
    tokenizer.save(str(out / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": EOS,
        "add_bos_token": True,
        "add_eos_token": False,
        "model_max_length": WINDOW,
    }
    (out / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--world", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--vocab", type=int, default=1280)
    options = parser.parse_args()

    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = True
    device = "cuda"
    documents = read_documents(options.world / "train.jsonl")
    tokenizer = train_tokenizer(documents, options.vocab)
    stream, starts = encode(tokenizer, documents)
    heldout, _ = encode(tokenizer, read_documents(options.world / "heldout.jsonl"))
    print(f"{len(documents)} documents, {len(stream)} training tokens, {len(heldout)} held-out tokens", flush=True)

    config = LlamaConfig(
        vocab_size=options.vocab,
        hidden_size=256,
        intermediate_size=640,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=WINDOW,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.token_to_id(BOS),
        eos_token_id=tokenizer.token_to_id(EOS),
    )
    model = LlamaForCausalLM(config).to(device)
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    compiled = torch.compile(model)
    matrices = [p for p in model.parameters() if p.ndim == 2]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
        lr=options.rate, betas=(0.9, 0.95), fused=True,
    )
    warmup = 300
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1.0, (step + 1) / warmup) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / options.steps))),
    )
    source = batches(stream, starts, config.bos_token_id, options.batch, np.random.default_rng(0), device)
    began = time.time()
    for step in range(options.steps):
        with torch.autocast("cuda", dtype=torch.bfloat16):
            loss = loss_of(compiled, next(source))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 1000 == 999 or step == 50:
            model.eval()
            perplexity = heldout_perplexity(model, heldout, device)
            model.train()
            print(f"step {step + 1}: loss {loss.item():.4f}, held-out perplexity {perplexity:.4f}, {time.time() - began:.0f} s", flush=True)

    model.eval()
    save(model, tokenizer, options.out)
    questions = json.loads((options.world / "questions.json").read_text())
    rounded = LlamaForCausalLM.from_pretrained(options.out, dtype=torch.float32).to(device).eval()
    print(f"saved: held-out perplexity {heldout_perplexity(rounded, heldout, device):.4f}, "
          f"four-choice accuracy {question_accuracy(rounded, tokenizer, questions, device):.4f} on {len(questions)} questions")


if __name__ == "__main__":
    main()
