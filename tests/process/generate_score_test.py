"""What `gyre generate` reports is what `gyre score`, the learner's own forward pass, says of it, to the bit; and the same prompt
and seed give the same samples alone, among others, with the cache under pressure, on any number of threads, and after a restart."""
import json
import pathlib
import random
import subprocess
import sys
import unittest

import numpy
from safetensors.numpy import save_file
from whole_run import BIN, ROOT, temporary_folder

sys.path.insert(0, str(ROOT / "tests" / "golden"))
from real_model import SMOLLM2  # noqa: E402

VOCABULARY, HIDDEN, LAYERS, HEADS, KV_HEADS, HEAD, INTERMEDIATE, POSITIONS = 503, 64, 3, 6, 2, 32, 96, 320
CONFIGS = {
    "llama": {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "tie_word_embeddings": True,
              "rope_scaling": {"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                               "original_max_position_embeddings": 128}},
    "qwen2": {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "tie_word_embeddings": True},
    "qwen3": {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "tie_word_embeddings": False},
}
GROUPS = ("--samples", "8", "--max-tokens", "60")


def write_model(folder, family):
    folder.mkdir()
    config = {"vocab_size": VOCABULARY, "hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
              "num_key_value_heads": KV_HEADS, "head_dim": HEAD, "intermediate_size": INTERMEDIATE, "rms_norm_eps": 1e-5,
              "max_position_embeddings": POSITIONS, "rope_theta": 10000.0, "hidden_act": "silu", "eos_token_id": list(range(7, 12)), **CONFIGS[family]}
    (folder / "config.json").write_text(json.dumps(config))
    draw = numpy.random.default_rng(3)
    tensors = {}

    def matrix(name, rows, columns):
        tensors[name + ".weight"] = draw.normal(0, 1.3 / columns**0.5, (rows, columns)).astype(numpy.float32)

    def vector(name, size, around):
        tensors[name] = draw.normal(around, 0.2, size).astype(numpy.float32)

    matrix("model.embed_tokens", VOCABULARY, HIDDEN)
    tensors["model.embed_tokens.weight"] *= 3
    for layer in range(LAYERS):
        at = f"model.layers.{layer}."
        vector(at + "input_layernorm.weight", HIDDEN, 1)
        vector(at + "post_attention_layernorm.weight", HIDDEN, 1)
        for name, heads in (("q", HEADS), ("k", KV_HEADS), ("v", KV_HEADS)):
            matrix(f"{at}self_attn.{name}_proj", heads * HEAD, HIDDEN)
            if family == "qwen2":
                vector(f"{at}self_attn.{name}_proj.bias", heads * HEAD, 0)
            if family == "qwen3" and name != "v":
                vector(f"{at}self_attn.{name}_norm.weight", HEAD, 1)
        matrix(at + "self_attn.o_proj", HIDDEN, HEADS * HEAD)
        matrix(at + "mlp.gate_proj", INTERMEDIATE, HIDDEN)
        matrix(at + "mlp.up_proj", INTERMEDIATE, HIDDEN)
        matrix(at + "mlp.down_proj", HIDDEN, INTERMEDIATE)
    vector("model.norm.weight", HIDDEN, 1)
    if not CONFIGS[family]["tie_word_embeddings"]:
        matrix("lm_head", VOCABULARY, HIDDEN)
    save_file(tensors, str(folder / "model.safetensors"), metadata={"format": "pt"})


def write_lines(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


class GenerateAndScore(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(temporary_folder())
        draw = random.Random(5)
        self.prompts = [[draw.randrange(VOCABULARY) for _ in range(length)] for length in (1, 2, 15, 16, 17, 33, 90, 150)]

    def generate(self, model, prompts, *options):
        """The samples, and what the last line says."""
        write_lines(self.folder / "in", [{"prompt_tokens": prompt} for prompt in prompts])
        done = subprocess.run([BIN / "gyre", "generate", "--model", model, "--in", self.folder / "in", "--out", self.folder / "out",
                               "--seed", "11", *options], stdout=subprocess.PIPE, timeout=300)
        self.assertEqual(done.returncode, 0)
        return read_lines(self.folder / "out"), json.loads(done.stdout.splitlines()[-1])

    def scored(self, model, samples, temperature):
        """The log-probs of the samples' tokens by gyre score."""
        write_lines(self.folder / "tokens", [{"tokens": sample["prompt_tokens"] + sample["tokens"]} for sample in samples])
        subprocess.run([BIN / "gyre", "score", "--model", model, "--in", self.folder / "tokens", "--out", self.folder / "scored",
                        "--temperature", str(temperature)], check=True, stdout=subprocess.DEVNULL, timeout=300)
        return [line["logprobs"][len(sample["prompt_tokens"]):] for line, sample in zip(read_lines(self.folder / "scored"), samples)]

    def test_log_probs_are_the_learners_whatever_happens_around_a_sample(self):
        for family in CONFIGS:
            with self.subTest(family):
                model = self.folder / family
                write_model(model, family)
                options = (*GROUPS, "--temperature", "0.8")
                samples, done = self.generate(model, self.prompts, *options, "--threads", "1", "--max-sequences", "64")
                self.assertEqual(len(samples), 64)
                self.assertEqual(done["preemptions"], 0)
                self.assertGreater(len({tuple(sample["tokens"]) for sample in samples}), 60)
                self.assertIn("STOP", {sample["finish"] for sample in samples})
                self.assertEqual(self.scored(model, samples, 0.8), [sample["logprobs"] for sample in samples])
                self.assertEqual(self.scored(model, samples, 1), [sample["plain_logprobs"] for sample in samples])

                # In another process, on two threads.
                again, _ = self.generate(model, self.prompts, *options, "--threads", "2", "--max-sequences", "64")
                self.assertEqual(again, samples)
                # One at a time.
                again, _ = self.generate(model, self.prompts, *options, "--threads", "2", "--max-sequences", "1")
                self.assertEqual(again, samples)
                # A block is 16 positions of 3 layers; the longest sample needs 14 of them.
                again, done = self.generate(model, self.prompts, *options, "--threads", "2", "--max-sequences", "64", "--kv-memory-mib", "1")
                self.assertGreater(done["preemptions"], 0)
                self.assertEqual(again, samples)
                # The first prompt alone in its file.
                again, _ = self.generate(model, self.prompts[:1], *options)
                self.assertEqual(again, samples[:8])

    def test_a_real_model_too(self):
        prompts = [[draw for draw in range(100, 100 + length)] for length in (5, 40)]
        options = ("--max-tokens", "24", "--samples", "4")
        samples, _ = self.generate(SMOLLM2, prompts, *options, "--threads", "1")
        self.assertEqual(self.scored(SMOLLM2, samples, 1), [sample["logprobs"] for sample in samples])
        again, _ = self.generate(SMOLLM2, prompts, *options, "--threads", "2", "--max-sequences", "3")
        self.assertEqual(again, samples)

    def test_prompt_of_a_group_is_computed_once(self):
        model = self.folder / "model"
        write_model(model, "llama")
        _, done = self.generate(model, self.prompts[-1:], *GROUPS, "--ignore-eos")
        self.assertEqual(done["prefill_tokens"], 149)
        self.assertEqual(done["tokens"], 8 * 60)


if __name__ == "__main__":
    unittest.main()
