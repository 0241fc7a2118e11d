"""What PyTorch's own copy and matrix product reach on this GPU: an upper bound that does not depend on the project."""

import statistics

import torch
from measure import report, timed

COPY_BYTES = 2**32
PRODUCT = 8192


@torch.inference_mode()
def measure_rates():
    source = torch.empty(COPY_BYTES // 4, device="cuda").normal_()
    target = torch.empty_like(source)
    copying = statistics.median(timed(lambda: target.copy_(source), 3, 7)["device_ms"])
    x, w, out = (torch.empty(PRODUCT, PRODUCT, dtype=torch.bfloat16, device="cuda").normal_() for _ in range(3))
    multiplying = statistics.median(timed(lambda: torch.mm(x, w, out=out), 3, 7)["device_ms"])
    report(
        "rates",
        copy_bytes_per_second=2 * COPY_BYTES / (copying / 1000),
        matmul_flops_per_second=2 * PRODUCT**3 / (multiplying / 1000),
    )
