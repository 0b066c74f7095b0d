"""Tokenizers of the families that text/ knows against Hugging Face's `tokenizers`: same ids and same texts, on 20,000 texts each."""
import random
import tempfile
import unittest

import real_tokenizers
import text_corpus
import tokenize_lines
from tokenizers import Tokenizer

NUM_TEXTS = 20_000
NUM_ID_LISTS = 3_000
# `tokenizers` has newer Unicode tables than PCRE2, which cuts by DeepSeek's patterns; see docs/formats.md.
KNOWN_TO_BOTH = 0x30000


class Families(unittest.TestCase):
    def check(self, name, keeps=lambda text: True):
        file = real_tokenizers.FAMILIES[name]()
        with tempfile.TemporaryDirectory() as folder:
            path = real_tokenizers.write(folder, file) / "tokenizer.json"
            oracle = Tokenizer.from_file(str(path))
            special = [token["content"] for token in file["added_tokens"]]
            size = oracle.get_vocab_size()
            rng = random.Random(name)
            vocabulary = [oracle.decode([rng.randrange(size)], skip_special_tokens=False) for _ in range(20_000)]
            texts = [text for text in text_corpus.corpus(name, NUM_TEXTS, vocabulary, special) if keeps(text)]
            id_lists = [[rng.randrange(size + 50) for _ in range(rng.randint(0, 30))] for _ in range(NUM_ID_LISTS)]
            frame, answers = tokenize_lines.run(folder, texts + id_lists)
        self.assertGreater(len(texts), NUM_TEXTS - 1500)
        for text, ours in zip(texts, answers):
            ids = oracle.encode(text, add_special_tokens=False).ids
            self.assertEqual(ours.get("ids"), ids, repr(text))
            self.check_texts(oracle, ids, ours)
        for text, ours in list(zip(texts, answers))[:1000]:
            self.assertEqual(frame["before"] + ours["ids"] + frame["after"], oracle.encode(text).ids)
        for ids, ours in zip(id_lists, answers[len(texts):]):
            self.check_texts(oracle, ids, ours)

    def check_texts(self, oracle, ids, ours):
        self.assertEqual(ours["text"], oracle.decode(ids, skip_special_tokens=False), ids)
        self.assertEqual(ours["plain"], oracle.decode(ids, skip_special_tokens=True), ids)
        self.assertEqual("".join(ours["pieces"]), ours["text"], ids)

    def test_llama3(self):
        self.check("llama3")

    def test_qwen2(self):
        self.check("qwen2")

    def test_smollm2(self):
        self.check("smollm2")

    def test_deepseek(self):
        self.check("deepseek", lambda text: "\u180e" not in text and all(ord(c) < KNOWN_TO_BOTH for c in text))


if __name__ == "__main__":
    unittest.main()
