"""What every peer needs: timing by CUDA events, and one JSON line a result on standard output."""

import json
import sys
import time

import torch


def timed(work, warm_ups, repeats):
    """Runs work() and returns device and wall milliseconds of each timed repeat."""
    for _ in range(warm_ups):
        work()
    device_ms, wall_ms = [], []
    for _ in range(repeats):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        torch.cuda.synchronize()
        started = time.perf_counter()
        begin.record()
        work()
        end.record()
        torch.cuda.synchronize()
        wall_ms.append(1000 * (time.perf_counter() - started))
        device_ms.append(begin.elapsed_time(end))
    return {"device_ms": device_ms, "wall_ms": wall_ms, "warm_ups": warm_ups}


def report(name, **fields):
    print(json.dumps({"name": name, **fields}), flush=True)


def note(text):
    print(text, file=sys.stderr, flush=True)
