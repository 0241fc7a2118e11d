"""
GPTQ as published (Frantar et al. 2022, arXiv:2210.17323, Algorithm 1), in plain PyTorch: a float32 Hessian for each
linear, Cholesky of its inverse, a Python loop over columns in blocks of 128. One block of the model is timed; the
forward passes that would make the inputs are not.
"""

import torch
from measure import note, report, timed

BLOCK = 128
DAMPING = 0.01


def hessian_of(inputs):
    """2/n · Σ xᵀx over samples; inputs bf16 [samples, length, K]."""
    width = inputs.shape[-1]
    hessian = torch.zeros(width, width, device="cuda")
    for seen, sample in enumerate(inputs):
        rows = sample.float().t()
        hessian *= seen / (seen + 1)
        rows = (2 / (seen + 1)) ** 0.5 * rows
        hessian += rows.matmul(rows.t())
    return hessian


def grid_of(columns, highest):
    """Asymmetric grid of each row that includes zero; columns float32 [N, G]."""
    zero = torch.zeros(columns.shape[0], device="cuda")
    low = torch.minimum(columns.min(1)[0], zero)
    high = torch.maximum(columns.max(1)[0], zero)
    flat = (low == 0) & (high == 0)
    low[flat], high[flat] = -1, 1
    scale = (high - low) / highest
    return scale.unsqueeze(1), torch.round(-low / scale).unsqueeze(1)


def quantize(weight, hessian, bits, group):
    """Rounds float32 [N, K] column by column; returns the rounded weights."""
    columns = weight.shape[1]
    highest = 2**bits - 1
    dead = torch.diag(hessian) == 0
    hessian[dead, dead] = 1
    weight[:, dead] = 0
    diagonal = torch.arange(columns, device="cuda")
    hessian[diagonal, diagonal] += DAMPING * torch.mean(torch.diag(hessian))
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(hessian))
    upper = torch.linalg.cholesky(inverse, upper=True)
    rounded = torch.zeros_like(weight)
    for first in range(0, columns, BLOCK):
        last = min(first + BLOCK, columns)
        part = weight[:, first:last].clone()
        errors = torch.zeros_like(part)
        inner = upper[first:last, first:last]
        for i in range(last - first):
            column = part[:, i]
            if (first + i) % group == 0:
                scale, zero = grid_of(weight[:, first + i : first + i + group], highest)
            code = torch.clamp(torch.round(column.unsqueeze(1) / scale) + zero, 0, highest)
            value = (scale * (code - zero)).flatten()
            rounded[:, first + i] = value
            error = (column - value) / inner[i, i]
            part[:, i:] -= error.unsqueeze(1).matmul(inner[i, i:].unsqueeze(0))
            errors[:, i] = error
        weight[:, last:] -= errors.matmul(upper[first:last, last:])
    return rounded


@torch.inference_mode()
def quantize_block(settings):
    torch.backends.cuda.matmul.allow_tf32 = False
    generator = torch.Generator(device="cuda").manual_seed(5)

    def work():
        for n, k in settings["linears"]:
            shape = (settings["samples"], settings["length"], k)
            inputs = torch.empty(shape, dtype=torch.bfloat16, device="cuda").normal_(generator=generator)
            weight = torch.empty(n, k, device="cuda").normal_(0, 0.02, generator=generator)
            hessian = hessian_of(inputs)
            del inputs
            quantize(weight, hessian, settings["bits"], settings["group"])
            note(f"gptq: [{n}, {k}] done")

    times = timed(work, settings["warm_ups"], settings["repeats"])
    report("gptq", label="plain PyTorch, float32, one block, without forwards", **times)
