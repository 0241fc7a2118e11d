"""
Runs peers on the GPU of this machine. Reads settings as JSON on standard input, `{"config": {…}, "scoring": {…}, …}`;
writes one JSON line a result. A peer that fails is a line with `error`; the others go on.

    echo '{"config": …, "scoring": …}' | python run.py
"""

import gc
import json
import platform
import sys

import torch
import transformers
from choices import score_choices
from decode import decode_greedily
from gptq import quantize_block
from llama import random_llama
from measure import note, report
from rates import measure_rates
from scoring import score_windows

WITH_MODEL = {"scoring": score_windows, "choices": score_choices, "decode": decode_greedily}


def attempt(name, work):
    note(f"{name} …")
    try:
        work()
    except Exception as error:
        report(name, error=f"{type(error).__name__}: {str(error).splitlines()[0]}")
    gc.collect()
    torch.cuda.empty_cache()


def main():
    settings = json.load(sys.stdin)
    report("versions", python=platform.python_version(), torch=torch.__version__, transformers=transformers.__version__)
    attempt("rates", measure_rates)
    wanted = [name for name in WITH_MODEL if name in settings]
    if wanted:
        model = random_llama(settings["config"])
        for name in wanted:
            attempt(name, lambda name=name: WITH_MODEL[name](model, settings[name]))
        del model
    gc.collect()
    torch.cuda.empty_cache()
    if "gptq" in settings:
        attempt("gptq", lambda: quantize_block(settings["gptq"]))


main()
