"""The training loop, the same for every model: AdamW, warm-up and cosine, bf16 autocast over fp32 weights."""
import math
import time
import traceback

import torch
import torch.nn.functional as F
from fast import balance_loss
from table import WINDOW

WARMUP = 200
CURVE_POINTS = 150
NOT_DECAYED = ("A_log", "conv1d")


def loss_of(network, tokens, coefficient):
    """Cross-entropy of the next token [B, T] in nats, and with the routers' load-balancing loss added."""
    logits = network(input_ids=tokens).logits
    targets = F.pad(tokens[:, 1:], (0, 1), value=-100)
    loss = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=-100)
    return loss, loss + coefficient * balance_loss(network)


def optimizer_of(network, rate):
    decayed, kept = [], []
    for name, parameter in network.named_parameters():
        plain = parameter.ndim < 2 or any(part in name for part in NOT_DECAYED)
        (kept if plain else decayed).append(parameter)
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": kept, "weight_decay": 0.0}]
    fused = next(network.parameters()).is_cuda
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95), fused=fused)


def rate_at(step, steps):
    warm = min(1.0, (step + 1) / min(WARMUP, max(1, steps // 10)))
    return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))


def balance_coefficient(network):
    return getattr(network.config, "router_aux_loss_coef", 0.0)


def compiled_loss(network, example, log):
    """`loss_of` compiled, or as it is where compilation fails; runs forward and backward once on the example."""
    coefficient = balance_coefficient(network)
    for name, function in (("compiled", torch.compile(loss_of, dynamic=False)), ("eager", loss_of)):
        try:
            began = time.time()
            with torch.autocast(example.device.type, dtype=torch.bfloat16):
                _, total = function(network, example, coefficient)
            total.backward()
            network.zero_grad(set_to_none=True)
            if example.is_cuda:
                torch.cuda.synchronize()
            log(f"{name} forward and backward ready after {time.time() - began:.0f} s")
            return function, name
        except Exception:
            log(f"{name} forward and backward failed:\n{traceback.format_exc()}")
            network.zero_grad(set_to_none=True)
            torch.cuda.empty_cache()
    raise RuntimeError("neither the compiled nor the eager training step ran; the reasons are above")


class TooSlow(RuntimeError):
    """The time limit would pass before all tokens are seen."""


def guard(step, steps, began, limit):
    projected = (time.time() - began) / step * steps
    if projected > limit:
        raise TooSlow(
            f"training would take {projected:.0f} s for {steps} steps, above the limit of {limit:.0f} s (--seconds): "
            "give more time, or fewer steps to all models"
        )


def train(network, loss_function, windows, rate, batch, limit, log):
    """Sees every window once, in order. Returns the loss curve and the seconds taken. @raises TooSlow"""
    steps = len(windows) // batch
    coefficient = balance_coefficient(network)
    optimizer = optimizer_of(network, rate)
    every = max(1, math.ceil(steps / CURVE_POINTS))
    curve, running = [], torch.zeros((), device=windows.device)
    began = time.time()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * rate_at(step, steps)
        tokens = windows[step * batch : (step + 1) * batch].long()
        with torch.autocast(tokens.device.type, dtype=torch.bfloat16):
            loss, total = loss_function(network, tokens, coefficient)
        total.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        running += loss.detach()
        last = step + 1 == steps
        if (step + 1) % every and not last:
            continue
        since = (step % every) + 1
        mean = running.item() / since
        running.zero_()
        curve.append((step + 1, (step + 1) * batch * WINDOW, mean, rate * rate_at(step, steps)))
        if not math.isfinite(mean):
            raise RuntimeError(f"the loss is {mean} at step {step + 1}: the rate of {rate} is too high for this model")
        if step + 1 >= 40:
            guard(step + 1, steps, began, limit)
        if len(curve) % 15 == 0 or last:
            spent = time.time() - began
            log(f"step {step + 1}/{steps}: loss {mean:.4f}, {(step + 1) * batch * WINDOW / spent / 1e6:.2f} M tokens/s")
    return curve, time.time() - began
