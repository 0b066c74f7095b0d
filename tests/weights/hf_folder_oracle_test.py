"""Folders and config.json that we write, loaded by `transformers`, and the other way."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import safetensors.torch
import torch
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig, LlamaConfig, LlamaForCausalLM

WEIGHTS_FOR_ORACLE = pathlib.Path(os.environ["GYRE_BINARY_DIR"]).parent / "tests" / "weights_for_oracle"
SIZES = dict(vocab_size=11, hidden_size=12, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=4,
             intermediate_size=20, max_position_embeddings=64, rms_norm_eps=1e-5, tie_word_embeddings=False)


def run(*arguments):
    return subprocess.run([WEIGHTS_FOR_ORACLE, *arguments], check=True, text=True, stdout=subprocess.PIPE).stdout


class HfFolderOracle(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_transformers_loads_every_weight(self):
        for tied in (False, True):
            run("folder", self.folder, *(["tied"] if tied else []))
            model, loading = AutoModelForCausalLM.from_pretrained(self.folder, output_loading_info=True)
            for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
                self.assertFalse(loading[kind], kind)
            self.assertEqual(model.dtype, torch.float32)
            weights = safetensors.torch.load_file(self.folder + "/model.safetensors")
            parameters = dict(model.named_parameters())
            self.assertEqual(set(weights), set(parameters))
            for name, parameter in parameters.items():
                self.assertTrue(torch.equal(parameter, weights[name]), name)
            self.assertEqual(model.lm_head.weight is model.model.embed_tokens.weight, tied)

    def test_transformers_reads_our_config(self):
        run("folder", self.folder)
        config = AutoConfig.from_pretrained(self.folder)
        self.assertIsInstance(config, LlamaConfig)
        for key, value in SIZES.items():
            self.assertEqual(getattr(config, key), value, key)
        self.assertEqual(config.rope_parameters["rope_theta"], 10000)
        self.assertEqual(config.rope_parameters["rope_type"], "default")
        self.assertEqual((config.bos_token_id, config.eos_token_id, config.pad_token_id), (1, 2, 0))
        generation = GenerationConfig.from_pretrained(self.folder)
        self.assertEqual((generation.bos_token_id, generation.eos_token_id, generation.pad_token_id), (1, 2, 0))

    def test_we_read_the_config_and_weights_that_transformers_writes(self):
        torch.manual_seed(1)
        rope = {"rope_type": "default", "rope_theta": 50000.0}
        model = LlamaForCausalLM(LlamaConfig(**SIZES, rope_parameters=rope, eos_token_id=[2, 3], bos_token_id=1))
        model.save_pretrained(self.folder)
        ours = json.loads(run("config", self.folder + "/config.json"))
        for key, value in SIZES.items():
            self.assertEqual(ours[key], value, key)
        self.assertEqual(ours["rope_theta"], 50000.0)
        self.assertEqual(ours["eos_token_id"], [2, 3])
        listed = [json.loads(line) for line in run("list", self.folder + "/model.safetensors").splitlines()]
        self.assertEqual({t["name"]: t["shape"] for t in listed},
                         {name: list(p.shape) for name, p in model.named_parameters()})


if __name__ == "__main__":
    unittest.main()
