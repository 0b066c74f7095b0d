"""./dev bench demo: the whole demo through Gyre's processes on all cores, beside the same recipe in PyTorch on one core.

Prints one JSON object last: both wall times, their ratio, what each reached, and whether the demo keeps its promises (exit code 1 if not).
Takes about a quarter of an hour.
Options: --seed N, --skip-peer (Gyre alone).
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--skip-peer", action="store_true")
    options = parser.parse_args()
    result = {"benchmark": "demo", "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as folder:
        run_dir = pathlib.Path(folder) / "run"
        subprocess.run([ROOT / "build/bin/gyre", "run", ROOT / "recipes/countdown_zero.textproto", "--run-dir", run_dir,
                        "--set", f"seed={options.seed}"], check=True)
        summary = json.loads((run_dir / "summary.json").read_text())
        first, last = summary["evals"][0], summary["evals"][-1]
        result["gyre"] = {
            "seconds": summary["wall_seconds"], "stages": summary["stages"],
            "base_accuracy": first["accuracy"], "base_tokens": first["mean_response_tokens"],
            "base_finished_tokens": first["mean_finished_response_tokens"], "accuracy": last["accuracy"], "tokens": last["mean_response_tokens"],
            "finished_tokens": last["mean_finished_response_tokens"],
            "max_logprob_difference": summary["max_logprob_difference"], "logprobs_compared": summary["logprobs_compared"]}
    gyre = result["gyre"]
    result["promises"] = {"base accuracy near 0.2": 0.15 <= gyre["base_accuracy"] <= 0.25, "accuracy at least 0.55": gyre["accuracy"] >= 0.55,
                          "responses at least twice as long": gyre["tokens"] >= 2 * gyre["base_tokens"],
                          "finished ones, too": gyre["finished_tokens"] >= 2 * gyre["base_finished_tokens"],
                          "no difference of log-probs": gyre["max_logprob_difference"] == 0, "at most 7 minutes": gyre["seconds"] <= 420}
    if not options.skip_peer:
        print("the same recipe in PyTorch on one core …", flush=True)
        peer = subprocess.run(["taskset", "-c", "0", sys.executable, ROOT / "bench/countdown_pytorch.py", "--seed", str(options.seed)],
                              check=True, stdout=subprocess.PIPE, text=True)
        result["pytorch_one_core"] = json.loads(peer.stdout.splitlines()[-1])
        result["speedup"] = round(result["pytorch_one_core"]["seconds"] / result["gyre"]["seconds"], 2)
    print(json.dumps(result))
    sys.exit(0 if all(result["promises"].values()) else 1)


if __name__ == "__main__":
    main()
