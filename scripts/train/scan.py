"""Mamba's selective scan (Gu and Dao, 2023, algorithm 2) with its gradient, as two Triton kernels.

    h[t] = exp(dt[t] A) h[t-1] + dt[t] B[t] u[t]        y[t] = C[t] · h[t]

u, dt: [batch, T, E]; A: [E, N]; B, C: [batch, T, N]; y: [batch, T, E]. One program walks the positions of one sequence for
a block of channels with the state [channels, N] in registers. The forward pass stores the states for the backward pass.
"""
import torch
import triton
import triton.language as tl

CHANNELS = 32  # channels a program


@triton.jit
def scan_forward(u, dt, A, B, C, y, h, T, E, N: tl.constexpr, BLOCK: tl.constexpr):
    sequence = tl.program_id(0)
    channel = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    state = tl.arange(0, N)
    decay = tl.load(A + channel[:, None] * N + state[None, :])
    hidden = tl.zeros((BLOCK, N), dtype=tl.float32)
    for t in range(T):
        row = sequence.to(tl.int64) * T + t
        step = tl.load(dt + row * E + channel).to(tl.float32)
        value = tl.load(u + row * E + channel).to(tl.float32)
        into = tl.load(B + row * N + state).to(tl.float32)
        out = tl.load(C + row * N + state).to(tl.float32)
        hidden = tl.exp(step[:, None] * decay) * hidden + (step * value)[:, None] * into[None, :]
        tl.store(y + row * E + channel, tl.sum(hidden * out[None, :], axis=1).to(y.dtype.element_ty))
        tl.store(h + (row * E + channel[:, None]) * N + state[None, :], hidden.to(h.dtype.element_ty))


@triton.jit
def scan_backward(u, dt, A, B, C, h, dy, du, ddt, dA, dB, dC, T, E, blocks, N: tl.constexpr, BLOCK: tl.constexpr):
    """dA is written per sequence, dB and dC per block of channels; the caller sums them."""
    sequence = tl.program_id(0)
    block = tl.program_id(1)
    channel = block * BLOCK + tl.arange(0, BLOCK)
    state = tl.arange(0, N)
    decay = tl.load(A + channel[:, None] * N + state[None, :])
    carried = tl.zeros((BLOCK, N), dtype=tl.float32)
    grad_decay = tl.zeros((BLOCK, N), dtype=tl.float32)
    last = sequence.to(tl.int64) * T + T - 1
    hidden = tl.load(h + (last * E + channel[:, None]) * N + state[None, :]).to(tl.float32)
    for back in range(T):
        row = last - back
        before = tl.load(
            h + ((row - 1) * E + channel[:, None]) * N + state[None, :], mask=(state[None, :] >= 0) & (back < T - 1), other=0.0
        ).to(tl.float32)
        step = tl.load(dt + row * E + channel).to(tl.float32)
        value = tl.load(u + row * E + channel).to(tl.float32)
        into = tl.load(B + row * N + state).to(tl.float32)
        out = tl.load(C + row * N + state).to(tl.float32)
        grad_out = tl.load(dy + row * E + channel).to(tl.float32)
        partial = (row * blocks + block) * N + state
        tl.store(dC + partial, tl.sum(hidden * grad_out[:, None], axis=0))
        carried += grad_out[:, None] * out[None, :]
        kept = tl.exp(step[:, None] * decay)
        through = carried * kept
        tl.store(dB + partial, tl.sum(carried * (step * value)[:, None], axis=0))
        pull = tl.sum(carried * into[None, :], axis=1)
        tl.store(du + row * E + channel, (pull * step).to(du.dtype.element_ty))
        push = through * before
        tl.store(ddt + row * E + channel, (tl.sum(push * decay, axis=1) + pull * value).to(ddt.dtype.element_ty))
        grad_decay += push * step[:, None]
        carried = through
        hidden = before
    tl.store(dA + (sequence * E + channel[:, None]) * N + state[None, :], grad_decay)


@torch.library.custom_op("bitloss::scan", mutates_args=())
def scan(
    u: torch.Tensor, dt: torch.Tensor, A: torch.Tensor, B: torch.Tensor, C: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    u, dt, A, B, C = (part.contiguous() for part in (u, dt, A, B, C))
    batch, length, channels = u.shape
    states = A.shape[1]
    y = torch.empty_like(u)
    kept = torch.float32 if u.dtype == torch.float32 else torch.bfloat16
    h = torch.empty(batch, length, channels, states, dtype=kept, device=u.device)
    grid = (batch, channels // CHANNELS)
    scan_forward[grid](u, dt, A, B, C, y, h, length, channels, N=states, BLOCK=CHANNELS, num_warps=1)
    return y, h


@scan.register_fake
def _(u, dt, A, B, C):
    kept = torch.float32 if u.dtype == torch.float32 else torch.bfloat16
    return torch.empty_like(u), torch.empty(*u.shape, A.shape[1], dtype=kept, device=u.device)


@torch.library.custom_op("bitloss::scan_gradient", mutates_args=())
def scan_gradient(
    u: torch.Tensor, dt: torch.Tensor, A: torch.Tensor, B: torch.Tensor, C: torch.Tensor, h: torch.Tensor, dy: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    u, dt, A, B, C, dy = (part.contiguous() for part in (u, dt, A, B, C, dy))
    batch, length, channels = u.shape
    states = A.shape[1]
    blocks = channels // CHANNELS
    du, ddt = torch.empty_like(u), torch.empty_like(dt)
    dA = torch.empty(batch, channels, states, dtype=torch.float32, device=u.device)
    dB = torch.empty(batch, length, blocks, states, dtype=torch.float32, device=u.device)
    dC = torch.empty_like(dB)
    scan_backward[(batch, blocks)](
        u, dt, A, B, C, h, dy, du, ddt, dA, dB, dC, length, channels, blocks, N=states, BLOCK=CHANNELS, num_warps=1
    )
    return du, ddt, dA.sum(0), dB.sum(2).to(B.dtype), dC.sum(2).to(C.dtype)


@scan_gradient.register_fake
def _(u, dt, A, B, C, h, dy):
    return torch.empty_like(u), torch.empty_like(dt), torch.empty_like(A), torch.empty_like(B), torch.empty_like(C)


def keep(ctx, inputs, output):
    ctx.save_for_backward(*inputs, output[1])


def differentiate(ctx, dy, _):
    u, dt, A, B, C, h = ctx.saved_tensors
    return scan_gradient(u, dt, A, B, C, h, dy)


scan.register_autograd(differentiate, setup_context=keep)


def selective_scan(u, dt, A, B, C):
    """y [batch, T, E]; E must be a multiple of 32 and N a power of two."""
    if u.shape[2] % CHANNELS:
        raise ValueError(f"selective scan: {u.shape[2]} channels are not a multiple of {CHANNELS}")
    return scan(u, dt, A, B, C)[0]
