"""A rewarder that errs for a tenth of the samples: no error becomes a number, groups go on with their scored samples, the counts are told."""
import hashlib
import os
import pathlib
import shutil
import tempfile
import unittest

import whole_run
from whole_run import Run

# Where whole_run.BIN stands: build/bin; the test's own binaries are in build/tests.
FAULTY = whole_run.BIN.parent / "tests" / "faulty_rewarder"
SAMPLES = 12 * 8 * 4  # steps, groups, samples of the tiny spec
KIND = "SCORE_ERROR_TIMEOUT"


def is_faulty(sample):
    """As tests/fakes/faulty_rewarder.cc decides it."""
    return hashlib.sha256(sample["problem"].encode() + b"\0" + sample["text"].encode()).digest()[0] < 26


def binaries_with_faulty_rewarder():
    """A folder of Gyre's binaries in which gyre-rewarder is the faulty one; `gyre run` takes the roles from beside itself."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gyre-bin-"))
    shutil.copy(whole_run.BIN / "gyre", folder / "gyre")
    for role in ("coordinator", "actor", "learner"):
        os.symlink(whole_run.BIN / f"gyre-{role}", folder / f"gyre-{role}")
    os.symlink(FAULTY, folder / "gyre-rewarder")
    return folder


class FaultyRewarder(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.binaries = binaries_with_faulty_rewarder()
        cls.addClassCleanup(shutil.rmtree, cls.binaries)
        cls.run_ = Run(binaries=cls.binaries, **{"samples.per_step": 32}).start()
        cls.summary = cls.run_.finish()
        cls.steps = [line for line in cls.run_.metrics() if line["stage"] == "zero"]
        cls.samples = [line for line in cls.run_.samples() if line["purpose"] == "train"]

    def test_about_a_tenth_of_the_samples_is_unscored(self):
        unscored = sum(step["unscored_samples"] for step in self.steps)
        self.assertEqual(sum(step["samples"] for step in self.steps), SAMPLES)
        self.assertGreater(unscored / SAMPLES, 0.04)
        self.assertLess(unscored / SAMPLES, 0.2)

    def test_a_faulty_sample_has_an_error_and_no_number(self):
        self.assertEqual(len(self.samples), 12 * 8)  # one of each group
        self.assertTrue(any(map(is_faulty, self.samples)))
        for sample in self.samples:
            accuracy = next(c for c in sample["components"] if c["component"] == "accuracy")
            if is_faulty(sample):
                self.assertNotIn("value", accuracy)
                self.assertIn("TIMEOUT", accuracy["error"].upper())
                self.assertIsNone(sample["total"])
            else:
                self.assertNotIn("error", accuracy)
                self.assertIsNotNone(sample["total"])

    def test_errors_are_counted_in_the_metrics(self):
        counted = sum(int(count) for step in self.steps for key, count in step.get("outcome_errors", {}).items())
        self.assertEqual(counted, sum(int(step["unscored_samples"]) for step in self.steps))
        for step in self.steps:
            for key in step.get("outcome_errors", {}):
                self.assertIn("accuracy/", key)

    def test_groups_go_on_and_the_accounts_balance(self):
        groups = {key: int(value) for key, value in self.summary["groups"].items() if not isinstance(value, dict)}
        self.assertEqual(groups["issued"], groups["consumed"] + groups["evaluated"] + groups["dropped"])
        self.assertGreaterEqual(groups["consumed"], 12 * 8 - 2)
        self.assertEqual(groups["in_flight"], 0)
        self.assertEqual(len(self.steps), 12)

    def test_errors_stand_in_the_report(self):
        report = (self.run_.run_dir / "report.html").read_text()
        self.assertIn("TIMEOUT", report.upper())
        unscored = sum(int(step["unscored_samples"]) for step in self.steps)
        self.assertIn(f"Samples without a score, those of dropped groups included: {unscored} in training", report)

    def test_two_faulty_rewarders_give_the_same_policy(self):
        again = Run(binaries=self.binaries, local__rewarders=2, **{"samples.per_step": 32}).start().finish()
        self.assertEqual(again["policy"], self.summary["policy"])


if __name__ == "__main__":
    unittest.main()
