"""Trains the reference zoo: every model of `table.py` on the same tokens in the same order.

    for seed in 1 2 3 4 5 6 7 8; do node scripts/train/export-world.ts /tmp/world 125000 $seed & done; wait
    python scripts/train/zoo.py --documents /tmp/world --english /tmp/english --out /tmp/zoo

`--documents` holds train*.jsonl, heldout.jsonl, skills.json and questions.json; `--english` holds *.jsonl with the fields
title and text (each plain, .gz or .xz). The result lies under OUT as data/models/ID and test/fixtures/zoo/ID.json, beside
zoo.json and archives of it of at most 15 MiB. Needs PyTorch, transformers, tokenizers, Triton and a GPU.
"""
import argparse
import json
import multiprocessing
import os
import queue
import sys
import tarfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")

from table import WINDOW, selected  # noqa: E402

ARCHIVE_BYTES = 15 * 2**20
MAX_MODEL_BYTES = 6 * 2**20
SEED = 1
PROBE_SECONDS = 15


def say(began, name, message):
    print(f"[{time.time() - began:6.1f} s] {name}: {message}", flush=True)


def prepare_data(data, options, ready, failed):
    """In a process of its own: the text of one kind, then the signal that it lies there."""
    from text import prepare

    try:
        began = time.time()
        folder = options.documents if data == "world" else options.english
        facts = prepare(data, folder, options.work / data, options.steps * options.batch)
        short = {name: value for name, value in facts.items() if name != "files"}
        say(options.began, data, f"text ready after {time.time() - began:.0f} s: {short}")
    except BaseException:
        failed.set()
        say(options.began, data, f"the text could not be prepared:\n{traceback.format_exc()}")
    ready.set()


def train_one(model, options, device, lock, ready, failed):
    """Everything from configuration to card. Compiles while another model trains; trains while it holds the lock."""
    import numpy as np
    import torch
    import transformers
    from build import build, count_parameters, fast_copy
    from check import check_against
    from finish import perplexity, save, write_curve, write_oracle, write_tokenizer
    from card import card
    from probes import probe, read_items
    from table import VOCABULARY
    from tokenizers import Tokenizer
    from training import compiled_loss, train

    log = lambda message: say(options.began, model.id, message)  # noqa: E731
    torch.set_float32_matmul_precision("highest")
    network = build(model, device, SEED)
    params = count_parameters(network)
    fast = fast_copy(model, network, device)
    errors = check_against(network, fast, model.kind, VOCABULARY[model.data])
    log(f"{params:,} parameters on {device}; layers agree with transformers' within {errors}")
    del network
    example = torch.randint(0, VOCABULARY[model.data], (options.batch, WINDOW), device=device)
    function, mode = compiled_loss(fast, example, log)
    del example

    ready[model.data].wait()
    if failed[model.data].is_set():
        raise RuntimeError(f"the {model.data} text could not be prepared")
    work = options.work / model.data
    facts = json.loads((work / "facts.json").read_text())
    with lock:
        windows = torch.from_numpy(np.load(work / "train.npy")).to(device)
        curve, seconds = train(fast, function, windows, model.rate, options.batch, options.seconds, log)
        del windows
    if device.startswith("cuda"):
        torch.cuda.empty_cache()

    out = options.out / "data" / "models" / model.id
    reloaded = save(model, fast, out)
    tokenizer_json = (work / "tokenizer.json").read_text(encoding="utf-8")
    write_tokenizer(out, tokenizer_json)
    heldout = torch.from_numpy(np.load(work / "heldout.npy"))
    write_oracle(model, reloaded, heldout, options.out / "test" / "fixtures" / "zoo" / f"{model.id}.json")
    held_perplexity = perplexity(reloaded.to(device), heldout[: 4 if options.smoke else None].to(device))
    items = read_items(options.documents) if model.data == "world" else []
    tokenizer = Tokenizer.from_str(tokenizer_json)
    probes = probe(fast, tokenizer, items, device, 3 if options.smoke else PROBE_SECONDS)
    size = (out / "model.safetensors").stat().st_size
    tokens = len(curve) and curve[-1][1]
    machine = torch.cuda.get_device_name(device) if device.startswith("cuda") else "CPU"
    result = {
        "id": model.id, "name": model.name, "family": model.family, "params": params, "bytes": size,
        "tokens": tokens, "steps": options.steps, "batch": options.batch, "seed": SEED, "mode": mode,
        "seconds": round(seconds, 1), "tokens_per_second": round(tokens / seconds), "loss": curve[-1][2],
        "perplexity": held_perplexity, "agreement": errors, "probes": probes, "machine": machine,
        "versions": f"PyTorch {torch.__version__}, transformers {transformers.__version__}",
    }
    write_curve(curve, out / "loss.csv")
    (out / "README.md").write_text(card(model, result, facts))
    if size > MAX_MODEL_BYTES:
        raise RuntimeError(f"{model.id}: model.safetensors has {size:,} bytes, above {MAX_MODEL_BYTES:,}")
    log(f"done: held-out perplexity {held_perplexity:.4f}, {size / 2**20:.2f} MiB, {probes}")
    return result


def work_through(options, device, lock, ready, failed, jobs, results):
    """One of the processes of a GPU: takes models from the queue until it is empty; a failure is a result too."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.set_device(device)
    while True:
        model = jobs.get()
        if model is None:
            return
        try:
            results.put(train_one(model, options, device, lock, ready, failed))
        except BaseException as error:
            say(options.began, model.id, f"FAILED\n{traceback.format_exc()}")
            results.put({"id": model.id, "error": f"{type(error).__name__}: {error}"})
        finally:
            if device.startswith("cuda"):
                import torch

                torch._dynamo.reset()
                torch.cuda.empty_cache()


def run(options, models):
    """Two processes a GPU, so that one compiles, saves and probes while the other trains."""
    context = multiprocessing.get_context("spawn")
    jobs, results = context.Queue(), context.Queue()
    kinds = sorted({model.data for model in models})
    ready = {data: context.Event() for data in kinds}
    failed = {data: context.Event() for data in kinds}
    for model in sorted(models, key=lambda model: -model.cost):
        jobs.put(model)
    devices = [f"cuda:{index}" for index in range(options.gpus)] or ["cpu"]
    workers = [
        context.Process(target=prepare_data, args=(data, options, ready[data], failed[data])) for data in kinds
    ]
    each = options.processes if options.gpus else 1
    locks = {device: context.Lock() for device in devices}
    for _ in range(each):
        for device in devices:
            jobs.put(None)
            arguments = (options, device, locks[device], ready, failed, jobs, results)
            workers.append(context.Process(target=work_through, args=arguments))
    for worker in workers:
        worker.start()
    found = collect(models, results, workers, options)
    for worker in workers:
        worker.join(10)
    return found


def collect(models, results, workers, options):
    """A result for every model, also where a process died without one. Whatever is done is archived at once."""
    found = {}
    while len(found) < len(models):
        try:
            result = results.get(timeout=5)
        except queue.Empty:
            if not any(worker.is_alive() for worker in workers):
                break
            continue
        found[result["id"]] = result
        archive(options, list(found.values()))
    return [found.get(model.id, {"id": model.id, "error": "its process ended without a result"}) for model in models]


def print_table(results):
    print(f"{'model':26} {'params':>10} {'MiB':>5} {'Mtok':>6} {'s':>5} {'Mtok/s':>7} {'loss':>7} {'ppl':>8}  probes")
    for one in results:
        if "error" in one:
            print(f"{one['id']:26} FAILED {one['error'][:160]}")
            continue
        probes = " ".join(f"{skill}={value['right']:.2f}" for skill, value in one["probes"].items())
        print(
            f"{one['id']:26} {one['params']:>10,} {one['bytes'] / 2**20:5.2f} {one['tokens'] / 1e6:6.0f} "
            f"{one['seconds']:5.0f} {one['tokens_per_second'] / 1e6:7.2f} {one['loss']:7.4f} {one['perplexity']:8.3f}  "
            f"{one['mode']} {probes}"
        )
    total = sum(one.get("bytes", 0) for one in results)
    print(f"{total / 2**20:.2f} MiB of weights", flush=True)


def archive(options, results):
    """zoo.json and zoo-1.tar, zoo-2.tar … of the models that are done, none larger than ARCHIVE_BYTES."""
    ids = {result["id"] for result in results if "error" not in result}
    files = [path for path in sorted(options.out.rglob("*")) if path.is_file() and ids & {path.parent.name, path.stem}]
    groups, size = [[]], 0
    for path in files:
        blocks = (path.stat().st_size // 512 + 4) * 512
        if groups[-1] and size + blocks > ARCHIVE_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(path)
        size += blocks
    for number, group in enumerate(groups, 1):
        target = options.archives / f"zoo-{number}.tar"
        with tarfile.open(target.with_suffix(".part"), "w") as file:
            for path in group:
                file.add(path, arcname=str(path.relative_to(options.out)))
        target.with_suffix(".part").rename(target)
    (options.archives / "zoo.json").write_text(json.dumps(results, indent=1) + "\n")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--english", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--archives", type=Path, help="for zoo.json and the archives; OUT itself if not given")
    parser.add_argument("--work", type=Path, default=Path("/tmp/zoo-text"), help="for the packed text")
    parser.add_argument("--gpus", type=int, default=1, help="0 for the CPU, to try the script")
    parser.add_argument("--processes", type=int, default=2, help="a GPU")
    parser.add_argument("--only", default="", help="ids, separated by commas")
    parser.add_argument("--steps", type=int, default=5000, help="the same for every model")
    parser.add_argument("--batch", type=int, default=256, help="windows of 512 tokens a step")
    parser.add_argument("--seconds", type=float, default=240.0, help="of training a model may take; more is an error")
    parser.add_argument("--smoke", action="store_true", help="30 steps of every model")
    options = parser.parse_args()
    if options.smoke:
        options.steps = 30
    options.began = time.time()
    return options


def main():
    options = read_options()
    models = selected([one for one in options.only.split(",") if one])
    if options.english is None:
        models = [model for model in models if model.data != "english"]
    options.archives = options.archives or options.out
    options.archives.mkdir(parents=True, exist_ok=True)
    results = run(options, models)
    archive(options, results)
    print_table(results)
    print(f"{time.time() - options.began:.0f} s in all")
    if any("error" in result for result in results):
        sys.exit(1)


if __name__ == "__main__":
    main()
