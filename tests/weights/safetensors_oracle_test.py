"""Our safetensors files against the `safetensors` package, both ways."""

import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
import safetensors.numpy
import safetensors.torch
import torch

WEIGHTS_FOR_ORACLE = pathlib.Path(os.environ["GYRE_BINARY_DIR"]).parent / "tests" / "weights_for_oracle"
SHAPES = [(), (1,), (0,), (3,), (2, 5), (4, 0, 2), (7, 3, 2), (1000, 33)]


def run(*arguments):
    return subprocess.run([WEIGHTS_FOR_ORACLE, *arguments], check=True, text=True, stdout=subprocess.PIPE).stdout


class SafetensorsOracle(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.theirs = self.folder.name + "/theirs.safetensors"
        self.ours = self.folder.name + "/ours.safetensors"

    def test_we_list_what_the_package_writes(self):
        rng = np.random.default_rng(1)
        tensors = {}
        types = ["bool", "uint8", "int8", "int16", "uint16", "float16", "int32", "uint32", "float32", "int64", "uint64", "float64"]
        for dtype in types:
            for shape in SHAPES:
                tensors[f"{dtype}.{'x'.join(map(str, shape))}"] = rng.integers(0, 2, shape).astype(dtype)
        safetensors.numpy.save_file(tensors, self.theirs, metadata={"format": "np", "ä": "\n"})
        listed = [json.loads(line) for line in run("list", self.theirs).splitlines()]
        self.assertEqual({t["name"] for t in listed}, set(tensors))
        for tensor in listed:
            array = tensors[tensor["name"]]
            self.assertEqual(tensor["shape"], list(array.shape))
            self.assertEqual(tensor["sha256"], hashlib.sha256(array.tobytes()).hexdigest(), tensor["name"])

    def test_the_package_reads_what_we_write_and_writes_the_same_bytes(self):
        rng = np.random.default_rng(2)
        tensors = {f"model.{i}.weight": rng.standard_normal(shape).astype(np.float32) for i, shape in enumerate(SHAPES)}
        safetensors.numpy.save_file(tensors, self.theirs, metadata={"format": "pt"})
        run("copy", self.theirs, self.ours)
        read = safetensors.numpy.load_file(self.ours)
        self.assertEqual(set(read), set(tensors))
        for name, array in tensors.items():
            np.testing.assert_array_equal(read[name].view(np.uint32), array.view(np.uint32))
        with safetensors.safe_open(self.ours, framework="numpy") as file:
            self.assertEqual(file.metadata(), {"format": "pt"})
        self.assertEqual(pathlib.Path(self.ours).read_bytes(), pathlib.Path(self.theirs).read_bytes())

    def test_every_16_bit_float_is_read_right(self):
        bits = np.arange(1 << 16, dtype=np.uint16)
        tensors = {"f16": torch.from_numpy(bits.view(np.int16)).view(torch.float16).clone(),
                   "bf16": torch.from_numpy(bits.view(np.int16)).view(torch.bfloat16).clone()}
        safetensors.torch.save_file(tensors, self.theirs)
        run("copy", self.theirs, self.ours)
        for name, values in safetensors.torch.load_file(self.ours).items():
            expected = tensors[name].to(torch.float32)
            nan = torch.isnan(expected)
            self.assertTrue(torch.equal(torch.isnan(values), nan))
            self.assertTrue(torch.equal(values[~nan].view(torch.int32), expected[~nan].view(torch.int32)), name)


if __name__ == "__main__":
    unittest.main()
