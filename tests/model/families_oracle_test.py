"""Small random models that `transformers` writes give the same numbers here, and what we write gives them there."""
import copy
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import torch
from transformers import (AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config,
                          Qwen3ForCausalLM)

NETWORK_FOR_ORACLE = pathlib.Path(os.environ["GYRE_BINARY_DIR"]).parent / "tests" / "network_for_oracle"
SIZES = dict(vocab_size=301, hidden_size=48, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, intermediate_size=100,
             max_position_embeddings=512)
LLAMA3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 256}
MODELS = {
    "llama": (LlamaForCausalLM, LlamaConfig(**SIZES, head_dim=16)),
    "llama_tied": (LlamaForCausalLM, LlamaConfig(**SIZES, tie_word_embeddings=True, rms_norm_eps=1e-5)),
    "llama3_rope": (LlamaForCausalLM, LlamaConfig(**SIZES, head_dim=32, rope_parameters=LLAMA3)),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config(**SIZES, rope_parameters={"rope_type": "default", "rope_theta": 1000000.0})),
    "qwen2_tied": (Qwen2ForCausalLM, Qwen2Config(**SIZES, tie_word_embeddings=True)),
    "qwen3": (Qwen3ForCausalLM, Qwen3Config(**SIZES, head_dim=32)),
    "qwen3_tied": (Qwen3ForCausalLM, Qwen3Config(**SIZES, head_dim=10, tie_word_embeddings=True)),
}
NEW_TOKENS = 24
TOLERANCE = 2e-4


def random_model(name):
    """Weights large enough that the answers are no accident; norms and biases unlike their first values."""
    model_class, config = MODELS[name]
    torch.manual_seed(7)
    model = model_class(config).eval()
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if parameter_name.endswith("norm.weight"):
                parameter.normal_(1, 0.2)
            else:
                parameter.normal_(0, 0.15)
    return model


def sequences():
    generator = torch.Generator().manual_seed(11)
    for length in (1, 2, 17, 64, 300):
        yield torch.randint(0, SIZES["vocab_size"], (length,), generator=generator).tolist()


def run(*arguments, lines=()):
    result = subprocess.run([NETWORK_FOR_ORACLE, *map(str, arguments)], input="".join(json.dumps(line) + "\n" for line in lines),
                            check=True, text=True, stdout=subprocess.PIPE)
    return [json.loads(line) for line in result.stdout.splitlines()]


class Families(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def expected_logits(self, model, tokens):
        with torch.no_grad():
            return model(torch.tensor([tokens])).logits[0]

    def expect_the_same(self, model, tokens, answer):
        logits = self.expected_logits(model, tokens)
        self.assertLess((logits[-1] - torch.tensor(answer["logits"])).abs().max().item(), TOLERANCE)
        expected = logits[:-1].log_softmax(-1)[torch.arange(len(tokens) - 1), torch.tensor(tokens[1:], dtype=torch.long)]
        self.assertEqual(len(answer["logprobs"]), len(tokens) - 1)
        if len(tokens) > 1:
            self.assertLess((expected - torch.tensor(answer["logprobs"])).abs().max().item(), TOLERANCE)
            self.assertGreater(expected.std().item() if len(tokens) > 2 else 1, 0.3, "the model says nothing")
        prompt = torch.tensor([tokens])
        output = model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=NEW_TOKENS, do_sample=False,
                                eos_token_id=None, pad_token_id=0)
        self.assertEqual(output[0, len(tokens):].tolist(), answer["greedy"])

    def test_logits_log_probs_and_greedy_answers_are_the_same(self):
        for name in MODELS:
            for dtype in (torch.float32, torch.bfloat16, torch.float16):
                with self.subTest(model=name, dtype=str(dtype)):
                    model = random_model(name)
                    with torch.no_grad():  # not .to(dtype), which would round the frequencies of RoPE, too
                        for parameter in model.parameters():
                            parameter.copy_(parameter.to(dtype))
                    folder = self.folder / f"{name}-{dtype}".replace(".", "-")
                    copy.deepcopy(model).to(dtype).save_pretrained(folder)
                    questions = [{
  "tokens" : tokens, "new" : NEW_TOKENS} for tokens in sequences()]
                    if dtype != torch.float32:
                        questions = questions[2:3]
                    answers = run("run", folder, lines=questions)
                    self.assertEqual(len(answers), len(questions))
                    for question, answer in zip(questions, answers):
                        self.expect_the_same(model, question["tokens"], answer)

    def test_transformers_loads_what_we_write_with_unchanged_outputs(self):
        for name in MODELS:
            with self.subTest(model=name):
                model = random_model(name)
                model.save_pretrained(self.folder / name)
                written = self.folder / f"{name}-written"
                run("copy", self.folder / name, written)
                loaded, loading = AutoModelForCausalLM.from_pretrained(written, output_loading_info=True)
                for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
                    self.assertFalse(loading[kind], kind)
                self.assertIs(type(loaded), type(model))
                weights = dict(model.named_parameters())
                for parameter_name, parameter in loaded.named_parameters():
                    self.assertTrue(torch.equal(parameter, weights.pop(parameter_name)), parameter_name)
                self.assertEqual(weights, {})
                for tokens in sequences():  # not to the bit: that hangs on where tensors lie in memory
                    difference = self.expected_logits(loaded, tokens) - self.expected_logits(model, tokens)
                    self.assertLess(difference.abs().max().item(), 2e-5)


if __name__ == "__main__":
    unittest.main()
