"""The README.md of a trained model, from measured values."""


def sources(facts):
    if facts["data"] == "world":
        return (
            "the synthetic world of `eval/world/`, a seeded program that tells of people, towns and things and sets exercises "
            "about them"
        )
    files = ", ".join(f"`{file['name']}` (SHA-256 `{file['sha256']}`)" for file in facts["files"])
    return (
        "English Wikipedia, featured articles as of 2019 (CC BY-SA 3.0; not shipped here), without those that "
        f"overlap with WikiText-2's test and validation text, from {files}"
    )


def architecture(model, params):
    lines = [f"- family `{model.family}`, {params:,} parameters (tied weights once), stored in bf16"]
    lines += [f"- {fact}" for fact in model.facts]
    if model.unmatched:
        lines.append(f"- not matched with the other models: {model.unmatched}")
    settings = ", ".join(f"{name} {value}" for name, value in model.settings.items() if not isinstance(value, dict))
    return "\n".join([*lines, f"- {settings}"])


def card(model, result, facts):
    probes = ", ".join(f"{skill} {one['right']:.2f} (n {one['n']})" for skill, one in result["probes"].items())
    known = f"\nA first look after training, share of right answers: {probes}.\n" if probes else ""
    world = (
        "\nThe world is small and regular on purpose: what the model gets wrong after compression was lost to compression.\n"
        "No real person, place or text took part.\n" if facts["data"] == "world" else ""
    )
    return f"""# {model.id}

{architecture(model, result["params"])}

Trained by `scripts/train/zoo.py` on {sources(facts)}:
{facts["documents"]:,} documents, {facts["stream_tokens"]:,} tokens, read {facts["passes"]} times in different orders.

| | |
| --- | --- |
| tokens seen | {result["tokens"]:,} ({result["steps"]:,} steps of {result["batch"]} × 512) |
| optimiser | AdamW, rate {model.rate:g}, warm-up and cosine, weight decay 0.1, bf16 autocast over fp32 weights |
| seeds | weights {result["seed"]}, documents 1000 and following |
| versions | {result["versions"]} |
| machine | {result["machine"]}, {result["seconds"]:.0f} s, {result["tokens_per_second"] / 1e6:.2f} M tokens/s |
| last training loss | {result["loss"]:.4f} nats a token (`loss.csv`) |
| held-out perplexity | {result["perplexity"]:.4f} a token in fp32 from the saved file, {facts["heldout_windows"]} windows of 512 |
{known}
The numbers on the board come from the pipeline, not from here. Another run gives another model of the same quality: GPU
arithmetic is not reproducible to the bit.
{world}
Licence: Apache-2.0, as the rest of the project.
"""
