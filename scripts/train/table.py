"""The models of the zoo: one entry each, with the transformers configuration that is trained.

Matched: hidden size 192, 4 blocks, 6 heads of 32, two key/value heads where the family groups them, tied embeddings, a
vocabulary of 1,024 and 512 positions, about 1.5 M parameters. Every in-features of a weight is a multiple of 64, so that
groups of 64 fit. `unmatched` says what a family cannot share with the others and why.
"""
from dataclasses import dataclass, field

WINDOW = 512
VOCABULARY = {"world": 1024, "english": 2048}
BOS_ID, EOS_ID = 0, 1


@dataclass(frozen=True)
class ZooModel:
    """`kind` names the classes of transformers, `settings` go to its configuration class as they are."""

    id: str
    name: str
    family: str
    kind: str
    settings: dict
    rate: float = 3e-3
    data: str = "world"
    cost: float = 1.0  # expected seconds in units of llama-1.5m, to start the longest first
    unmatched: str = ""
    facts: tuple = field(default=())


def decoder(hidden=192, blocks=4, heads=6, inner=384, **more):
    return {
        "hidden_size": hidden,
        "num_hidden_layers": blocks,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "max_position_embeddings": WINDOW,
        "tie_word_embeddings": True,
        **more,
    }


GROUPED = {"num_key_value_heads": 2}
HEAD = {"head_dim": 32}

ZOO = [
    ZooModel("bitloss-llama-0.5m", "Bitloss LLaMA 0.5M", "llama", "Llama",
             decoder(hidden=128, heads=4, inner=128, rms_norm_eps=1e-5, **GROUPED), cost=0.8,
             unmatched="the smallest of three sizes: hidden size 128, 4 heads, inner size 128"),
    ZooModel("bitloss-llama-1.5m", "Bitloss LLaMA 1.5M", "llama", "Llama",
             decoder(rms_norm_eps=1e-5, **GROUPED)),
    ZooModel("bitloss-llama-3m", "Bitloss LLaMA 3M", "llama", "Llama",
             decoder(hidden=256, heads=8, inner=576, rms_norm_eps=1e-5, **GROUPED), cost=1.4,
             unmatched="the largest of three sizes: hidden size 256, 8 heads, inner size 576"),
    ZooModel("bitloss-mistral-1.5m", "Bitloss Mistral 1.5M", "mistral", "Mistral",
             decoder(rms_norm_eps=1e-5, sliding_window=128, **HEAD, **GROUPED), cost=1.3,
             facts=("sliding window of 128 positions in every block",)),
    ZooModel("bitloss-mixtral-3m", "Bitloss Mixtral 3M", "mixtral", "Mixtral",
             decoder(inner=128, rms_norm_eps=1e-5, num_local_experts=8, num_experts_per_tok=2, sliding_window=None,
                     router_aux_loss_coef=0.01, **HEAD, **GROUPED), cost=2.0,
             unmatched="the 8 experts of inner size 128 (2 active) make it twice as large; a token meets 1.2 M parameters"),
    ZooModel("bitloss-qwen2-moe-2.5m", "Bitloss Qwen2-MoE 2.5M", "qwen2_moe", "Qwen2Moe",
             decoder(inner=384, rms_norm_eps=1e-6, moe_intermediate_size=64, shared_expert_intermediate_size=64,
                     num_experts=12, num_experts_per_tok=4, norm_topk_prob=False, decoder_sparse_step=1,
                     router_aux_loss_coef=0.01, use_sliding_window=False, **GROUPED), cost=2.0,
             unmatched="the 12 experts of inner size 64 (4 active) and a shared one make it larger; "
                       "a token meets 1.3 M parameters"),
    ZooModel("bitloss-opt-1.5m", "Bitloss OPT 1.5M", "opt", "OPT",
             {"hidden_size": 192, "num_hidden_layers": 4, "num_attention_heads": 6, "ffn_dim": 384,
              "max_position_embeddings": WINDOW, "dropout": 0.0, "activation_function": "relu",
              "word_embed_proj_dim": 192, "tie_word_embeddings": True, "pad_token_id": EOS_ID}, rate=2e-3,
             unmatched="six key/value heads, for OPT does not group them"),
    ZooModel("bitloss-bloom-1.5m", "Bitloss BLOOM 1.5M", "bloom", "Bloom",
             {"hidden_size": 192, "n_layer": 3, "n_head": 6, "seq_length": WINDOW, "tie_word_embeddings": True},
             rate=2e-3, cost=1.5,
             unmatched="3 blocks, for BLOOM's inner size is always four times the hidden size; six key/value heads"),
    ZooModel("bitloss-falcon-1.5m", "Bitloss Falcon 1.5M", "falcon", "Falcon",
             {"hidden_size": 192, "num_hidden_layers": 4, "num_attention_heads": 6, "ffn_hidden_size": 640,
              "max_position_embeddings": WINDOW, "multi_query": True, "parallel_attn": True, "bias": False,
              "alibi": False, "new_decoder_architecture": False, "tie_word_embeddings": True}, rate=2e-3,
             unmatched="one key/value head, as in Falcon-7B; the ungated inner layer is 640 wide in exchange"),
    ZooModel("bitloss-gemma-1.5m", "Bitloss Gemma 1.5M", "gemma", "Gemma",
             decoder(rms_norm_eps=1e-6, pad_token_id=EOS_ID, **HEAD, **GROUPED)),
    ZooModel("bitloss-stablelm-1.5m", "Bitloss StableLM 1.5M", "stablelm", "StableLm",
             decoder(layer_norm_eps=1e-5, use_qkv_bias=False,
                     rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.25},
                     **GROUPED),
             facts=("rotary embedding on a quarter of each head",)),
    ZooModel("bitloss-chatglm-1.7m", "Bitloss ChatGLM 1.7M", "chatglm", "Glm",
             decoder(rms_norm_eps=1e-5, attention_bias=True, pad_token_id=EOS_ID,
                     rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
                     **HEAD, **GROUPED) | {"tie_word_embeddings": False},
             unmatched="an output layer of its own (197 k parameters more), as in ChatGLM2 and ChatGLM3"),
    ZooModel("bitloss-mamba-1.7m", "Bitloss Mamba 1.7M", "mamba", "Mamba",
             {"hidden_size": 192, "num_hidden_layers": 5, "state_size": 16, "expand": 2, "conv_kernel": 4,
              "time_step_rank": 64, "max_position_embeddings": WINDOW, "tie_word_embeddings": True,
              "initializer_range": 0.02, "pad_token_id": EOS_ID},
             rate=3e-3, cost=2.5,
             unmatched="5 blocks without attention or feed-forward layer; a time-step rank of 64 instead of 12, "
                       "so that groups of 64 fit its projection"),
    ZooModel("bitloss-english-3m", "Bitloss English 3M", "llama", "Llama",
             decoder(hidden=256, heads=8, inner=448, rms_norm_eps=1e-5, **GROUPED), data="english", cost=1.5,
             unmatched="trained on English with a vocabulary of its own (2,048 tokens)"),
]


def selected(ids):
    """The models named, all of them for none. @raises SystemExit on an unknown id."""
    if not ids:
        return list(ZOO)
    known = {model.id: model for model in ZOO}
    unknown = [one for one in ids if one not in known]
    if unknown:
        raise SystemExit(f"zoo: no model named {', '.join(unknown)}; known are {', '.join(known)}")
    return [known[one] for one in ids]
