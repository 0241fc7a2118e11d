"""Compares the layers used in training with transformers' own, on the weights at hand, in fp32."""
import torch

TOLERANCE = 2e-3
LENGTHS = {"Mamba": 48}  # transformers' scan is a loop over positions


def relative(ours, reference):
    return ((ours - reference).abs().max() / reference.abs().max().clamp_min(1e-12)).item()


def check_against(reference, fast, kind, vocabulary):
    """Largest relative differences of logits and of gradients. @raises RuntimeError above the tolerance."""
    device = next(reference.parameters()).device
    generator = torch.Generator().manual_seed(7)
    tokens = torch.randint(0, vocabulary, (2, LENGTHS.get(kind, 320)), generator=generator).to(device)
    allowed = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        logits = {}
        for name, network in (("reference", reference), ("fast", fast)):
            logits[name] = network(input_ids=tokens).logits
            logits[name].square().mean().backward()
        pairs = zip(reference.parameters(), fast.parameters())
        gradients = [relative(ours.grad, theirs.grad) for theirs, ours in pairs if theirs.grad is not None]
        errors = {"logits": relative(logits["fast"], logits["reference"]), "gradients": max(gradients)}
    finally:
        torch.backends.cuda.matmul.allow_tf32 = allowed
        reference.zero_grad(set_to_none=True)
        fast.zero_grad(set_to_none=True)
    if max(errors.values()) > TOLERANCE:
        raise RuntimeError(f"the layers for training differ from transformers' by {errors}, more than {TOLERANCE}")
    return {name: float(f"{value:.2g}") for name, value in errors.items()}
