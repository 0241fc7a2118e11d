"""Oracle cases of the families with experts, latent attention and selective scan: mixtral, qwen2_moe, olmoe, deepseek_v2, mamba.

CASES maps a name to (config class, config entries, length of the longest sequence, layout of config.json). Every entry
that the sizes depend on is given here, so that nothing follows from defaults elsewhere. A model has about 20,000
parameters. transformers fuses experts in memory and writes them under the names of the published checkpoints.
"""
from transformers import DeepseekV2Config, MambaConfig, MixtralConfig, OlmoeConfig, Qwen2MoeConfig

DECODER = dict(vocab_size=67, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=3,
               hidden_act="silu", max_position_embeddings=128, rms_norm_eps=1e-5, tie_word_embeddings=False)

MIXTRAL = dict(DECODER, intermediate_size=28, num_local_experts=4, num_experts_per_tok=2, sliding_window=None)

QWEN = dict(DECODER, intermediate_size=36, moe_intermediate_size=20, shared_expert_intermediate_size=28, num_experts=6,
            num_experts_per_tok=2, norm_topk_prob=False, decoder_sparse_step=1, mlp_only_layers=[], qkv_bias=True,
            use_sliding_window=False)

# A number of key-value heads of its own makes OlmoeConfig of some versions skip the rest of its set-up.
OLMOE = dict(DECODER, num_key_value_heads=None, intermediate_size=20, num_experts=5, num_experts_per_tok=2,
             norm_topk_prob=False, attention_bias=False, clip_qkv=None)

DEEPSEEK = dict(DECODER, rms_norm_eps=1e-6, intermediate_size=32, moe_intermediate_size=12, n_routed_experts=4,
                n_shared_experts=1, num_experts_per_tok=2, first_k_dense_replace=1, topk_method="greedy", n_group=1,
                topk_group=1, norm_topk_prob=False, routed_scaling_factor=1.0, q_lora_rank=None, kv_lora_rank=14,
                qk_nope_head_dim=8, qk_rope_head_dim=4, v_head_dim=6, attention_bias=False)

YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 64,
        "beta_fast": 8, "beta_slow": 1, "mscale": 0.707, "mscale_all_dim": 0.9}

MAMBA = dict(vocab_size=67, hidden_size=24, intermediate_size=48, expand=2, state_size=16, conv_kernel=4,
             num_hidden_layers=2, time_step_rank=2, use_bias=False, use_conv_bias=True, hidden_act="silu",
             layer_norm_epsilon=1e-5, residual_in_fp32=True, tie_word_embeddings=True, use_cache=False)

CASES = {
    "mixtral-one-kv-head": (MixtralConfig, dict(MIXTRAL, num_key_value_heads=1), 33, "old"),
    "mixtral-five-experts-past-window": (MixtralConfig, dict(MIXTRAL, num_local_experts=5, num_experts_per_tok=3, head_dim=16,
                                                             sliding_window=7, tie_word_embeddings=True), 41, "new"),
    "mixtral-one-expert-a-token": (MixtralConfig, dict(MIXTRAL, num_hidden_layers=3, hidden_size=16, num_attention_heads=2,
                                                       num_key_value_heads=2, num_local_experts=6, num_experts_per_tok=1), 37, "new"),
    "qwen2-moe-shared-expert": (Qwen2MoeConfig, dict(QWEN, num_key_value_heads=1), 33, "old"),
    "qwen2-moe-dense-between": (Qwen2MoeConfig, dict(QWEN, num_hidden_layers=3, decoder_sparse_step=2, norm_topk_prob=True,
                                                     qkv_bias=False, tie_word_embeddings=True), 29, "new"),
    "qwen2-moe-dense-first-and-window": (Qwen2MoeConfig, dict(QWEN, num_hidden_layers=3, mlp_only_layers=[0], num_experts=4,
                                                              num_experts_per_tok=3, use_sliding_window=True, sliding_window=6,
                                                              max_window_layers=2), 40, "new"),
    "olmoe-five-experts": (OlmoeConfig, dict(OLMOE), 33, "old"),
    "olmoe-renormalized": (OlmoeConfig, dict(OLMOE, num_experts=6, num_experts_per_tok=3, norm_topk_prob=True,
                                             tie_word_embeddings=True), 28, "new"),
    "olmoe-one-expert-a-token": (OlmoeConfig, dict(OLMOE, num_hidden_layers=3, num_experts=4, num_experts_per_tok=1), 30, "new"),
    "deepseek-v2-full-queries": (DeepseekV2Config, dict(DEEPSEEK, num_hidden_layers=3), 33, "old"),
    "deepseek-v2-latent-queries-grouped": (DeepseekV2Config, dict(DEEPSEEK, q_lora_rank=10, first_k_dense_replace=0, n_routed_experts=6,
                                                                  n_shared_experts=2, num_experts_per_tok=3, n_group=3, topk_group=2,
                                                                  topk_method="group_limited_greedy", routed_scaling_factor=2.5,
                                                                  attention_bias=True), 35, "new"),
    "deepseek-v2-yarn": (DeepseekV2Config, dict(DEEPSEEK, q_lora_rank=12, qk_rope_head_dim=8, rope_parameters=YARN), 90, "old"),
    "mamba-tied": (MambaConfig, dict(MAMBA), 41, "new"),
    "mamba-biases-untied": (MambaConfig, dict(MAMBA, state_size=5, conv_kernel=3, time_step_rank=5, use_bias=True, use_conv_bias=False,
                                              tie_word_embeddings=False), 37, "new"),
    "mamba-three-times-wider": (MambaConfig, dict(MAMBA, intermediate_size=72, expand=3, conv_kernel=2, state_size=7, num_hidden_layers=3,
                                                  residual_in_fp32=False), 60, "new"),
}
