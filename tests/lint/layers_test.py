"""A folder includes only folders of lower layers; only some link torch."""
import re
import unittest

import source_tree

# Folder → the folders that it may include, besides itself.
BELOW = {
    "proto": set(),
    "base": set(),
    "rpc": {"base", "proto"},
    "data": {"base", "proto"},
    "text": {"base", "proto"},
    "weights": {"base", "proto"},
    "kernels": {"base"},
    "spec": {"base", "proto", "data", "text", "weights"},
    "model": {"base", "proto", "weights", "kernels", "text", "data"},
}
BELOW["engine"] = BELOW["model"] | {"model"}
LOW = {"base", "proto", "rpc", "data", "text", "weights", "kernels", "spec"}
BELOW["coordinator"] = LOW
BELOW["rewarder"] = LOW
BELOW["actor"] = LOW | {"model", "engine"}
BELOW["learner"] = LOW | {"model", "engine"}
BELOW["cli"] = LOW | {"model", "engine", "rewarder", "coordinator"}
MAY_USE_TORCH = {"model", "learner"}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)
TORCH = re.compile(r"^(ATen|torch|c10|gloo)/")
CUDA = re.compile(r"^(cuda|cublas|driver_types|nccl)")


class Layers(unittest.TestCase):
    def sources(self):
        return [name for name in source_tree.files(".h", ".cc", ".cu", ".inc") if name.parts[0] in BELOW]

    def test_includes_point_downwards(self):
        faults = []
        for name in self.sources():
            folder = name.parts[0]
            for _, target in INCLUDE.findall(source_tree.text(name)):
                top = target.split("/")[0]
                if top in BELOW and top != folder and top not in BELOW[folder]:
                    faults.append(f"{name}: includes {target}, but {folder}/ stands below {top}/ or beside it")
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_only_upper_layers_use_torch(self):
        faults = [f"{name}: includes {target}" for name in self.sources() if name.parts[0] not in MAY_USE_TORCH
                  for _, target in INCLUDE.findall(source_tree.text(name)) if TORCH.match(target)]
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_only_the_cuda_kernels_use_cuda(self):
        faults = [f"{name}: includes {target}" for name in self.sources() if name.parts[:2] != ("kernels", "cuda")
                  for _, target in INCLUDE.findall(source_tree.text(name)) if CUDA.match(target)]
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_nobody_includes_the_whole_of_torch(self):
        faults = [str(name) for name in source_tree.files(".h", ".cc", ".cu", ".inc") if '#include <torch/torch.h>' in source_tree.text(name)]
        self.assertEqual(faults, [], "torch/torch.h costs 40 s a file; include the narrow ATen headers")

    def test_readme_tells_the_same_order(self):
        rows = [re.findall(r"`(\w+)/`", line.split("|")[1]) for line in source_tree.text("README.md").splitlines() if line.startswith("| `")]
        place = {folder: row for row, folders in enumerate(rows) for folder in folders}
        faults = [f"{folder}/ uses {below}/, which does not stand above it" for folder in BELOW for below in BELOW[folder] if place[below] >= place[folder]]
        self.assertEqual(faults, [])

    def test_every_folder_is_known(self):
        known = set(BELOW) | {"tests", "bench"}
        faults = {name.parts[0] for name in source_tree.files(".h", ".cc", ".cu")} - known
        self.assertEqual(faults, set(), "add the folder to BELOW in tests/lint/layers_test.py")


if __name__ == "__main__":
    unittest.main()
