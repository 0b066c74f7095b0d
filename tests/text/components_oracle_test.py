"""Every component of a tokenizer.json that text/ knows, in random combinations, against Hugging Face's `tokenizers`."""
import json
import random
import tempfile
import unicodedata
import unittest

import real_tokenizers
import text_corpus
import tokenize_lines
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

NUM_TOKENIZERS = 120
NUM_TEXTS = 120
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
PATTERNS = [{"Regex": r"\s+"}, {"Regex": "[aeiou]+"}, {"Regex": r"(?<=e)r|(?=b)"}, {"Regex": "x*"}, {"Regex": r"[^\r\n\p{L}\p{N}]?\p{L}+"},
            {"Regex": real_tokenizers.LLAMA3_PATTERN}, {"Regex": real_tokenizers.QWEN2_PATTERN}, {"Regex": "^.|$"}, {"String": " "},
            {"String": "e."}, {"String": ""}, {"String": "的"}]
CONTENTS = ["<a>", "<ab>", "<", "a", "ü", "e\u0301", " b", "\u212b", "the", "的", " ", "\n", "<|x|>", "<|x"]


def trained(texts):
    """(vocabulary, merges) of a small byte-level BPE."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=900, show_progress=False,
                                                             initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], model["merges"]


def split(rng):
    return {"type": "Split", "pattern": rng.choice(PATTERNS), "behavior": rng.choice(BEHAVIORS), "invert": rng.random() < 0.3}


def pre_tokenizer(rng):
    steps = [rng.choice([split, lambda rng: {"type": "Digits", "individual_digits": rng.random() < 0.5}])(rng)
             for _ in range(rng.randint(0, 2))]
    steps.append(real_tokenizers.byte_level(rng.random() < 0.6, add_prefix_space=rng.random() < 0.3))
    if len(steps) == 1:
        return steps[0]
    nested = [real_tokenizers.sequence(*steps[:1]), *steps[1:]]
    return real_tokenizers.sequence(*rng.choice([steps, nested]))


def post_processor(rng, size):
    names = {f"<{i}>": [rng.randrange(size) for _ in range(rng.randint(0, 2))] for i in range(3)}
    parts = [{"SpecialToken": {"id": name, "type_id": 0}} for name in names for _ in range(rng.randint(0, 1))]
    parts.insert(rng.randint(0, len(parts)), {"Sequence": {"id": "A", "type_id": 0}})
    template = {"type": "TemplateProcessing", "single": parts, "pair": parts + [{"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {name: {"id": name, "ids": ids, "tokens": ["x"] * len(ids)} for name, ids in names.items()}}
    return rng.choice([template, real_tokenizers.byte_level(True),
                       {"type": "Sequence", "processors": [real_tokenizers.byte_level(True), template]}])


def added_tokens(rng, vocabulary):
    contents = rng.sample(CONTENTS, rng.randint(0, 7))
    tokens = []
    for i, content in enumerate(sorted(contents, key=lambda content: content in vocabulary)):
        normalized = rng.random() < 0.5
        # `tokenizers` does not skip a special token that has another form when it is normalized.
        special = rng.random() < 0.5 and (not normalized or unicodedata.is_normalized("NFC", content))
        # One of white space alone that strips to the left makes it panic.
        lstrip = rng.random() < 0.3 and content.strip() != ""
        tokens.append(real_tokenizers.added_token(vocabulary.get(content, len(vocabulary) + i), content, special=special,
                                                  normalized=normalized, single_word=rng.random() < 0.3, lstrip=lstrip,
                                                  rstrip=rng.random() < 0.3))
    return tokens


def random_file(rng, vocabulary, merges):
    vocabulary = dict(vocabulary)
    options = {"ignore_merges": rng.random() < 0.5}
    if rng.random() < 0.4:  # bytes without a token
        for byte in rng.sample(range(256), 60) + [ord(" "), ord("e")]:
            character = real_tokenizers.CHARACTERS[byte]
            vocabulary = {token: i for token, i in vocabulary.items() if character not in token}
        merges = [merge for merge in merges if all(part in vocabulary for part in (*merge, "".join(merge)))]
        if rng.random() < 0.6:
            options |= {"unk_token": next(iter(vocabulary)), "fuse_unk": rng.random() < 0.5}
        vocabulary = {token: i for i, token in enumerate(vocabulary)}
    if rng.random() < 0.3:
        merges = [" ".join(merge) for merge in merges]
    if rng.random() < 0.3:
        merges = merges + rng.sample(merges, 20)
    normalizer = rng.choice([None, {"type": "NFC"}, {"type": "Sequence", "normalizers": rng.choice([[], [{"type": "NFC"}]])}])
    added = added_tokens(rng, vocabulary)
    file = real_tokenizers.tokenizer_json(vocabulary, merges, pre_tokenizer(rng), added, normalizer,
                                          post_processor(rng, len(vocabulary)), **options)
    file["decoder"] = rng.choice([real_tokenizers.byte_level(True), {"type": "Fuse"}, {"type": "Sequence", "decoders": rng.choice(
        [[], [real_tokenizers.byte_level(True), {"type": "Fuse"}], [{"type": "Fuse"}]])}])
    return file


class Components(unittest.TestCase):
    def test_any_combination(self):
        rng = random.Random(7)
        texts = [text for text in text_corpus.corpus(8, 4000, special_tokens=CONTENTS)
                 if "\u180e" not in text and all(ord(c) < 0x2000 or 0x3000 <= ord(c) < 0xA000 for c in text)]
        vocabulary, merges = trained(texts)
        for number in range(NUM_TOKENIZERS):
            file = random_file(rng, vocabulary, merges)
            lines = rng.sample(texts, NUM_TEXTS) + [rng.choice([" ", "<a> ", " <a>x", "a<a"]) for _ in range(5)]
            with tempfile.TemporaryDirectory() as folder:
                oracle = Tokenizer.from_file(str(real_tokenizers.write(folder, file) / "tokenizer.json"))
                frame, answers = tokenize_lines.run(folder, lines)
            del file["model"]["vocab"], file["model"]["merges"]
            shown = f"tokenizer {number}: {json.dumps(file, ensure_ascii=False)}"
            for text, ours in zip(lines, answers):
                ids = oracle.encode(text, add_special_tokens=False).ids
                self.assertEqual(ours.get("ids"), ids, f"{text!r}\n{shown}")
                self.assertEqual(frame["before"] + ids + frame["after"], oracle.encode(text).ids, shown)
                self.assertEqual(ours["text"], oracle.decode(ids, skip_special_tokens=False), shown)
                self.assertEqual(ours["plain"], oracle.decode(ids, skip_special_tokens=True), shown)


if __name__ == "__main__":
    unittest.main()
