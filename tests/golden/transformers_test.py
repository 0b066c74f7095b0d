"""The final checkpoint of a run loads in transformers, and gives the same greedy answers and log-probs there."""
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "process"))
from whole_run import BIN, Run  # noqa: E402


class Transformers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # The test is about agreement, not about quality: a short run is enough.
        run = Run(**{"stage[0].sft.steps": 150, "stage[1].rl.steps": 2})
        summary = run.start().finish()
        cls.checkpoint = run.run_dir / "checkpoints" / f"step-{summary['policy']['version']}"
        cls.answers = run.folder / "answers.jsonl"
        subprocess.run([BIN / "gyre", "eval", "--model", cls.checkpoint, "--problems", "countdown:held_out", "--max-problems", "40",
                        "--samples", "1", "--max-tokens", "80", "--temperature", "0", "--out", cls.answers], check=True, stdout=subprocess.DEVNULL)

    def test_greedy_answers_are_the_same(self):
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(self.checkpoint)
        model = AutoModelForCausalLM.from_pretrained(self.checkpoint, dtype=torch.float32)
        lines = [json.loads(line) for line in self.answers.read_text().splitlines()]
        self.assertEqual(len(lines), 40)
        for line in lines:
            prompt = tokenizer(line["prompt"], add_special_tokens=False, return_tensors="pt").input_ids
            self.assertEqual(prompt[0].tolist(), line["prompt_tokens"])
            output = model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=80, do_sample=False)
            tokens = output[0, prompt.shape[1]:].tolist()
            self.assertEqual(tokens, line["tokens"])
            self.assertEqual(tokenizer.decode(tokens), line["text"])
            with torch.no_grad():
                logits = model(output).logits[0, prompt.shape[1] - 1:-1].log_softmax(-1)
            expected = logits[torch.arange(len(tokens)), torch.tensor(tokens)]
            difference = (expected - torch.tensor(line["logprobs"])).abs().max().item()
            self.assertLess(difference, 2e-4)


if __name__ == "__main__":
    unittest.main()
