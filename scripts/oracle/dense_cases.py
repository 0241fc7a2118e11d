"""Oracle cases of the families with attention and one feed-forward a block.

CASES maps a name to (config class, config entries, length of the longest sequence, layout of config.json). Every entry
that the sizes depend on is given here. Layouts: `new` as transformers writes it, `old` as checkpoints from before
transformers 5 have it, `chatglm` as the ChatGLM2 and 3 checkpoints have it.
"""
from transformers import (BloomConfig, FalconConfig, Gemma2Config, GemmaConfig, GlmConfig, GPTNeoXConfig, LlamaConfig,
                          MistralConfig, OPTConfig, Phi3Config, Qwen2Config, Qwen3Config, StableLmConfig)

IDS = dict(bos_token_id=1, eos_token_id=2, pad_token_id=None)
SIZES = dict(IDS, vocab_size=97, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, max_position_embeddings=128)

LLAMA = dict(SIZES, intermediate_size=40, num_key_value_heads=3, rms_norm_eps=1e-5, tie_word_embeddings=False)
FOUR_HEADS = dict(LLAMA, hidden_size=32, num_attention_heads=4, num_key_value_heads=2)
LLAMA3 = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
          "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 32}

OPT = dict(SIZES, ffn_dim=40, word_embed_proj_dim=24, do_layer_norm_before=True, activation_function="relu",
           tie_word_embeddings=True, dropout=0.0)
BLOOM = dict(IDS, vocab_size=97, hidden_size=24, n_layer=2, n_head=3, tie_word_embeddings=True)
FALCON = dict(SIZES, ffn_hidden_size=40, num_kv_heads=None, multi_query=True, parallel_attn=True, bias=False, alibi=False,
              new_decoder_architecture=False, tie_word_embeddings=True)
GEMMA = dict(LLAMA, head_dim=8, tie_word_embeddings=True)
GEMMA2 = dict(GEMMA, query_pre_attn_scalar=8, sliding_window=6, attn_logit_softcapping=1.5, final_logit_softcapping=2.0)
STABLELM = dict(SIZES, hidden_size=48, intermediate_size=32, num_key_value_heads=3, layer_norm_eps=1e-5, partial_rotary_factor=0.25,
                tie_word_embeddings=False)
NEOX = dict(SIZES, hidden_size=48, intermediate_size=32, layer_norm_eps=1e-5, use_parallel_residual=True, tie_word_embeddings=False)
QWEN2 = dict(LLAMA, use_sliding_window=False)
QWEN3 = dict(QWEN2, head_dim=16)
PHI3 = dict(LLAMA, original_max_position_embeddings=128, sliding_window=None)
GLM = dict(SIZES, intermediate_size=40, num_key_value_heads=1, head_dim=8, partial_rotary_factor=0.5, rms_norm_eps=1e-5,
           attention_bias=True, tie_word_embeddings=False)


def rope(**entries):
    return {"rope_type": "default", "rope_theta": 10000.0, **entries}


def longrope(short, long):
    return {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": short, "long_factor": long,
            "original_max_position_embeddings": 16}


CASES = {
    "llama-one-kv-head": (LlamaConfig, dict(FOUR_HEADS, num_key_value_heads=1), 33, "new"),
    "llama-five-heads": (LlamaConfig, dict(LLAMA, hidden_size=40, num_attention_heads=5, num_key_value_heads=5, rms_norm_eps=1e-6), 29, "old"),
    "llama-three-heads-tied": (LlamaConfig, dict(LLAMA, vocab_size=101, tie_word_embeddings=True), 31, "old"),
    "llama-3-scaling": (LlamaConfig, dict(FOUR_HEADS, head_dim=16, rope_parameters=LLAMA3), 96, "new"),
    "llama-3-scaling-old-layout": (LlamaConfig, dict(FOUR_HEADS, head_dim=16, rope_parameters=LLAMA3), 96, "old"),
    "llama-linear-scaling": (LlamaConfig, dict(LLAMA, rope_parameters=rope(rope_type="linear", factor=4.0)), 64, "old"),
    "llama-yarn": (LlamaConfig, dict(FOUR_HEADS, head_dim=16, rope_parameters=dict(YARN)), 90, "new"),
    "llama-yarn-own-attention-factor": (LlamaConfig, dict(FOUR_HEADS, head_dim=16, rope_parameters=dict(
        YARN, attention_factor=1.3, beta_fast=8.0, beta_slow=2.0)), 90, "old"),
    "llama-biases": (LlamaConfig, dict(FOUR_HEADS, attention_bias=True, mlp_bias=True), 21, "new"),

    "mistral-past-window": (MistralConfig, dict(FOUR_HEADS, sliding_window=8), 50, "new"),
    "mistral-wide-heads": (MistralConfig, dict(LLAMA, num_key_value_heads=1, head_dim=16, sliding_window=None), 37, "old"),
    "mistral-tied": (MistralConfig, dict(LLAMA, sliding_window=5, rms_norm_eps=1e-6, tie_word_embeddings=True), 30, "old"),

    "opt-three-heads": (OPTConfig, dict(OPT), 33, "new"),
    "opt-post-norm-projections": (OPTConfig, dict(OPT, do_layer_norm_before=False, word_embed_proj_dim=16), 29, "new"),
    "opt-gelu-without-biases": (OPTConfig, dict(OPT, hidden_size=40, word_embed_proj_dim=40, num_attention_heads=5, activation_function="gelu",
                                                enable_bias=False, _remove_final_layer_norm=True, tie_word_embeddings=False), 40, "new"),

    "bloom-three-heads": (BloomConfig, dict(BLOOM), 40, "new"),
    "bloom-seven-heads-untied": (BloomConfig, dict(BLOOM, hidden_size=28, n_head=7, tie_word_embeddings=False), 33, "new"),
    "bloom-eight-heads-old-keys": (BloomConfig, dict(BLOOM, hidden_size=32, n_head=8, layer_norm_epsilon=1e-6), 30, "old"),

    "falcon-multi-query": (FalconConfig, dict(FALCON), 33, "old"),
    "falcon-five-heads-grouped-two-norms": (FalconConfig, dict(FALCON, hidden_size=48, num_attention_heads=6, num_kv_heads=3,
                                                               new_decoder_architecture=True), 40, "new"),
    "falcon-grouped-one-norm-untied": (FalconConfig, dict(FALCON, hidden_size=32, num_attention_heads=4, num_kv_heads=2,
                                                          new_decoder_architecture=True, num_ln_in_parallel_attn=1, bias=True,
                                                          tie_word_embeddings=False), 29, "new"),
    "falcon-alibi-sequential": (FalconConfig, dict(FALCON, hidden_size=48, num_attention_heads=12, multi_query=False, parallel_attn=False,
                                                   bias=True, alibi=True, max_position_embeddings=512), 300, "old"),
    "falcon-alibi-multi-query": (FalconConfig, dict(FALCON, hidden_size=40, num_attention_heads=5, alibi=True, activation="relu"), 60, "new"),

    "gemma-three-heads": (GemmaConfig, dict(GEMMA), 33, "new"),
    "gemma-wide-multi-query": (GemmaConfig, dict(GEMMA, hidden_size=20, num_attention_heads=2, num_key_value_heads=1, head_dim=16), 29, "old"),
    "gemma-five-heads-biases": (GemmaConfig, dict(GEMMA, hidden_size=40, num_attention_heads=5, num_key_value_heads=5, attention_bias=True,
                                                  rms_norm_eps=1e-6), 40, "new"),

    "gemma2-caps-and-windows": (Gemma2Config, dict(GEMMA2), 33, "new"),
    "gemma2-wide-grouped-old-layout": (Gemma2Config, dict(GEMMA2, num_hidden_layers=3, hidden_size=20, num_attention_heads=4,
                                                          num_key_value_heads=2, query_pre_attn_scalar=5), 30, "old"),
    "gemma2-without-caps": (Gemma2Config, dict(GEMMA2, num_key_value_heads=1, attn_logit_softcapping=None, final_logit_softcapping=None), 37, "new"),

    "stablelm-quarter-rotation": (StableLmConfig, dict(STABLELM), 33, "old"),
    "stablelm-parallel-biases": (StableLmConfig, dict(STABLELM, num_key_value_heads=1, use_parallel_residual=True, use_qkv_bias=True), 29, "new"),
    "stablelm-half-rotation-tied": (StableLmConfig, dict(STABLELM, num_attention_heads=4, num_key_value_heads=2, partial_rotary_factor=0.5,
                                                         use_qkv_bias=True, tie_word_embeddings=True), 40, "new"),

    "gpt-neox-three-heads": (GPTNeoXConfig, dict(NEOX, rope_parameters=rope(partial_rotary_factor=0.25)), 33, "old"),
    "gpt-neox-sequential": (GPTNeoXConfig, dict(NEOX, use_parallel_residual=False, hidden_act="gelu_new",
                                                rope_parameters=rope(partial_rotary_factor=0.5)), 29, "new"),
    "gpt-neox-five-heads-without-biases": (GPTNeoXConfig, dict(NEOX, hidden_size=40, num_attention_heads=5, attention_bias=False,
                                                               rope_parameters=rope(partial_rotary_factor=1.0, rope_theta=500.0)), 40, "new"),

    "qwen2-one-kv-head": (Qwen2Config, dict(QWEN2, num_key_value_heads=1), 33, "old"),
    "qwen2-window-above": (Qwen2Config, dict(QWEN2, num_hidden_layers=3, use_sliding_window=True, sliding_window=6, max_window_layers=1), 40, "old"),
    "qwen2-tied-yarn": (Qwen2Config, dict(QWEN2, hidden_size=48, tie_word_embeddings=True, rope_parameters=dict(YARN)), 80, "new"),

    "qwen3-wide-heads": (Qwen3Config, dict(QWEN3, num_key_value_heads=1), 33, "new"),
    "qwen3-biases-tied": (Qwen3Config, dict(QWEN3, head_dim=8, attention_bias=True, tie_word_embeddings=True), 29, "old"),
    "qwen3-window": (Qwen3Config, dict(QWEN3, head_dim=6, num_hidden_layers=3, use_sliding_window=True, sliding_window=5, max_window_layers=1), 40, "new"),

    "phi3-grouped": (Phi3Config, dict(PHI3, hidden_size=32, num_attention_heads=4, num_key_value_heads=2), 33, "old"),
    "phi3-long": (Phi3Config, dict(PHI3, original_max_position_embeddings=16, rope_parameters=longrope(
        [1.0, 1.1, 1.3, 1.6], [1.2, 2.0, 5.0, 9.0])), 40, "old"),
    "phi3-long-three-quarters": (Phi3Config, dict(PHI3, original_max_position_embeddings=16, partial_rotary_factor=0.75, tie_word_embeddings=True,
                                                  rope_parameters=longrope([1.0, 1.2, 1.5], [1.1, 3.0, 8.0])), 41, "new"),
    "phi3-window": (Phi3Config, dict(PHI3, num_key_value_heads=1, sliding_window=7), 37, "new"),

    "chatglm-one-group": (GlmConfig, dict(GLM), 33, "chatglm"),
    "chatglm-two-groups-long": (GlmConfig, dict(GLM, hidden_size=32, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
                                                rope_parameters=rope(rope_theta=500000.0, partial_rotary_factor=0.5)), 60, "chatglm"),
    "chatglm-five-heads-without-biases": (GlmConfig, dict(GLM, hidden_size=40, num_attention_heads=5, num_key_value_heads=5,
                                                          attention_bias=False), 40, "chatglm"),
}
