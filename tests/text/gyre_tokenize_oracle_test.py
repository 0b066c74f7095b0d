"""`gyre tokenize` on folders and GGUF files, a real one and such as converters write them, against Hugging Face's `tokenizers`."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import gguf
import real_tokenizers
import text_corpus
from tokenizers import Tokenizer

GYRE = pathlib.Path(os.environ["GYRE_BINARY_DIR"]) / "gyre"
NUM_TEXTS = 3000
NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5


def gyre_tokenize(model, lines, *options):
    text = "".join(json.dumps(line) + "\n" for line in lines)
    result = subprocess.run([GYRE, "tokenize", "--model", model, *options], input=text, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.split("\n")[:-1]]


def write_gguf(path, file, pre):
    """A GGUF file of the tokenizer alone; ids without a token get names, as converters give them."""
    by_id = {number: (token, NORMAL) for token, number in file["model"]["vocab"].items()}
    by_id |= {token["id"]: (token["content"], CONTROL if token["special"] else USER_DEFINED) for token in file["added_tokens"]}
    tokens = [by_id.get(number, (f"[PAD{number}]", UNUSED)) for number in range(max(by_id) + 10)]
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in file["model"]["merges"]]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list([token for token, _ in tokens])
    writer.add_token_types([kind for _, kind in tokens])
    writer.add_token_merges(merges)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class GyreTokenize(unittest.TestCase):
    def check(self, family, make_gguf):
        file = real_tokenizers.FAMILIES[family]()
        texts = text_corpus.corpus(family + " gguf", NUM_TEXTS, special_tokens=[token["content"] for token in file["added_tokens"]])
        with tempfile.TemporaryDirectory() as folder:
            oracle = Tokenizer.from_file(str(real_tokenizers.write(folder, file) / "tokenizer.json"))
            path = make_gguf(pathlib.Path(folder) / "model.gguf", file)
            of_folder, of_gguf = gyre_tokenize(folder, texts), gyre_tokenize(path, texts)
            decoded = gyre_tokenize(path, of_gguf, "--decode")
        self.assertEqual(len(of_gguf), len(texts))
        self.assertEqual(of_gguf, of_folder)
        for text, ids, back in zip(texts, of_gguf, decoded):
            self.assertEqual(ids, oracle.encode(text, add_special_tokens=False).ids, repr(text))
            self.assertEqual(back, oracle.decode(ids, skip_special_tokens=False), repr(text))

    def written(self, pre):
        def make(path, file):
            write_gguf(path, file, pre)
            return path
        return make

    def test_the_real_smollm2(self):
        self.check("smollm2", lambda path, file: real_tokenizers.smollm2_gguf())

    def test_llama3(self):
        self.check("llama3", self.written("llama-bpe"))

    def test_qwen2(self):
        self.check("qwen2", self.written("qwen2"))


if __name__ == "__main__":
    unittest.main()
