"""GRPO's advantages, loss, clip and KL, with gradients, against PyTorch on random inputs."""

import os
import pathlib
import random
import subprocess
import unittest

import torch

GRPO_VALUES = pathlib.Path(os.environ["GYRE_BINARY_DIR"]).parent / "tests" / "grpo_values"
NUM_GROUPS = 300
NUM_TOKENS = 5000
TOLERANCE = 1e-5


def values(lines):
    result = subprocess.run([GRPO_VALUES], input="\n".join(lines), capture_output=True, text=True, check=True)
    return [[float(word) for word in line.split()] for line in result.stdout.splitlines()]


class GrpoOracle(unittest.TestCase):
    def assert_close(self, got, want, what):
        self.assertLessEqual(abs(got - want), TOLERANCE * max(1.0, abs(want)), f"{what}: {got} for {want}")

    def test_advantages(self):
        rng = random.Random(1)
        cases = []
        for _ in range(NUM_GROUPS):
            totals = [rng.choice([0, 0.1, 1, 1.1, rng.uniform(-2, 2)]) for _ in range(rng.randint(2, 16))]
            cases.append((rng.choice(["POPULATION", "SAMPLE", "NONE"]), rng.choice([1e-6, 1e-4]), totals))
        got = values(f"advantages {std} {epsilon} {len(totals)} {' '.join(map(repr, totals))}" for std, epsilon, totals in cases)
        self.assertEqual(len(got), len(cases))
        for (std, epsilon, totals), ours in zip(cases, got):
            r = torch.tensor(totals, dtype=torch.float64)
            want = r - r.mean()
            if std != "NONE":
                want = want / (r.std(unbiased=std == "SAMPLE") + epsilon)
            self.assertEqual(len(ours), len(totals))
            for a, b in zip(ours, want.tolist()):
                self.assert_close(a, b, (std, epsilon, totals))

    def test_loss_and_gradient(self):
        rng = random.Random(2)
        cases = []
        for _ in range(NUM_TOKENS):
            log_prob = -rng.expovariate(0.5)
            behaviour = log_prob + rng.choice([0, rng.gauss(0, 0.3), rng.gauss(0, 5), rng.gauss(0, 30)])
            reference = log_prob + rng.choice([0, rng.gauss(0, 0.3), rng.gauss(0, 3), rng.gauss(0, 30)])
            cases.append((rng.choice([0.2, 0.1, 1.0]), rng.choice([0.28, 0.2, 10.0]), rng.choice([0, 0.001, 0.5]),
                          log_prob, behaviour, rng.gauss(0, 1.5), reference))
        got = values("loss " + " ".join(map(repr, case)) for case in cases)
        self.assertEqual(len(got), len(cases))
        clipped_tokens = 0
        for case, (loss, derivative, kl, clipped_low, clipped_high) in zip(cases, got):
            clip_low, clip_high, beta, log_prob, behaviour, advantage, reference = case
            x = torch.tensor(log_prob, dtype=torch.float64, requires_grad=True)
            ratio = torch.exp(torch.clamp(x - behaviour, -20, 20))
            clipped = torch.clamp(ratio, 1 - clip_low, 1 + clip_high)
            policy_loss = -torch.min(ratio * advantage, clipped * advantage)
            d = torch.clamp(x - reference, -20, 20)
            k3 = torch.exp(-d) + d - 1
            want = policy_loss + beta * k3
            want.backward()
            self.assert_close(loss, want.item(), case)
            self.assert_close(derivative, x.grad.item(), case)
            self.assert_close(kl, k3.item() if beta else 0.0, case)
            self.assertEqual(bool(clipped_low), advantage < 0 and ratio.item() < 1 - clip_low, case)
            self.assertEqual(bool(clipped_high), advantage > 0 and ratio.item() > 1 + clip_high, case)
            clipped_tokens += clipped_low + clipped_high
        self.assertGreater(clipped_tokens, NUM_TOKENS / 20)


if __name__ == "__main__":
    unittest.main()
