"""SmolLM2-135M gives the log-probs of transformers' f32 forward pass on real texts, from the GGUF file and from a converted folder."""
import json
import os
import pathlib
import subprocess
import sysconfig
import tempfile
import unittest

import torch
from real_model import SMOLLM2
from transformers import AutoModelForCausalLM, AutoTokenizer

GYRE = pathlib.Path(os.environ["GYRE_BINARY_DIR"]) / "gyre"
ROOT = pathlib.Path(__file__).resolve().parents[2]
TOKENS, LONG_TEXT_TOKENS, TOLERANCE = 400, 1500, 2e-4


def texts():
    """Prose, a specification, code and data that every test machine has."""
    library = pathlib.Path(sysconfig.get_path("stdlib"))
    sources = [*sorted(pathlib.Path("/usr/share/common-licenses").glob("*[0-9]"))[:6], *sorted((ROOT / "docs").glob("*.md"))[:6],
               *(library / f"{name}.py" for name in ("argparse", "calendar", "colorsys", "heapq", "inspect", "statistics", "this", "typing")),
               *sorted((ROOT / "recipes").glob("*.textproto"))]
    return [path.read_text(errors="replace") for path in sources]


class SmolLM2(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        subprocess.run([GYRE, "convert", "--model", SMOLLM2, "--out", cls.folder / "hf"], check=True, stdout=subprocess.DEVNULL)
        cls.model = AutoModelForCausalLM.from_pretrained(cls.folder / "hf", dtype=torch.float32).eval()
        tokenizer = AutoTokenizer.from_pretrained(cls.folder / "hf")
        encoded = [tokenizer(text, add_special_tokens=False).input_ids for text in texts()]
        cls.lines = [ids[:TOKENS] for ids in encoded if len(ids) >= 100][:20]
        cls.lines.append(max(encoded, key=len)[:LONG_TEXT_TOKENS])

    def scored(self, model):
        (self.folder / "in.jsonl").write_text("".join(json.dumps({"tokens": line}) + "\n" for line in self.lines))
        subprocess.run([GYRE, "score", "--model", model, "--in", self.folder / "in.jsonl", "--out", self.folder / "out.jsonl"],
                       check=True, stdout=subprocess.DEVNULL)
        return [json.loads(line)["logprobs"] for line in (self.folder / "out.jsonl").read_text().splitlines()]

    def expected(self, tokens):
        with torch.no_grad():
            logits = self.model(torch.tensor([tokens])).logits[0, :-1].double()
        return logits.log_softmax(-1)[torch.arange(len(tokens) - 1), torch.tensor(tokens[1:])]

    def test_log_probs_are_those_of_transformers(self):
        self.assertEqual(len(self.lines), 21)
        from_folder, from_gguf = self.scored(self.folder / "hf"), self.scored(SMOLLM2)
        self.assertEqual(from_folder, from_gguf)
        self.assertEqual(len(from_folder), len(self.lines))
        for tokens, actual in zip(self.lines, from_folder):
            self.assertIsNone(actual[0])
            difference = (self.expected(tokens) - torch.tensor(actual[1:], dtype=torch.double)).abs().max().item()
            print(f"{len(tokens)} tokens: {difference:.1e}")
            self.assertLess(difference, TOLERANCE)


if __name__ == "__main__":
    unittest.main()
