"""The commands around a run that has ended: status, report, check, data, eval, and a start again."""
import collections
import json
import pathlib
import statistics
import subprocess
import unittest

from whole_run import BIN, SHORT, TINY, Run, gyre, overrides, temporary_folder


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = Run(**SHORT).start()
        cls.summary = cls.run_.finish()
        cls.run_dir = cls.run_.run_dir
        cls.checkpoint = cls.run_dir / "checkpoints" / "step-9"

    def setUp(self):
        self.folder = pathlib.Path(temporary_folder())

    def expect_refused(self, *arguments, words, code=1):
        got, output, error = gyre(*arguments)
        self.assertEqual((got, output), (code, ""), error)
        for word in words:
            self.assertIn(word, error)
        if code == 1:
            self.assertEqual(error.count("\n"), 1, error)

    def test_run_ends_with_its_numbers_and_the_report(self):
        output = self.run_.output_text()
        self.assertIn("largest log-prob difference 0 over", output)
        self.assertIn(f"report: {self.run_dir}/report.html", output)
        self.assertRegex(output, r"stage 1 of 2: base, 6 steps")
        self.assertRegex(output, r"evaluation at step 3 of zero: accuracy 0\.\d+ ")
        self.assertNotIn("\x1b", output)
        for stage in ("base", "zero"):
            self.assertRegex(output, stage + r": \d\.\d\d of \d+ cores busy")

    def test_status_of_a_run_that_has_ended(self):
        code, output, _ = gyre("status", self.run_dir)
        self.assertEqual(code, 0)
        self.assertIn("does not run now; it is finished", output)
        self.assertIn(f"digest {self.summary['policy']['digest'][:16]}", output)

    def test_status_of_no_run(self):
        self.expect_refused("status", self.folder, words=["nothing runs in", str(self.folder)])

    def test_report_is_written_again(self):
        report = self.run_dir / "report.html"
        report.unlink()
        code, output, error = gyre("report", self.run_dir)
        self.assertEqual((code, output, error), (0, f"{report}\n", ""))
        self.assertIn("Accuracy and reward", report.read_text())
        self.expect_refused("report", self.folder, words=["summary.json", "is not a run directory"])

    def test_start_again_after_the_end_changes_nothing(self):
        before = {path: path.stat().st_mtime_ns for path in self.run_dir.rglob("*") if path.is_file() and path.name not in ("report.html", "run.lock")}
        code, output, error = gyre("run", TINY, "--run-dir", self.run_dir, "--resume", *overrides(SHORT))
        self.assertEqual((code, error), (0, ""))
        self.assertIn("is complete", output)
        self.assertIn("report.html", output)
        for path, time in before.items():
            self.assertEqual(path.stat().st_mtime_ns, time, path)
        code, _, error = gyre("run", TINY, "--run-dir", self.run_dir, *overrides(SHORT))
        self.assertEqual(code, 1)
        self.assertIn("holds a run already; go on with it by --resume, or choose another --run-dir", error)

    def test_resume_without_a_run(self):
        self.expect_refused("run", TINY, "--run-dir", self.folder / "none", "--resume", words=["leave --resume out"])
        self.assertFalse((self.folder / "none").exists())
        self.expect_refused("run", TINY, "--run-dir", "", words=["--run-dir is empty"])

    def test_check_says_what_a_run_would_do(self):
        code, output, error = gyre("check", TINY)
        self.assertEqual((code, error), (0, ""))
        self.assertRegex(output, r"base +sft +40 +40 +640 ")
        self.assertRegex(output, r"zero +rl +12 +24 +384 +18,432 +4 +80 ")
        self.assertIn("files needed: none", output)
        problems = self.folder / "p.jsonl"
        self.assertEqual(gyre("data", "countdown", "--split", "held_out", "--count", 3, "--out", problems)[0], 0)
        code, output, _ = gyre("check", TINY, "--set", f"stage[1].rl.problems={problems}")
        self.assertIn(f"files needed: \n  {problems}", output)

    def test_output_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([BIN / "gyre", "check", TINY], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(result.returncode, 1)
        self.assertIn("standard output", result.stderr)

    def test_data_writes_files_that_a_spec_can_name(self):
        for split, count in (("train", 2000), ("held_out", 300), ("traces", 50)):
            out = self.folder / f"{split}.jsonl"
            code, _, error = gyre("data", "countdown", "--split", split, "--count", count, "--seed", 1, "--out", out)
            self.assertEqual((code, error), (0, ""))
            lines = [json.loads(line) for line in out.read_text().splitlines()]
            self.assertEqual(len(lines), count)
            self.assertEqual(len({line["id"] for line in lines}), count)
        code, _, error = gyre("check", TINY, "--set", f"stage[0].sft.examples={self.folder}/traces.jsonl",
                              "--set", f"stage[1].rl.problems={self.folder}/train.jsonl", "--set", f"stage[1].eval.problems={self.folder}/held_out.jsonl")
        self.assertEqual((code, error), (0, ""))

    def test_data_refuses_what_makes_no_sense(self):
        out = self.folder / "x.jsonl"
        for option in ("--count", "--seed"):
            self.expect_refused("data", "countdown", option, -1, "--out", out, words=[option], code=2)
        self.expect_refused("data", "countdown", "--split", "held_out", "--count", 301, "--out", out, words=["300 held-out"])
        self.expect_refused("data", "countdown", "--split", "traces", "--out", out, words=["endless"])
        self.expect_refused("data", "countdown", "--out", self.folder / "none" / "x.jsonl", words=["none/x.jsonl"])
        self.assertFalse(out.exists())

    def eval(self, *arguments):
        return gyre("eval", "--model", self.checkpoint, "--max-tokens", 32, *arguments)

    def test_eval_numbers_are_those_of_its_samples(self):
        out = self.folder / "g.jsonl"
        code, output, error = self.eval("--problems", "countdown:held_out", "--max-problems", 12, "--samples", 5, "--out", out)
        self.assertEqual((code, error), (0, ""))
        result = json.loads(output)
        samples = [json.loads(line) for line in out.read_text().splitlines()]
        self.assertEqual([s["sample_index"] for s in samples], list(range(5)) * 12)
        problems = collections.defaultdict(list)
        for sample in samples:
            accuracy = next(c for c in sample["components"] if c["component"] == "accuracy")
            problems[sample["problem"]].append((accuracy["value"], accuracy.get("answer", "")))
        values = [value for scored in problems.values() for value, _ in scored]
        self.assertEqual((result["problems"], result["samples_per_prompt"], result["unscored_samples"]), (12, 5, 0))
        self.assertAlmostEqual(result["accuracy"], statistics.mean(values))
        self.assertAlmostEqual(result["pass_at_k"], statistics.mean(max(v for v, _ in scored) > 0.5 for scored in problems.values()))
        self.assertAlmostEqual(result["mean_response_tokens"], statistics.mean(len(s["tokens"]) for s in samples))
        self.assertAlmostEqual(result["truncated_fraction"], statistics.mean(s["finish"] == "LENGTH" for s in samples))
        for sample in samples:
            self.assertEqual(len(sample["logprobs"]), len(sample["tokens"]))
            self.assertLessEqual(len(sample["tokens"]), 32)
        again = self.folder / "again.jsonl"
        self.assertEqual(self.eval("--problems", "countdown:held_out", "--max-problems", 12, "--samples", 5, "--max-sequences", 3, "--out", again)[1], output)
        self.assertEqual(again.read_text(), out.read_text())
        self.assertEqual(self.eval("--problems", "countdown:held_out", "--max-problems", 12, "--samples", 5, "--seed", 2, "--out", again)[0], 0)
        self.assertNotEqual(again.read_text(), out.read_text())

    def test_eval_counts_right_answers(self):
        # Scored by hand: the rule's own values are tested elsewhere, the means here.
        out = self.folder / "g.jsonl"
        _, output, _ = self.eval("--problems", "countdown:held_out", "--max-problems", 4, "--temperature", 0, "--out", out)
        samples = [json.loads(line) for line in out.read_text().splitlines()]
        right = [next(c["value"] for c in s["components"] if c["component"] == "accuracy") for s in samples]
        result = json.loads(output)
        self.assertEqual(result["accuracy"], result["majority_accuracy"])  # of one greedy sample
        self.assertEqual(result["accuracy"], result["pass_at_k"])
        self.assertAlmostEqual(result["accuracy"], statistics.mean(right))

    def test_eval_refuses_what_it_cannot_do(self):
        problems = self.folder / "alchemy.jsonl"
        problems.write_text('{"id":"m1","kind":"alchemy","prompt":"<bos>5 7 6=37:","reference":"4"}\n')
        got, output, error = self.eval("--problems", problems)
        self.assertEqual((got, output, error.count("\n")), (1, "", 1), error)
        self.assertIn('problem m1 has kind "alchemy", for which there is no rule', error)
        got, output, error = self.eval("--problems", "countdown:held_out", "--samples", 60000, "--out", self.folder / "none" / "g.jsonl")
        self.assertEqual((got, output), (1, ""))  # before the sampling, or this would take minutes
        self.assertIn("none/g.jsonl", error)
        self.expect_refused("eval", "--model", self.folder, "--problems", "countdown:held_out", words=["config.json"])
        self.expect_refused("eval", "--model", self.checkpoint, "--problems", "countdown:tests", words=["countdown:tests"])
        for option, value in (("--samples", -1), ("--max-problems", -1), ("--seed", -1), ("--max-sequences", 2_000_000_000), ("--samples", 0)):
            got, _, error = self.eval("--problems", "countdown:held_out", option, value)
            self.assertEqual(got, 2, (option, error))
            self.assertIn(option, error)


if __name__ == "__main__":
    unittest.main()
