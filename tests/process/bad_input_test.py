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

from whole_run import BIN, TINY, Run, temporary_folder


NAMESPACE = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]


def can_mount():
    return subprocess.run(["unshare", *NAMESPACE, "sh", "-c", "mount -t tmpfs tmpfs /mnt"], capture_output=True).returncode == 0


def gyre(*arguments):
    result = subprocess.run([str(BIN / "gyre"), *map(str, arguments)], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    return result.returncode, result.stdout + result.stderr


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
            got, output = gyre(*arguments)
            self.assertEqual(got, code, output)
            for text in texts:
                self.assertIn(text, output)
            self.assertFalse((self.folder / "run" / "ledger.sqlite").exists())

    def test_unknown_field_is_named_with_its_line(self):
        self.expect_refused(self.spec(lambda s: s.replace("seed: 1", "sead: 1")), "sead", ":3")

    def test_all_faults_come_together(self):
        spec = self.spec(lambda s: s.replace("samples_per_prompt: 4", "samples_per_prompt: 0").replace("warmup_updates: 5", "warmup_updates: 500"))
        self.expect_refused(spec, "samples_per_prompt", "warmup_updates")

    def test_missing_file(self):
        self.expect_refused(self.spec(lambda s: s.replace('"countdown:train"', '"no/such.jsonl"')), "no/such.jsonl")
        code, output = gyre("run", self.folder / "none.textproto", "--run-dir", self.folder / "run")
        self.assertEqual(code, 1)
        self.assertIn("none.textproto", output)

    def test_wrong_override_is_named(self):
        code, output = gyre("check", TINY, "--set", "stage[1].rl.stepps=3")
        self.assertNotEqual(code, 0)
        self.assertIn("stepps", output)

    def test_wrong_usage_exits_2(self):
        self.assertEqual(gyre("run")[0], 2)
        self.assertEqual(gyre("no-such-command")[0], 2)

    def test_used_run_directory_is_refused(self):
        run = Run(folder=self.folder).start()
        run.wait_for_line(3)
        code, output = gyre("run", TINY, "--run-dir", run.run_dir)
        self.assertEqual(code, 1)
        self.assertIn(str(run.run_dir), output)
        code, output = gyre("run", TINY, "--run-dir", run.run_dir, "--resume")  # in use by the first
        self.assertEqual(code, 1)
        os.kill(run.process.pid, signal.SIGTERM)
        run.wait(30)
        ledger = (run.run_dir / "ledger.sqlite").read_bytes()
        code, output = gyre("run", TINY, "--run-dir", run.run_dir)
        self.assertEqual(code, 1)
        self.assertIn("--resume", output)
        self.assertEqual((run.run_dir / "ledger.sqlite").read_bytes(), ledger)
        code, output = gyre("run", TINY, "--run-dir", run.run_dir, "--resume", "--set", "seed=9")
        self.assertEqual(code, 1)
        self.assertIn("seed", output)

    def test_taken_port_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            code, output = gyre("run", TINY, "--run-dir", self.folder / "run", "--port", port)
        self.assertEqual(code, 1)
        self.assertIn(f"port {port} is taken", output)

    def test_member_of_another_run_is_refused(self):
        run = Run(folder=self.folder).start()
        run.wait_for_line(1)
        address = json.loads((run.run_dir / "ports.json").read_text())["coordinator"]
        for role in ("rewarder", "actor", "learner"):
            result = subprocess.run([str(BIN / f"gyre-{role}"), "--join", address, "--name", f"{role}-9", "--run-token", "wrong"],
                                    capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
            self.assertEqual(result.returncode, 1, role)
            self.assertIn("token", result.stderr, role)
        run.finish()

    @unittest.skipUnless(can_mount(), "this user may not mount a small file system of its own")
    def test_full_disk_is_named_and_nothing_is_overwritten(self):
        run = self.stopped_run()
        checkpoints = run.run_dir / "checkpoints"
        before = {path.name: (path / "model.safetensors").read_bytes() for path in checkpoints.glob("step-*")}
        used = sum(path.stat().st_size for path in checkpoints.rglob("*") if path.is_file())
        # The checkpoints there are, on a disk with room for a third of another one.
        room = used + used // len(before) // 3 + 40 * 4096
        script = (f"mkdir {self.folder}/kept && cp -r {checkpoints}/. {self.folder}/kept && mount -t tmpfs -o size={room} tmpfs {checkpoints} && "
                  f"cp -r {self.folder}/kept/. {checkpoints} && {BIN}/gyre run {TINY} --run-dir {run.run_dir} --resume; code=$?; "
                  f"rm -rf {self.folder}/kept; cp -r {checkpoints}/. {self.folder}/after; exit $code")
        (self.folder / "after").mkdir()
        result = subprocess.run(["unshare", *NAMESPACE, "sh", "-c", script], capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn("No space left on device; make room there, then resume", result.stderr)
        self.assertIn("checkpoints", result.stderr)
        for name, weights in before.items():
            self.assertEqual((self.folder / "after" / name / "model.safetensors").read_bytes(), weights)
        # With room again the run goes on to its end.
        run.start("--resume").finish()

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
        self.assertIn("model.safetensors", run.output_text())

    def test_corrupted_ledger_is_named(self):
        run = self.stopped_run()
        ledger = run.run_dir / "ledger.sqlite"
        content = bytearray(ledger.read_bytes())
        content[:64] = b"x" * 64
        ledger.write_bytes(content)
        run.start("--resume")
        self.assertEqual(run.wait(60), 1)
        self.assertIn("ledger.sqlite", run.output_text())
        self.assertEqual(ledger.read_bytes(), bytes(content))

    def test_non_finite_loss_stops_the_run(self):
        # Weights that grow ninefold a step.
        optimizer = "stage[0].sft.optimizer."
        run = Run(folder=self.folder, **{optimizer + "learning_rate": 1, optimizer + "weight_decay": 10, optimizer + "schedule": "CONSTANT",
                                         optimizer + "warmup_updates": 0, optimizer + "clip_gradient_norm": 0, "stage[0].sft.steps": 200}).start()
        self.assertEqual(run.wait(120), 1)
        self.assertIn("non-finite", run.output_text())

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
