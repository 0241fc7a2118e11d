"""Writes a trained Glm model of transformers in the layout of ChatGLM2 and ChatGLM3 checkpoints.

The mathematics are the same (rotary embedding on the interleaved first half of each head, biases on query, key and value,
gate and up fused); names, the fused attention weight and the configuration differ.
"""
import json

import torch
from safetensors.torch import save_file
from table import BOS_ID, EOS_ID, WINDOW

BLOCK_NAMES = {
    "input_layernorm.weight": "input_layernorm.weight",
    "self_attn.o_proj.weight": "self_attention.dense.weight",
    "post_attention_layernorm.weight": "post_attention_layernorm.weight",
    "mlp.gate_up_proj.weight": "mlp.dense_h_to_4h.weight",
    "mlp.down_proj.weight": "mlp.dense_4h_to_h.weight",
}


def chatglm_tensors(state, blocks):
    tensors = {
        "transformer.embedding.word_embeddings.weight": state["model.embed_tokens.weight"],
        "transformer.encoder.final_layernorm.weight": state["model.norm.weight"],
        "transformer.output_layer.weight": state["lm_head.weight"],
    }
    for block in range(blocks):
        before, after = f"model.layers.{block}", f"transformer.encoder.layers.{block}"
        for name, renamed in BLOCK_NAMES.items():
            tensors[f"{after}.{renamed}"] = state[f"{before}.{name}"]
        for part in ("weight", "bias"):
            heads = [state[f"{before}.self_attn.{one}_proj.{part}"] for one in "qkv"]
            tensors[f"{after}.self_attention.query_key_value.{part}"] = torch.cat(heads)
    if sum(map(torch.numel, tensors.values())) != sum(map(torch.numel, state.values())):
        raise RuntimeError(f"chatglm: tensors were left out; the model has {sorted(state)}")
    return {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in tensors.items()}


def chatglm_config(config):
    return {
        "architectures": ["ChatGLMForConditionalGeneration"],
        "model_type": "chatglm",
        "add_bias_linear": False,
        "add_qkv_bias": True,
        "apply_residual_connection_post_layernorm": False,
        "attention_dropout": 0.0,
        "bos_token_id": BOS_ID,
        "eos_token_id": EOS_ID,
        "ffn_hidden_size": config.intermediate_size,
        "hidden_dropout": 0.0,
        "hidden_size": config.hidden_size,
        "kv_channels": config.head_dim,
        "layernorm_epsilon": config.rms_norm_eps,
        "multi_query_attention": True,
        "multi_query_group_num": config.num_key_value_heads,
        "num_attention_heads": config.num_attention_heads,
        "num_layers": config.num_hidden_layers,
        "original_rope": True,
        "padded_vocab_size": config.vocab_size,
        "post_layer_norm": True,
        "rmsnorm": True,
        "rope_ratio": 1.0,
        "seq_length": WINDOW,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "vocab_size": config.vocab_size,
    }


def write_chatglm(network, folder):
    """`network` is the Glm model; the folder gets model.safetensors and config.json."""
    state = network.state_dict()
    save_file(
        chatglm_tensors(state, network.config.num_hidden_layers), str(folder / "model.safetensors"), {"format": "pt"}
    )
    (folder / "config.json").write_text(json.dumps(chatglm_config(network.config), indent=2) + "\n")
