"""Runs of a user's own: problems and examples from files, a lag, filtered groups, an evaluated imitation stage, and a start from another run's checkpoint."""
import pathlib
import re
import unittest

from whole_run import TINY, Run, gyre, temporary_folder

STEPS = 6


def write_data(folder):
    files = {}
    for split, count in (("traces", 200), ("train", 40), ("held_out", 5)):
        files[split] = folder / f"{split}.jsonl"
        code, _, error = gyre("data", "countdown", "--split", split, "--count", count, "--out", files[split])
        assert code == 0, error
    return files


def balance(test, groups):
    test.assertEqual(int(groups["issued"]), sum(int(groups[state]) for state in ("consumed", "evaluated", "written", "dropped")))
    test.assertEqual(int(groups["in_flight"]), 0)


class OwnData(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(temporary_folder())
        cls.files = write_data(cls.folder)
        text = TINY.read_text().replace("  sft {", f'  eval {{ problems: "{cls.files["held_out"]}" samples_per_prompt: 2 max_response_tokens: 48 }}\n  sft {{', 1)
        text = text.replace('"countdown:traces"', f'"{cls.files["traces"]}"').replace('"countdown:train"', f'"{cls.files["train"]}"')
        text = text.replace('problems: "countdown:held_out" max_problems: 10', f'problems: "{cls.files["held_out"]}"')
        text = text.replace("steps: 12", f"steps: {STEPS} max_policy_lag: 1 drop_zero_variance_groups: true")
        cls.spec = cls.folder / "own.textproto"
        cls.spec.write_text(text)
        cls.run_ = Run(folder=cls.folder, spec=cls.spec).start()
        cls.summary = cls.run_.finish()

    def test_the_accounts_balance(self):
        balance(self, self.summary["groups"])
        self.assertEqual(self.summary["max_logprob_difference"], 0)
        self.assertGreater(self.summary["logprobs_compared"], 0)

    def test_no_group_is_older_than_the_lag_allows(self):
        steps = [line for line in self.run_.metrics() if line["stage"] == "zero"]
        self.assertEqual(len(steps), STEPS)
        for line in steps:
            self.assertLessEqual(line["policy_lag_max"], 1)

    def test_groups_without_variance_are_dropped_by_name(self):
        dropped = self.summary["groups"]["dropped_by_reason"]
        self.assertEqual(set(dropped) - {"zero_variance"}, set())
        trained = sum(int(line["groups"]) for line in self.run_.metrics() if line["stage"] == "zero")
        self.assertEqual(trained, int(self.summary["groups"]["consumed"]))

    def test_both_stages_are_evaluated_on_the_file(self):
        self.assertEqual({(e["stage"], e["problems"]) for e in self.summary["evals"]}, {("base", 5), ("zero", 5)})

    def test_a_run_starts_from_the_checkpoint_of_another(self):
        newest = max((self.run_.run_dir / "checkpoints").glob("step-*"), key=lambda path: int(path.name.split("-")[1]))
        text = TINY.read_text()
        text = re.sub(r"model \{.*?\n\}", f'model {{ path: "{newest}" }}', text, count=1, flags=re.S)
        text = re.sub(r"stage \{.*?\n\}\n", "", text, count=1, flags=re.S).replace('name: "zero"', 'name: "zero" start: MODEL')
        spec = self.folder / "second.textproto"
        spec.write_text(text)
        summary = Run(folder=temporary_folder(), spec=spec, **{"stage[0].rl.steps": 2}).start().finish()
        balance(self, summary["groups"])
        # The same weights on the same kind of samples: what they reach at first is what the first run ended with.
        self.assertEqual(summary["evals"][0]["step"], 0)
        self.assertEqual(summary["max_logprob_difference"], 0)


if __name__ == "__main__":
    unittest.main()
