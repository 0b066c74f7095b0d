"""The programs that need no LibTorch, as users start them; in the sanitized build this is where their main functions are looked at."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

BIN = pathlib.Path(os.environ["GYRE_BINARY_DIR"])
SPEC = pathlib.Path(os.environ["GYRE_SOURCE_DIR"]) / "tests" / "process" / "tiny.textproto"

WORDS = ["<pad>", "<bos>", "<eos>", "3", "5", "6", "7", " ", "=", ":", "x"]  # as many as weights_for_oracle's model has
TOKENIZER = {
    "added_tokens": [{"id": i, "content": WORDS[i], "special": True, "normalized": False, "single_word": False, "lstrip": False, "rstrip": False}
                     for i in range(3)],
    "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": False},
    "model": {"type": "WordLevel", "vocab": {word: i for i, word in enumerate(WORDS)}, "unk_token": "x"}, "decoder": {"type": "Fuse"}}


def run(program, *arguments, environment=None):
    """Exit code, standard output, standard error."""
    result = subprocess.run([str(BIN / program), *map(str, arguments)], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
                            env={**os.environ, **(environment or {})})
    return result.returncode, result.stdout, result.stderr


class Coordinator:
    """A coordinator of the tiny spec."""

    def __init__(self, folder):
        self.port_file = folder / "port"
        self.process = subprocess.Popen([BIN / "gyre-coordinator", "--spec", SPEC, "--run-dir", folder / "run", "--port-file", self.port_file],
                                        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env={**os.environ, "GYRE_RUN_TOKEN": "right"})

    def address(self):
        deadline = time.monotonic() + 60
        while not self.port_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("the coordinator does not serve: " + self.process.stderr.read())
            time.sleep(0.02)
        return f"127.0.0.1:{self.port_file.read_text().strip()}"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        error = self.process.communicate(timeout=60)[1]
        return self.process.returncode, error


class Programs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="gyre-programs-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_check_and_data(self):
        code, output, error = run("gyre", "check", SPEC)
        self.assertEqual((code, error), (0, ""))
        self.assertIn("zero", output)
        code, _, error = run("gyre", "data", "countdown", "--split", "train", "--count", 20, "--out", self.folder / "train.jsonl")
        self.assertEqual((code, error), (0, ""))
        self.assertEqual(len((self.folder / "train.jsonl").read_text().splitlines()), 20)

    def test_status_that_cannot_be_written_is_a_failure(self):
        (self.folder / "spec.textproto").write_text("")
        with open("/dev/full", "w") as full:
            result = subprocess.run([BIN / "gyre", "status", self.folder], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(result.returncode, 1)
        self.assertIn("standard output cannot be written to", result.stderr)

    def test_wrong_usage_of_a_role_is_one_line(self):
        for role in ("coordinator", "actor", "rewarder", "learner"):
            if not (BIN / f"gyre-{role}").exists():
                continue  # the sanitized build has no learner
            code, output, error = run(f"gyre-{role}", "--no-such-flag")
            self.assertEqual((code, output, error.count("\n")), (2, "", 1), error)
            self.assertTrue(error.startswith(f"gyre-{role}: ") and error.endswith("; see --help\n"), error)
            self.assertEqual(run(f"gyre-{role}", "--help")[0], 0)

    def test_spec_and_actor_agree_on_how_many_sequences_there_may_be(self):
        code, _, error = run("gyre", "check", SPEC, "--set", "local.max_sequences_per_actor=65537")
        self.assertEqual(code, 1)
        self.assertIn("it must be from 1 to 65536", error)
        code, _, error = run("gyre-actor", "--join", "127.0.0.1:1", "--name", "actor-0", "--max-sequences", 65537)
        self.assertEqual(code, 2)
        self.assertIn("65536", error)

    def test_eval(self):
        model = self.folder / "model"
        subprocess.run([BIN.parent / "tests" / "weights_for_oracle", "folder", model], check=True)
        (model / "tokenizer.json").write_text(json.dumps(TOKENIZER))
        problems = self.folder / "p.jsonl"
        problems.write_text(json.dumps({"id": "a", "kind": "countdown", "prompt": "<bos>5 7 6=37:", "countdown": {"numbers": [5, 7, 6], "target": 37}}))
        code, output, error = run("gyre", "eval", "--model", model, "--problems", problems, "--template", "PLAIN", "--samples", 3, "--max-tokens", 8)
        self.assertEqual((code, error), (0, ""))
        result = json.loads(output)
        self.assertEqual((result["problems"], result["samples_per_prompt"], result["unscored_samples"]), (1, 3, 0))

    def test_members_join_and_end_with_the_coordinators_word(self):
        coordinator = Coordinator(self.folder)
        self.addCleanup(coordinator.process.kill)
        address = coordinator.address()
        for role in ("actor", "rewarder"):
            code, _, error = run(f"gyre-{role}", "--join", address, "--name", f"{role}-0", environment={"GYRE_RUN_TOKEN": "wrong"})
            self.assertEqual(code, 1, error)
            self.assertRegex(error.splitlines()[-1], f"^gyre-{role}: .*give it the GYRE_RUN_TOKEN of this run's coordinator$")
        members = [subprocess.Popen([BIN / f"gyre-{role}", "--join", address, "--name", f"{role}-0"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                    text=True, env={**os.environ, "GYRE_RUN_TOKEN": "right"}) for role in ("actor", "rewarder")]
        for member in members:
            self.addCleanup(member.kill)
        deadline = time.monotonic() + 60
        (self.folder / "run" / "ports.json").write_text(json.dumps({"coordinator": address}))
        while not all(f"{role}-0" in run("gyre", "status", self.folder / "run")[1] for role in ("actor", "rewarder")):
            self.assertLess(time.monotonic(), deadline, "the members do not join")
            time.sleep(0.05)
        for member in members:
            member.send_signal(signal.SIGTERM)
            error = member.communicate(timeout=60)[1]
            self.assertEqual(member.returncode, 0, error)
        code, error = coordinator.stop()
        self.assertEqual(code, 0, error)


if __name__ == "__main__":
    unittest.main()
