"""Peaks of GPU memory while a model of a published shape generates: what the advisor's memory model is checked against.

    python3 scripts/memory/peaks.py OUT.json

Weights are zeros: only their size matters. The prompt goes through in chunks of 512 tokens, then four tokens are generated.
Each case has its own process on a GPU that nothing else uses. All in bytes: `weights` and `cache` are counted from tensors,
`peak` is the most that the allocator gave out, `other` what the process held on the device beside the allocator, `first` what
it took for its first tensor, `process` all that it held at the end. Needs torch and transformers.
"""

import json
import os
import subprocess
import sys
import time

CHUNK = 512
LLAMA3 = dict(vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=8)
CASES = [
    ("llama-2-7b", "Llama", dict(vocab_size=32000, hidden_size=4096, intermediate_size=11008, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=32), 4096, 1),
    ("llama-3-8b", "Llama", LLAMA3, 8192, 1),
    ("llama-3-8b", "Llama", LLAMA3, 8192, 8),
    ("llama-3.2-1b", "Llama", dict(vocab_size=128256, hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, num_attention_heads=32, num_key_value_heads=8, tie_word_embeddings=True), 16384, 4),
    ("mistral-7b-v0.1", "Mistral", dict(vocab_size=32000, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=8, sliding_window=4096), 8192, 4),
    ("qwen2.5-7b", "Qwen2", dict(vocab_size=152064, hidden_size=3584, intermediate_size=18944, num_hidden_layers=28, num_attention_heads=28, num_key_value_heads=4), 32768, 1),
    ("olmoe-1b-7b-0924", "Olmoe", dict(vocab_size=50304, hidden_size=2048, intermediate_size=1024, num_hidden_layers=16, num_attention_heads=16, num_key_value_heads=16, num_experts=64, num_experts_per_tok=8), 4096, 4),
    ("mamba-2.8b-chat", "Mamba", dict(vocab_size=50280, hidden_size=2560, num_hidden_layers=64, state_size=16, conv_kernel=4, expand=2, time_step_rank=160, tie_word_embeddings=True), 64, 8),
]


def used():
    text = subprocess.check_output(["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits", "-i", "0"], text=True)
    return int(text) * 2**20


def cache_bytes(cache, torch):
    seen = {}
    todo, known = [cache], set()
    while todo:
        item = todo.pop()
        if id(item) in known:
            continue
        known.add(id(item))
        if isinstance(item, torch.Tensor):
            seen[item.data_ptr()] = item.numel() * item.element_size()
        elif isinstance(item, (list, tuple)):
            todo.extend(item)
        elif isinstance(item, dict):
            todo.extend(item.values())
        elif hasattr(item, "__dict__"):
            todo.extend(vars(item).values())
    return sum(seen.values())


def measure(index):
    import torch
    import transformers

    name, family, settings, context, batch = CASES[index]
    idle = used()
    for _ in range(40):  # The process before this one may still be going.
        time.sleep(0.25)
        idle = min(idle, used())
    torch.ones(8, device="cuda")
    torch.cuda.synchronize()
    first = used() - idle
    config = getattr(transformers, f"{family}Config")(max_position_embeddings=max(context + 16, 2048), **settings) if family != "Mamba" else transformers.MambaConfig(**settings)
    if family != "Mamba":
        config._attn_implementation = "sdpa"
    with torch.device("meta"):
        model = getattr(transformers, f"{family}ForCausalLM")(config).to(torch.bfloat16)
    model = model.to_empty(device="cuda").eval()
    model.tie_weights()
    for p in model.parameters():
        p.data.zero_()
    weights = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    tokens = torch.zeros((batch, context), dtype=torch.long, device="cuda")
    key = "cache_params" if family == "Mamba" else "past_key_values"
    cache = None
    with torch.no_grad():
        for start in range(0, context, CHUNK):
            extra = {} if cache is None else {key: cache}
            out = model(tokens[:, start:start + CHUNK], use_cache=True, logits_to_keep=1, **extra)
            cache = out[key]
        for _ in range(0 if family == "Mamba" else 4):
            out = model(tokens[:, :1], use_cache=True, logits_to_keep=1, **{key: cache})
            cache = out[key]
    torch.cuda.synchronize()
    total = used() - idle
    print("RESULT " + json.dumps(dict(
        model=name, context=context, batch=batch, weights=weights, cache=cache_bytes(cache, torch),
        peak=torch.cuda.max_memory_allocated(), first=first, process=total, other=total - torch.cuda.memory_reserved(),
        device=torch.cuda.get_device_name(), device_total=torch.cuda.get_device_properties(0).total_memory,
        torch=torch.__version__, transformers=transformers.__version__, cuda=torch.version.cuda)))


if len(sys.argv) > 2:
    measure(int(sys.argv[2]))
else:
    rows = []
    for index, case in enumerate(CASES):
        run = subprocess.run([sys.executable, __file__, sys.argv[1], str(index)], capture_output=True, text=True, env={**os.environ, "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"})
        line = next((line for line in run.stdout.splitlines() if line.startswith("RESULT ")), None)
        rows.append(json.loads(line[7:]) if line else dict(model=case[0], context=case[3], batch=case[4], failed=run.stderr[-1200:]))
        print(json.dumps(rows[-1]), flush=True)
        json.dump(rows, open(sys.argv[1], "w"), indent=1)
