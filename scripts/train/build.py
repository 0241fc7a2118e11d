"""Makes a model of the table with transformers, and swaps in the faster layers it is trained with."""
import torch
import transformers
from fast import use_fast_layers
from table import BOS_ID, EOS_ID, VOCABULARY


def configuration(model):
    config_class = getattr(transformers, f"{model.kind}Config")
    return config_class(
        vocab_size=VOCABULARY[model.data],
        bos_token_id=BOS_ID,
        eos_token_id=EOS_ID,
        use_cache=False,
        **model.settings,
    )


def causal_class(model):
    return getattr(transformers, f"{model.kind}ForCausalLM")


def build(model, device, seed):
    """A freshly initialised model in fp32 with transformers' own layers."""
    torch.manual_seed(seed)
    network = causal_class(model)(configuration(model))
    return network.to(device)


def fast_copy(model, network, device):
    """The same weights under the layers for training."""
    copy = causal_class(model)(configuration(model)).to(device)
    copy.load_state_dict(network.state_dict())
    use_fast_layers(copy)
    # No model drops anything, and in training mode OPT would draw a random number a block, which cannot be compiled.
    return copy.eval()


def count_parameters(network):
    """Tied weights count once."""
    return sum(parameter.numel() for parameter in network.parameters())
