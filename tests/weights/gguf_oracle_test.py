"""Our GGUF reader against the `gguf` package: weights of every type bit for bit, and a real file whole."""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import gguf
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "golden"))
from real_model import SMOLLM2  # noqa: E402

WEIGHTS_FOR_ORACLE = pathlib.Path(os.environ["GYRE_BINARY_DIR"]).parent / "tests" / "weights_for_oracle"
TYPES = ("F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1")


def run(*arguments):
    return subprocess.run([WEIGHTS_FOR_ORACLE, *map(str, arguments)], check=True, text=True, stdout=subprocess.PIPE).stdout


def sha256(values):
    return hashlib.sha256(np.ascontiguousarray(values, dtype="<f4").tobytes()).hexdigest()


def expected_tensors(path):
    """Name → shape, outer dimension first, and digest of the values as f32."""
    for tensor in gguf.GGUFReader(path).tensors:
        yield tensor.name, [int(n) for n in reversed(tensor.shape)], sha256(gguf.dequantize(tensor.data, tensor.tensor_type))


class GgufOracle(unittest.TestCase):
    def expect_same_tensors(self, path):
        ours = {line["name"]: line for line in map(json.loads, run("gguf", path).splitlines())}
        count = 0
        for name, shape, digest in expected_tensors(path):
            self.assertEqual(ours[name]["shape"], shape, name)
            self.assertEqual(ours[name]["sha256"], digest, name)
            count += 1
        self.assertEqual(len(ours), count)
        return count

    def test_weights_of_every_type_have_the_same_bits(self):
        rng = np.random.default_rng(3)
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/types.gguf"
            writer = gguf.GGUFWriter(path, "llama")
            for name in TYPES:
                kind = gguf.GGMLQuantizationType[name]
                for scale in (1e-6, 0.03, 50):
                    values = (rng.standard_normal((7, 96)) * scale).astype(np.float32)
                    values[0, :40] = 0
                    writer.add_tensor(f"{name}.{scale}", gguf.quantize(values, kind), raw_dtype=kind)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            self.assertEqual(self.expect_same_tensors(path), 3 * len(TYPES))

    def test_any_bytes_in_blocks_have_the_same_values(self):
        """Scales of every kind: subnormal, huge, negative; not those that are not numbers."""
        rng = np.random.default_rng(4)
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/bytes.gguf"
            writer = gguf.GGUFWriter(path, "llama")
            for name, halves in (("Q8_0", 1), ("Q4_0", 1), ("Q4_1", 2)):
                kind = gguf.GGMLQuantizationType[name]
                block_bytes = gguf.GGML_QUANT_SIZES[kind][1]
                blocks = rng.integers(0, 256, (64, 32, block_bytes), dtype=np.uint8)
                scales = blocks[..., :2 * halves].view(np.uint16)
                scales[(scales & 0x7C00) == 0x7C00] &= 0xBFFF
                writer.add_tensor(name, blocks.reshape(64, -1), raw_dtype=kind)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            self.assertEqual(self.expect_same_tensors(path), 3)

    def test_a_real_file_is_read_whole(self):
        self.assertEqual(self.expect_same_tensors(SMOLLM2), 272)
        config = json.loads(run("gguf-config", SMOLLM2))
        expected = dict(model_type="llama", vocab_size=49152, hidden_size=576, num_hidden_layers=30, num_attention_heads=9,
                        num_key_value_heads=3, head_dim=64, intermediate_size=1536, max_position_embeddings=8192, rms_norm_eps=1e-5,
                        rope_theta=100000.0, rope_scaling=None, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=2)
        self.assertEqual({
key: config[key] for key in expected}, expected)

    def test_tokenizer_values_of_a_real_file(self):
        ours = json.loads(run("gguf-tokenizer", SMOLLM2))
        fields = gguf.GGUFReader(SMOLLM2).fields
        for key in ("model", "pre", "tokens", "merges", "token_type"):
            expected = fields["tokenizer.ggml." + key].contents()
            self.assertEqual(ours["token_types" if key == "token_type" else key], expected, key)
        self.assertEqual(ours["chat_template"], fields["tokenizer.chat_template"].contents())
        self.assertEqual((ours["bos_token_id"], ours["eos_token_id"], ours["padding_token_id"]), (1, 2, 2))
        self.assertFalse(ours["add_bos_token"])


if __name__ == "__main__":
    unittest.main()
