"""Turns checkpoints as transformers writes them into the layouts that older and foreign checkpoints have."""
import json

import torch
from safetensors.torch import load_file, save_file


def to_old(folder):
    """config.json as in checkpoints from before transformers 5."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    kind = config["model_type"]
    config["torch_dtype"] = config.pop("dtype", "bfloat16")
    config.pop("layer_types", None)
    if kind == "bloom":
        config["n_embed"] = config.pop("hidden_size")
        config["num_attention_heads"] = config.pop("n_head")
    rope = config.pop("rope_parameters", None)
    if rope is not None:
        theta, part = rope.pop("rope_theta", 10000.0), rope.pop("partial_rotary_factor", None)
        config["rotary_emb_base" if kind == "gpt_neox" else "rope_theta"] = theta
        if part is not None:
            config["rotary_pct" if kind == "gpt_neox" else "partial_rotary_factor"] = part
        if kind == "phi3" and "rope_type" in rope:
            rope["type"] = rope.pop("rope_type")
            config["original_max_position_embeddings"] = rope.pop("original_max_position_embeddings", config["max_position_embeddings"])
        plain = rope.get("rope_type", rope.get("type", "default")) == "default"
        config["rope_scaling"] = None if plain else rope
    path.write_text(json.dumps(config, indent=2) + "\n")


def to_chatglm(folder):
    """A GLM checkpoint under the names and keys of ChatGLM2 and 3, whose mathematics are the same: see `chatglm_names`."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(chatglm_config(config), indent=2) + "\n")
    tensors = load_file(folder / "model.safetensors")
    save_file(chatglm_names(tensors, config["num_hidden_layers"]), folder / "model.safetensors")


def chatglm_config(config):
    rope = config["rope_parameters"]
    part = rope.get("partial_rotary_factor", config.get("partial_rotary_factor"))
    if part != 0.5:
        raise ValueError(f"ChatGLM rotates one half of each head, not {part}")
    return {
        "architectures": ["ChatGLMModel"],
        "auto_map": {"AutoConfig": "configuration_chatglm.ChatGLMConfig",
                     "AutoModelForCausalLM": "modeling_chatglm.ChatGLMForConditionalGeneration"},
        "model_type": "chatglm",
        "add_bias_linear": False,
        "add_qkv_bias": config["attention_bias"],
        "apply_query_key_layer_scaling": True,
        "apply_residual_connection_post_layernorm": False,
        "attention_softmax_in_fp32": True,
        "ffn_hidden_size": config["intermediate_size"],
        "hidden_size": config["hidden_size"],
        "kv_channels": config["head_dim"],
        "layernorm_epsilon": config["rms_norm_eps"],
        "multi_query_attention": True,
        "multi_query_group_num": config["num_key_value_heads"],
        "num_attention_heads": config["num_attention_heads"],
        "num_layers": config["num_hidden_layers"],
        "padded_vocab_size": config["vocab_size"],
        "post_layer_norm": True,
        "rmsnorm": True,
        "rope_ratio": rope["rope_theta"] / 10000.0,
        "seq_length": config["max_position_embeddings"],
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
    }


def chatglm_names(tensors, layers):
    """Query, key and value rows stand one after the other in `query_key_value`, gate before up in `dense_h_to_4h`."""
    renamed = {
        "transformer.embedding.word_embeddings.weight": tensors["model.embed_tokens.weight"],
        "transformer.encoder.final_layernorm.weight": tensors["model.norm.weight"],
        "transformer.output_layer.weight": tensors["lm_head.weight"],
    }
    for layer in range(layers):
        old, new = f"model.layers.{layer}", f"transformer.encoder.layers.{layer}"
        for kind in ("weight", "bias"):
            parts = [tensors.get(f"{old}.self_attn.{name}_proj.{kind}") for name in "qkv"]
            if parts[0] is not None:
                renamed[f"{new}.self_attention.query_key_value.{kind}"] = torch.cat(parts)
        for theirs, ours in (("input_layernorm", "input_layernorm"), ("post_attention_layernorm", "post_attention_layernorm"),
                             ("self_attn.o_proj", "self_attention.dense"), ("mlp.gate_up_proj", "mlp.dense_h_to_4h"),
                             ("mlp.down_proj", "mlp.dense_4h_to_h")):
            renamed[f"{new}.{ours}.weight"] = tensors[f"{old}.{theirs}.weight"]
    return {name: tensor.contiguous() for name, tensor in renamed.items()}


LAYOUTS = {"new": lambda folder: None, "old": to_old, "chatglm": to_chatglm}
