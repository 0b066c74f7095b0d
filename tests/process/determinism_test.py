"""The same spec gives the same weights, whoever does the work."""
import unittest

from whole_run import Run, check_accounts


class Determinism(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.reference = Run().start().finish()

    def expect_same(self, **options):
        summary = Run(**options).start().finish()
        check_accounts(self, summary)
        self.assertEqual(summary["policy"], self.reference["policy"])
        self.assertEqual(summary["evals"][-1]["accuracy"], self.reference["evals"][-1]["accuracy"])

    def test_accounts_balance_and_sampler_agrees_with_trainer(self):
        check_accounts(self, self.reference)

    def test_a_second_run_gives_the_same_policy(self):
        self.expect_same()

    def test_one_actor_gives_the_same_policy(self):
        self.expect_same(local__actors=1)

    def test_three_actors_and_two_rewarders_give_the_same_policy(self):
        self.expect_same(local__actors=3, local__rewarders=2)

    def test_fewer_sequences_at_a_time_give_the_same_policy(self):
        self.expect_same(local__max_sequences_per_actor=5)

    def test_how_often_one_evaluates_changes_nothing(self):
        summary = Run(**{"stage[1].eval.every_steps": 5}).start().finish()
        self.assertEqual(summary["policy"], self.reference["policy"])

    def test_another_seed_gives_another_policy(self):
        summary = Run(seed=2).start().finish()
        self.assertNotEqual(summary["policy"]["digest"], self.reference["policy"]["digest"])


if __name__ == "__main__":
    unittest.main()
