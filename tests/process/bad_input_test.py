"""What users do wrong ends in one clear line that names the thing; nothing is overwritten."""
import json
import math
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import unittest

from whole_run import BIN, SHORT, TINY, Run, gyre, temporary_folder


class BadInput(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(temporary_folder())

    def spec(self, change):
        path = self.folder / "spec.textproto"
        path.write_text(change(TINY.read_text()))
        return path

    def expect_refused(self, spec, *texts, code=1):
        for command in ("check", "run"):
            arguments = [command, spec] + (["--run-dir", self.folder / "run"] if command == "run" else [])
            got, output, error = gyre(*arguments)
            self.assertEqual((got, output), (code, ""), error)
            for text in texts:
                self.assertIn(text, error)
            self.assertFalse((self.folder / "run" / "ledger.sqlite").exists())

    def test_unknown_field_is_named_with_its_line(self):
        self.expect_refused(self.spec(lambda s: s.replace("seed: 1", "sead: 1")), "sead", ":3")

    def test_all_faults_come_together(self):
        spec = self.spec(lambda s: s.replace("samples_per_prompt: 4", "samples_per_prompt: 0").replace("warmup_updates: 5", "warmup_updates: 500"))
        self.expect_refused(spec, "samples_per_prompt", "warmup_updates")

    def test_missing_file(self):
        self.expect_refused(self.spec(lambda s: s.replace('"countdown:train"', '"no/such.jsonl"')), "no/such.jsonl")
        code, _, error = gyre("run", self.folder / "none.textproto", "--run-dir", self.folder / "run")
        self.assertEqual((code, error.count("\n")), (1, 1), error)
        self.assertIn("none.textproto", error)

    def test_wrong_override_is_named(self):
        code, _, error = gyre("check", TINY, "--set", "stage[1].rl.stepps=3")
        self.assertEqual((code, error.count("\n")), (1, 1), error)
        self.assertIn("stepps", error)

    def test_number_that_no_process_takes_is_refused_before_anything_starts(self):
        self.expect_refused(self.spec(lambda s: s.replace("samples_per_prompt: 4", "samples_per_prompt: 3000000")), "it is 3000000; it must be at most 65536")

    def test_wrong_usage_exits_2(self):
        self.assertEqual(gyre("run")[0], 2)
        self.assertEqual(gyre("no-such-command")[0], 2)

    def test_used_run_directory_is_refused(self):
        run = Run(folder=self.folder).start()
        run.wait_for_line(3)
        for more in ([], ["--resume"]):
            code, _, error = gyre("run", TINY, "--run-dir", run.run_dir, *more)
            self.assertEqual((code, error.count("\n")), (1, 1), error)
            self.assertIn(f"{run.run_dir} is in use by another gyre run (process {run.process.pid}); wait for it, or choose another --run-dir", error)
        os.kill(run.process.pid, signal.SIGTERM)
        run.wait(30)
        ledger = (run.run_dir / "ledger.sqlite").read_bytes()
        code, _, error = gyre("run", TINY, "--run-dir", run.run_dir)
        self.assertEqual(code, 1)
        self.assertIn("--resume", error)
        self.assertEqual((run.run_dir / "ledger.sqlite").read_bytes(), ledger)
        for change, words in (("seed=9", "seed: 1 -> 9"), ("local.learner_ranks=1", "local.learner_ranks: 2 -> 1")):
            code, _, error = gyre("run", TINY, "--run-dir", run.run_dir, "--resume", "--set", change)
            self.assertEqual(code, 1)
            self.assertIn("was begun with another spec", error)
            self.assertIn(words, error)

    def test_taken_port_is_named_and_the_advice_helps(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            code, _, error = gyre("run", TINY, "--run-dir", self.folder / "run", "--port", port)
            self.assertEqual(code, 1)
            self.assertEqual(error, f"gyre run: port {port} is taken; choose another --port, or leave it out\n")
            Run(folder=self.folder, **SHORT).start().finish()

    def test_member_of_another_run_is_refused(self):
        run = Run(folder=self.folder).start()
        run.wait_for_line(1)
        address = json.loads((run.run_dir / "ports.json").read_text())["coordinator"]
        for role in ("rewarder", "actor", "learner"):
            result = subprocess.run([str(BIN / f"gyre-{role}"), "--join", address, "--name", f"{role}-9", "--run-token", "wrong"],
                                    capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
            self.assertEqual(result.returncode, 1, role)
            self.assertIn("give it the GYRE_RUN_TOKEN of this run's coordinator", result.stderr, role)
            self.assertIn("GYRE_RUN_TOKEN", result.stderr.splitlines()[-1])
        run.finish()

    def stopped_run(self):
        run = Run(folder=self.folder).start()
        run.wait_for_line(8)
        os.kill(run.process.pid, signal.SIGTERM)
        run.wait(30)
        return run

    def test_corrupted_checkpoint_is_named(self):
        run = self.stopped_run()
        newest = max((run.run_dir / "checkpoints").glob("step-*/model.safetensors"), key=lambda p: p.stat().st_mtime_ns)
        content = bytearray(newest.read_bytes())
        content[-100] ^= 0x40
        newest.write_bytes(content)
        run.start("--resume")
        self.assertEqual(run.wait(60), 1)
        self.assertIn("model.safetensors", run.last_line())
        self.assertIn("put the folder back from a copy", run.last_line())
        self.assertEqual(newest.read_bytes(), bytes(content))

    def test_corrupted_ledger_is_named(self):
        run = self.stopped_run()
        ledger = run.run_dir / "ledger.sqlite"
        good = ledger.read_bytes()
        middle = len(good) // 2 // 4096 * 4096
        for begin, size in ((0, 64), (middle, 4096)):
            with self.subTest(damaged_from=begin):
                content = bytearray(good)
                content[begin:begin + size] = b"x" * size
                ledger.write_bytes(content)
                run.start("--resume")
                self.assertEqual(run.wait(60), 1)
                self.assertIn("ledger.sqlite", run.last_line())
                self.assertIn("put a good copy in its place, or start the run anew in another run directory", run.last_line())
                self.assertEqual(ledger.read_bytes(), bytes(content))

    def test_non_finite_loss_stops_the_run(self):
        # Weights that grow ninefold a step.
        optimizer = "stage[0].sft.optimizer."
        run = Run(folder=self.folder, **{optimizer + "learning_rate": 1, optimizer + "weight_decay": 10, optimizer + "schedule": "CONSTANT",
                                         optimizer + "warmup_updates": 0, optimizer + "clip_gradient_norm": 0, "stage[0].sft.steps": 200}).start()
        self.assertEqual(run.wait(120), 1)
        self.assertIn("non-finite", run.last_line())
        self.assertIn("a lower learning rate or a longer warm-up may help", run.last_line())

    def model_with_final_norm(self, element):
        """A model folder as another program might leave it, each element of its last norm set to these 4 bytes; and a spec that only reinforces it."""
        run = self.stopped_run()
        source = max((run.run_dir / "checkpoints").glob("step-*"), key=lambda p: p.stat().st_mtime_ns)
        model = self.folder / "model"
        shutil.copytree(source, model)
        (model / "manifest.json").unlink()
        weights = bytearray((model / "model.safetensors").read_bytes())
        data = 8 + int.from_bytes(weights[:8], "little")
        begin, end = json.loads(weights[8:data])["model.norm.weight"]["data_offsets"]
        weights[data + begin:data + end] = element * ((end - begin) // 4)
        (model / "model.safetensors").write_bytes(weights)
        def change(text):
            text = re.sub(r"model \{.*?\n\}", f'model {{ path: "{model}" }}', text, count=1, flags=re.S)
            text = re.sub(r"stage \{.*?\n\}\n", "", text, count=1, flags=re.S)
            return text.replace('name: "zero"', 'name: "zero" start: MODEL')
        return self.spec(change)

    def run_to_its_failure(self, spec):
        run = Run(folder=temporary_folder(), spec=spec).start()
        self.assertEqual(run.wait(60), 1)
        return run.output_text()

    def test_weights_that_are_not_numbers_are_named(self):
        output = self.run_to_its_failure(self.model_with_final_norm(struct.pack("<f", math.nan)))
        self.assertIn("model.safetensors: tensor model.norm.weight has elements that are not finite numbers", output)

    def test_a_policy_whose_log_probs_are_not_numbers_is_not_published(self):
        output = self.run_to_its_failure(self.model_with_final_norm(struct.pack("<f", 3e38)))
        self.assertIn("non-finite log-probs in policy version 0", output)


if __name__ == "__main__":
    unittest.main()
