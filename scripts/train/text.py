"""Documents to windows of tokens: read, train the tokenizer, encode, pack.

The world's documents are short: a window begins with BOS and the beginning of a document, further documents follow after
blank lines, and the last one is cut. English articles are long: they form one stream, cut into windows that begin with BOS.
Every pass over the documents shuffles and packs them anew with the next seed, so no two windows are equal. All models read
the same windows in the same order.
"""
import gzip
import hashlib
import json
import lzma
from pathlib import Path

import numpy as np
from table import BOS_ID, EOS_ID, VOCABULARY, WINDOW
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

BOS, EOS = "<|bos|>", "<|eos|>"
TOKENIZER_CHARACTERS = 20_000_000
HELD_OUT_WINDOWS = 200
ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.xz")


def files_named(folder, stem):
    """`stem*.jsonl`, plain, .gz or .xz, in the order of their names. @raises SystemExit where there is none."""
    found = sorted(path for path in Path(folder).glob(f"{stem}*") if path.name.endswith(ENDINGS))
    if not found:
        raise SystemExit(f"zoo: {folder} holds no file {stem}*.jsonl, .jsonl.gz or .jsonl.xz")
    # A file beside its own compressed form is the same text.
    return list({path.name.split(".jsonl")[0]: path for path in found}.values())


def open_text(path):
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)
    return opener(path, "rt", encoding="utf-8")


def read_documents(paths):
    """Every line is a JSON string, or an object whose `title` and `text` make the document."""
    documents = []
    for path in paths:
        with open_text(path) as lines:
            for line in lines:
                value = json.loads(line)
                documents.append(value if isinstance(value, str) else f"{value['title']}\n\n{value['text']}")
    return documents


def digests(paths):
    return [{"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()} for path in paths]


def sample(documents, characters):
    """Evenly spread documents of about so many characters in all."""
    total = sum(map(len, documents))
    return documents[:: max(1, round(total / characters))]


def train_tokenizer(documents, vocabulary):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[BOS, EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(sample(documents, TOKENIZER_CHARACTERS), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A $B", special_tokens=[(BOS, BOS_ID)]
    )
    found = (tokenizer.token_to_id(BOS), tokenizer.token_to_id(EOS), tokenizer.get_vocab_size())
    if found != (BOS_ID, EOS_ID, vocabulary):
        raise RuntimeError(f"tokenizer: BOS, EOS and vocabulary are {found}, not {(BOS_ID, EOS_ID, vocabulary)}")
    return tokenizer


def encode(tokenizer, documents):
    """One stream of ids in which a blank line ends every document, and the length of each document with it."""
    blank = tokenizer.encode("a\n\nb", add_special_tokens=False).ids[1:-1]
    encode_batch = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)
    parts, lengths = [], []
    for begin in range(0, len(documents), 20_000):
        for encoding in encode_batch(documents[begin : begin + 20_000], add_special_tokens=False):
            ids = encoding.ids + blank
            parts.append(np.array(ids, dtype=np.uint16))
            lengths.append(len(ids))
    return np.concatenate(parts), np.array(lengths, dtype=np.int64)


def shuffled(stream, lengths, seed):
    """The stream with its documents in another order, and where each begins, the end included."""
    order = np.random.default_rng(seed).permutation(len(lengths)) if seed is not None else np.arange(len(lengths))
    begins = np.cumsum(lengths) - lengths
    bounds = np.concatenate([[0], np.cumsum(lengths[order])])
    index = np.repeat(begins[order] - bounds[:-1], lengths[order]) + np.arange(bounds[-1])
    return stream[index], bounds


def window_starts(bounds):
    """Greedy: a window opens with the first document that the window before it did not reach."""
    room = WINDOW - 1
    following = np.searchsorted(bounds, bounds[:-1] + room, side="left").tolist()
    starts, document = [], 0
    while document < len(following) and following[document] < len(bounds):
        starts.append(document)
        document = following[document]
    return bounds[np.array(starts, dtype=np.int64)]


def pack(stream, lengths, seed, continuous):
    """[n, WINDOW] ids of one pass over the documents, without those that fill no window at the end."""
    stream, bounds = shuffled(stream, lengths, seed)
    if continuous:
        offset = 0 if seed is None else int(np.random.default_rng(seed).integers(WINDOW - 1))
        starts = np.arange(offset, len(stream) - WINDOW + 2, WINDOW - 1)
    else:
        starts = window_starts(bounds)
    windows = np.full((len(starts), WINDOW), BOS_ID, dtype=np.int16)
    windows[:, 1:] = stream[starts[:, None] + np.arange(WINDOW - 1)]
    return windows


def training_windows(stream, lengths, count, continuous):
    """The first `count` windows of as many passes as that takes, and the number of passes."""
    passes, have = [], 0
    while have < count:
        windows = pack(stream, lengths, 1000 + len(passes), continuous)
        if len(windows) == 0:
            raise RuntimeError(f"pack: {len(stream)} tokens fill no window of {WINDOW}")
        passes.append(windows)
        have += len(windows)
    return np.concatenate(passes)[:count], have / len(passes), len(passes)


def split(data, folder):
    """Training documents, held-out documents and the digests of the files."""
    if data == "world":
        training, heldout = files_named(folder, "train"), files_named(folder, "heldout")
        return read_documents(training), read_documents(heldout), digests(training + heldout)
    files = files_named(folder, "")
    documents = read_documents(files)
    training = [document for index, document in enumerate(documents) if index % 100]
    return training, documents[::100], digests(files)


def prepare(data, folder, work, count):
    """Writes tokenizer.json, train.npy, heldout.npy and facts.json under `work`; facts.json last."""
    work.mkdir(parents=True, exist_ok=True)
    training, heldout, files = split(data, folder)
    tokenizer = train_tokenizer(training, VOCABULARY[data])
    (work / "tokenizer.json").write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
    stream, lengths = encode(tokenizer, training)
    continuous = data == "english"
    windows, each_pass, passes = training_windows(stream, lengths, count, continuous)
    np.save(work / "train.npy", windows)
    held = pack(*encode(tokenizer, heldout), None, continuous)
    np.save(work / "heldout.npy", held[:HELD_OUT_WINDOWS])
    facts = {
        "data": data,
        "documents": len(training),
        "characters": sum(map(len, training)),
        "stream_tokens": int(len(stream)),
        "windows_a_pass": int(each_pass),
        "passes": passes,
        "windows": int(len(windows)),
        "heldout_windows": int(min(len(held), HELD_OUT_WINDOWS)),
        "files": files,
    }
    (work / "facts.json").write_text(json.dumps(facts))
    return facts
