"""Layers that compute what transformers' layers compute, but quickly enough to train: checked against them before use.

- Attention runs through PyTorch's fused kernels. Windows begin with BOS and are never padded, so the mask is causal, or
  causal within a sliding window, or carries ALiBi; nothing else.
- Experts are computed densely, all of them for every token, and weighted by the router with zero for those not chosen.
- Mamba's scan is a Triton kernel (`scan.py`); its causal convolution is a sum of shifted products.
"""

import torch
import torch.nn.functional as F
from scan import selective_scan
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.bloom.modeling_bloom import BloomAttention, build_alibi_tensor
from transformers.models.falcon.modeling_falcon import FalconAttention
from transformers.models.falcon.modeling_falcon import apply_rotary_pos_emb as falcon_rotary
from transformers.models.mamba.modeling_mamba import MambaMixer
from transformers.models.mixtral.modeling_mixtral import MixtralExperts, MixtralTopKRouter
from transformers.models.qwen2_moe.modeling_qwen2_moe import Qwen2MoeExperts, Qwen2MoeTopKRouter

ATTENTION = "bitloss"


def causal_attention(module, query, key, value, attention_mask, scaling=None, sliding_window=None, **_):
    """Query [B, H, T, D], key and value [B, H_kv, T, D] to [B, T, H, D], as transformers' attention functions."""
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    length = query.shape[2]
    if sliding_window is None or sliding_window >= length:
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True, scale=scaling)
    else:
        distance = torch.arange(length, device=query.device)
        distance = distance[:, None] - distance[None, :]
        mask = (distance >= 0) & (distance < sliding_window)
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scaling)
    return mixed.transpose(1, 2), None


ALL_ATTENTION_FUNCTIONS.register(ATTENTION, causal_attention)


class FastBloomAttention(BloomAttention):
    """ALiBi as a bias of slope × (key − query): differs from the stored slope × key by a constant a row, which softmax ignores."""

    def forward(self, hidden_states, residual, alibi=None, attention_mask=None, **_):
        batch, length, _ = hidden_states.shape
        query, key, value = self._reshape(self.query_key_value(hidden_states))
        positions = torch.arange(length, device=hidden_states.device)
        distance = positions[None, :] - positions[:, None]
        bias = self.slopes[:, None, None] * distance
        bias = bias.masked_fill(distance > 0, float("-inf")).to(query.dtype)[None].expand(batch, -1, -1, -1)
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=self.inv_norm_factor)
        mixed = mixed.transpose(1, 2).reshape(batch, length, self.hidden_size)
        return self.dense(mixed) + residual, None


class FastFalconAttention(FalconAttention):
    """The one key/value head is repeated for every query head, which the fused kernels want."""

    def forward(self, hidden_states, alibi=None, attention_mask=None, position_embeddings=None, **_):
        batch, length, _ = hidden_states.shape
        query, key, value = (part.transpose(1, 2) for part in self._split_heads(self.query_key_value(hidden_states)))
        cos, sin = position_embeddings
        query, key = falcon_rotary(query, key, cos, sin)
        key, value = key.expand_as(query).contiguous(), value.expand_as(query).contiguous()
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.dense(mixed.transpose(1, 2).reshape(batch, length, self.hidden_size)), None


def dense_experts(self, hidden_states, top_k_index, top_k_weights):
    """[T, K] tokens through all E experts as two matrix products; E times the inner size is small here."""
    tokens, hidden = hidden_states.shape
    inner = self.intermediate_dim
    chosen = torch.zeros(tokens, self.num_experts, dtype=top_k_weights.dtype, device=hidden_states.device)
    chosen = chosen.scatter(1, top_k_index, top_k_weights)
    lifted = F.linear(hidden_states, self.gate_up_proj.reshape(-1, hidden)).view(tokens, self.num_experts, 2 * inner)
    gate, up = lifted.chunk(2, dim=-1)
    mixed = (self.act_fn(gate) * up * chosen[..., None].to(lifted.dtype)).reshape(tokens, self.num_experts * inner)
    return F.linear(mixed, self.down_proj.transpose(0, 1).reshape(hidden, self.num_experts * inner))


class FastMixtralExperts(MixtralExperts):
    forward = dense_experts


class FastQwen2MoeExperts(Qwen2MoeExperts):
    forward = dense_experts


def balance(logits, indices, experts):
    """Load-balancing loss of one router (Fedus et al., 2021, equations 4 to 6), 1 × active experts when balanced."""
    probabilities = logits.float().softmax(-1).mean(0)
    chosen = F.one_hot(indices, experts).float().sum(1).mean(0)
    return experts * (probabilities * chosen).sum()


class FastMixtralRouter(MixtralTopKRouter):
    def forward(self, hidden_states):
        logits, scores, indices = super().forward(hidden_states)
        self.balance = balance(logits, indices, self.num_experts)
        return logits, scores, indices


class FastQwen2MoeRouter(Qwen2MoeTopKRouter):
    def forward(self, hidden_states):
        logits, scores, indices = super().forward(hidden_states)
        self.balance = balance(logits, indices, self.num_experts)
        return logits, scores, indices


class FastMambaMixer(MambaMixer):
    """Everything stays [B, T, channels]."""

    def forward(self, hidden_states, cache_params=None, attention_mask=None, **_):
        length = hidden_states.shape[1]
        inner, gate = self.in_proj(hidden_states).chunk(2, dim=-1)
        kernel = self.conv1d.weight.squeeze(1)
        width = kernel.shape[1]
        padded = F.pad(inner, (0, 0, width - 1, 0))
        mixed = self.conv1d.bias
        for tap in range(width):
            mixed = mixed + padded[:, tap : tap + length] * kernel[:, tap]
        inner = self.act(mixed).to(gate.dtype)
        step, into, out = torch.split(
            self.x_proj(inner), [self.time_step_rank, self.ssm_state_size, self.ssm_state_size], dim=-1
        )
        step = F.softplus(F.linear(step, self.dt_proj.weight).float() + self.dt_proj.bias.float())
        decay = -torch.exp(self.A_log.float())
        states = selective_scan(inner, step, decay, into, out)
        states = (states + inner * self.D) * F.silu(gate)
        return self.out_proj(states.to(hidden_states.dtype))


REPLACEMENTS = {
    BloomAttention: FastBloomAttention,
    FalconAttention: FastFalconAttention,
    MixtralExperts: FastMixtralExperts,
    MixtralTopKRouter: FastMixtralRouter,
    Qwen2MoeExperts: FastQwen2MoeExperts,
    Qwen2MoeTopKRouter: FastQwen2MoeRouter,
    MambaMixer: FastMambaMixer,
}


def use_fast_layers(network):
    """Changes the layers of a model in place; parameters and their names stay."""
    network.config._attn_implementation = ATTENTION
    for module in network.modules():
        replacement = REPLACEMENTS.get(type(module))
        if replacement is not None:
            module.__class__ = replacement
        if isinstance(module, BloomAttention):
            one = torch.ones(1, 2, device=module.dense.weight.device)
            module.slopes = build_alibi_tensor(one, module.num_heads, torch.float32).view(module.num_heads, 2)[:, 1]


def routers(network):
    return [module for module in network.modules() if isinstance(module, (FastMixtralRouter, FastQwen2MoeRouter))]


def balance_loss(network):
    """Sum over the routers of the last forward pass; 0 for a model without."""
    found = routers(network)
    return sum(router.balance for router in found) / len(found) if found else 0.0
