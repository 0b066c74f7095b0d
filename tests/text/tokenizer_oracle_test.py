"""Our tokenizer against Hugging Face's `tokenizers` and `transformers`, on the same tokenizer.json."""

import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

from tokenizers import Tokenizer
from transformers import AutoTokenizer

TOKENIZE_LINES = pathlib.Path(os.environ["GYRE_BINARY_DIR"]).parent / "tests" / "tokenize_lines"
NUM_TRACES = 3000
NUM_CONCATENATIONS = 3000
NUM_UNKNOWN_TEXTS = 500


def traces(rng):
    """Texts as the countdown task has them, right or wrong does not matter."""
    for _ in range(NUM_TRACES):
        numbers = [rng.randint(1, 9) for _ in range(3)]
        target = rng.randint(10, 99)
        text = f"<bos>{numbers[0]} {numbers[1]} {numbers[2]}={target}:<think>"
        for _ in range(rng.randint(1, 12)):
            a, b, c = rng.sample(numbers, 3)
            first, second = rng.choice("+-*"), rng.choice("+-*")
            r, value = rng.randint(0, 99), rng.randint(0, 99)
            verdict = rng.choice([" yes\n", " no\n"])
            text += f"{a}{first}{b}={r},{r}{second}{c}={value} vs {target}{verdict}"
        yield text + f"</think><answer>({a}{first}{b}){second}{c}</answer><eos>"


def concatenations(rng, vocabulary):
    """Any tokens in any order, and numbers that no single token holds."""
    pieces = vocabulary + ["100", "007", "1234567", "<", ""]
    for _ in range(NUM_CONCATENATIONS):
        yield "".join(rng.choice(pieces[:-2]) for _ in range(rng.randint(0, 60)))


def unknown_texts(rng, vocabulary):
    """Texts of which a part may have no token."""
    pieces = vocabulary + ["x", " no", "yes\n", "<think", "\n", "é", "\u2003", "𝟙", "\r", "<eos >"]
    for _ in range(NUM_UNKNOWN_TEXTS):
        yield "".join(rng.choice(pieces) for _ in range(rng.randint(0, 40)))


class TokenizerOracle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([TOKENIZE_LINES, "--write-countdown", cls.folder.name], check=True)
        cls.oracle = Tokenizer.from_file(cls.folder.name + "/tokenizer.json")
        cls.vocabulary = [cls.oracle.id_to_token(i) for i in range(cls.oracle.get_vocab_size())]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def ours(self, texts):
        lines = "".join(json.dumps(text) + "\n" for text in texts)
        run = subprocess.run([TOKENIZE_LINES, self.folder.name], input=lines, check=True, text=True,
                             stdout=subprocess.PIPE)
        answers = [json.loads(line) for line in run.stdout.splitlines()][1:]
        self.assertEqual(len(answers), len(texts))
        return answers

    def test_vocabulary_is_the_published_one(self):
        expected = ["<pad>", "<bos>", "<eos>", "<think>", "</think>", "<answer>", "</answer>"]
        expected += [" no\n", " yes\n", " vs "] + [str(n) for n in range(100)] + list("+-*()=,: ")
        self.assertEqual(self.vocabulary, expected)

    def test_same_ids_and_same_text(self):
        rng = random.Random(1)
        texts = list(traces(rng)) + list(concatenations(rng, self.vocabulary))
        self.assertGreaterEqual(len(texts), 5000)
        for text, ours in zip(texts, self.ours(texts)):
            ids = self.oracle.encode(text, add_special_tokens=False).ids
            self.assertEqual(ours.get("ids"), ids, text)
            self.assertEqual(ours["text"], self.oracle.decode(ids, skip_special_tokens=False))
            self.assertEqual(ours["plain"], self.oracle.decode(ids, skip_special_tokens=True))
            self.assertEqual(ours["text"], text)
            self.assertEqual("".join(ours["pieces"]), text)

    def test_same_texts_are_refused(self):
        texts = list(unknown_texts(random.Random(2), self.vocabulary))
        refused = 0
        for text, ours in zip(texts, self.ours(texts)):
            try:
                ids = self.oracle.encode(text, add_special_tokens=False).ids
            except Exception as error:
                self.assertIn("[UNK]", str(error))
                self.assertIn("has no token at byte", ours.get("error", ""), text)
                refused += 1
            else:
                self.assertEqual(ours.get("ids"), ids, text)
        self.assertGreater(refused, 100)
        self.assertLess(refused, len(texts))

    def test_transformers_loads_the_folder(self):
        tokenizer = AutoTokenizer.from_pretrained(self.folder.name)
        self.assertEqual(len(tokenizer), 119)
        self.assertEqual((tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id),
                         (0, 1, 2))
        texts = list(traces(random.Random(3)))[:200]
        for text, ours in zip(texts, self.ours(texts)):
            for add_special_tokens in (False, True):
                ids = tokenizer(text, add_special_tokens=add_special_tokens)["input_ids"]
                self.assertEqual(ids, ours["ids"])
            self.assertEqual(tokenizer.decode(ids, skip_special_tokens=False), ours["text"])
            self.assertEqual(tokenizer.decode(ids, skip_special_tokens=True), ours["plain"])


if __name__ == "__main__":
    unittest.main()
