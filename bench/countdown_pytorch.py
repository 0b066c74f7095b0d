"""The recipe of recipes/countdown_zero.textproto written straight in PyTorch, for one core: the peer that `./dev bench demo` times.

Same network, task, sizes and hyper-parameters; batched generation with a KV cache that drops finished rows. No processes, no checkpoints, no
ledger: what is left is the arithmetic. Prints a JSON object last.
"""
import argparse
import itertools
import json
import math
import random
import re
import time

import torch
import torch.nn.functional as F

WORDS = ["<pad>", "<bos>", "<eos>", "<think>", "</think>", "<answer>", "</answer>", " no\n", " yes\n", " vs "]
WORDS += [str(n) for n in range(100)] + list("+-*()=,: ")
ID = {word: i for i, word in enumerate(WORDS)}
EOS = ID["<eos>"]
PROMPT_TOKENS = 9


def join(a, b):
    """The three ways to join two values, as (text operator, left, right, value)."""
    larger, smaller = max(a, b), min(a, b)
    return [("+", a, b, a + b), ("*", a, b, a * b), ("-", larger, smaller, larger - smaller)]


def candidates(numbers):
    tries = {}
    for i, j in itertools.combinations(range(3), 2):
        c = numbers[3 - i - j]
        for op1, a, b, r in join(numbers[i], numbers[j]):
            if not 0 <= r <= 99:
                continue
            for op2, x, y, value in join(r, c):
                if 0 <= value <= 99:
                    first, second = f"{a}{op1}{b}", f"{x}{op2}{y}"
                    left = f"({first})" if (x == r) else str(x)
                    right = str(y) if (x == r) else f"({first})"
                    tries[(first, second)] = (value, f"{left}{op2}{right}", [a, op1, b, r, x, op2, y])
    return list(tries.values())


def all_problems():
    problems = []
    for numbers in itertools.combinations_with_replacement(range(1, 10), 3):
        targets = sorted({value for value, _, _ in candidates(numbers) if 10 <= value <= 99})
        problems += [(numbers, target) for target in targets]
    return problems


def prompt_ids(numbers, target):
    a, b, c = (str(n) for n in numbers)
    return [ID[w] for w in ("<bos>", a, " ", b, " ", c, "=", str(target), ":")]


def line_ids(value, parts, target):
    a, op1, b, r, x, op2, y = parts
    words = [str(a), op1, str(b), "=", str(r), ",", str(x), op2, str(y), "=", str(value), " vs ", str(target)]
    return [ID[w] for w in words] + [ID[" yes\n" if value == target else " no\n"]]


def answer_ids(expression):
    ids, i = [], 0
    while i < len(expression):
        two = expression[i:i + 2]
        word = two if two in ID else expression[i]
        ids.append(ID[word])
        i += len(word)
    return ids


def trace(problem, rng):
    numbers, target = problem
    numbers = list(numbers)
    rng.shuffle(numbers)
    by_value = {}
    tries = candidates(numbers)
    rng.shuffle(tries)
    for t in tries:
        if t[0] >= 10:
            by_value.setdefault(t[0], t)
    queue = list(by_value.values())
    p_stop = 0.6 if rng.random() < 0.9 else 0.05
    ids, last = [ID["<think>"]], None
    for _ in range(12):
        last = by_value[target] if rng.random() < 0.05 or not queue else queue.pop()
        ids += line_ids(last[0], last[2], target)
        if last[0] == target or rng.random() < p_stop:
            break
    ids += [ID["</think>"], ID["<answer>"]] + answer_ids(last[1]) + [ID["</answer>"], EOS]
    return prompt_ids(numbers, target), ids


class Network(torch.nn.Module):
    def __init__(self, hidden=96, layers=4, heads=4, inner=192, vocabulary=len(WORDS), positions=512):
        super().__init__()
        self.heads, self.size = heads, hidden // heads
        weight = lambda rows, columns, scale=1.0: torch.nn.Parameter(torch.randn(rows, columns) * scale / math.sqrt(columns))
        down = 1 / math.sqrt(2 * layers)
        self.embed = torch.nn.Parameter(torch.randn(vocabulary, hidden) * 0.02)
        self.head = torch.nn.Parameter(torch.randn(vocabulary, hidden) * 0.02)
        self.norm = torch.nn.Parameter(torch.ones(hidden))
        self.layers = torch.nn.ModuleList()
        for _ in range(layers):
            layer = torch.nn.Module()
            layer.norm1, layer.norm2 = torch.nn.Parameter(torch.ones(hidden)), torch.nn.Parameter(torch.ones(hidden))
            layer.qkv, layer.out = weight(3 * hidden, hidden), weight(hidden, hidden, down)
            layer.gate_up, layer.down = weight(2 * inner, hidden), weight(hidden, inner, down)
            self.layers.append(layer)
        frequency = 10000 ** (-torch.arange(0, self.size, 2) / self.size)
        angle = torch.arange(positions)[:, None] * frequency
        self.cos, self.sin = angle.cos(), angle.sin()

    def rotate(self, x, start):
        length, half = x.shape[2], self.size // 2
        cos, sin = self.cos[start:start + length], self.sin[start:start + length]
        x1, x2 = x[..., :half], x[..., half:]
        return torch.cat([x1 * cos - x2 * sin, x2 * cos + x1 * sin], -1)

    def forward(self, ids, cache=None, start=0):
        """ids [B, T] → hidden [B, T, H]. cache: a list of (k, v) per layer [B, heads, positions, size], filled from `start`."""
        B, T = ids.shape
        h = self.embed[ids]
        for i, layer in enumerate(self.layers):
            x = F.rms_norm(h, h.shape[-1:], layer.norm1, 1e-5)
            q, k, v = (x @ layer.qkv.T).view(B, T, 3, self.heads, self.size).permute(2, 0, 3, 1, 4)
            q, k = self.rotate(q, start), self.rotate(k, start)
            if cache is not None:
                cache[i][0][:, :, start:start + T], cache[i][1][:, :, start:start + T] = k, v
                k, v = cache[i][0][:, :, :start + T], cache[i][1][:, :, :start + T]
            a = F.scaled_dot_product_attention(q, k, v, is_causal=T > 1)
            h = h + a.transpose(1, 2).reshape(B, T, -1) @ layer.out.T
            gate, up = (F.rms_norm(h, h.shape[-1:], layer.norm2, 1e-5) @ layer.gate_up.T).chunk(2, -1)
            h = h + (F.silu(gate) * up) @ layer.down.T
        return F.rms_norm(h, h.shape[-1:], self.norm, 1e-5)


@torch.no_grad()
def generate(net, prompts, max_tokens):
    """Token lists of the responses; finished rows leave the batch."""
    rows = torch.arange(len(prompts))
    ids = torch.tensor(prompts)
    cache = [[torch.empty(len(prompts), net.heads, PROMPT_TOKENS + max_tokens, net.size) for _ in range(2)] for _ in net.layers]
    responses = [[] for _ in prompts]
    step, start = ids, 0
    for _ in range(max_tokens):
        logits = net(step, cache, start)[:, -1] @ net.head.T
        token = torch.multinomial(logits.softmax(-1), 1)
        start += step.shape[1]
        for row, t in zip(rows.tolist(), token[:, 0].tolist()):
            responses[row].append(t)
        alive = token[:, 0] != EOS
        if not alive.any():
            break
        if not alive.all():
            rows, token = rows[alive], token[alive]
            cache = [[k[alive], v[alive]] for k, v in cache]
        step = token
    return responses


def log_probs(net, prompts, responses):
    """[B, T] log-probs of the response tokens and their mask."""
    width = max(len(r) for r in responses)
    ids = torch.tensor([p + r + [0] * (width - len(r)) for p, r in zip(prompts, responses)])
    mask = torch.tensor([[1.0] * len(r) + [0.0] * (width - len(r)) for r in responses])
    hidden = net(ids[:, :-1])[:, PROMPT_TOKENS - 1:]
    logits = hidden @ net.head.T
    return torch.gather(logits.log_softmax(-1), 2, ids[:, PROMPT_TOKENS:, None])[..., 0], mask


def verdict(problem, ids):
    """(accuracy, format) as the rewarder has it, for token lists."""
    if not ids or ids[-1] != EOS:
        return 0.0, 0.0
    text = "".join(WORDS[i] for i in ids)
    body, _, rest = text.partition("</think><answer>")
    expression, _, end = rest.partition("</answer>")
    tags = [text.count(tag) for tag in ("<think>", "</think>", "<answer>", "</answer>", "<eos>")]
    if not text.startswith("<think>") or end != "<eos>" or tags != [1] * 5:
        return 0.0, 0.0
    good = set(expression) <= set("0123456789+-*()") and "**" not in expression
    try:
        used = sorted(int(n) for n in re.findall(r"\d+", expression))
        right = good and used == sorted(problem[0]) and eval(expression) == problem[1]
    except (SyntaxError, TypeError, ValueError):
        right = False
    return float(right), 1.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sft-steps", type=int, default=2400)
    parser.add_argument("--rl-steps", type=int, default=60)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    problems = all_problems()
    random.Random(0).shuffle(problems)
    held_out, train = problems[:300], problems[300:]
    net = Network()
    start = time.time()

    decay, plain = [p for p in net.parameters() if p.dim() > 1], [p for p in net.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0}], betas=(0.9, 0.95))
    for step in range(options.sft_steps):
        rate = 3e-3 * min(1, (step + 1) / 50) * (0.1 + 0.45 * (1 + math.cos(math.pi * max(0, step - 50) / max(1, options.sft_steps - 50))))
        for group in optimizer.param_groups:
            group["lr"] = rate
        prompts, responses = zip(*(trace(rng.choice(train), rng) for _ in range(32)))
        logp, mask = log_probs(net, prompts, responses)
        loss = -(logp * mask).sum() / mask.sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    base_seconds = time.time() - start

    def evaluate(samples):
        subset = held_out[:200]
        prompts = [prompt_ids(n, t) for n, t in subset for _ in range(samples)]
        responses = []
        for i in range(0, len(prompts), 256):
            responses += generate(net, prompts[i:i + 256], 256)
        accuracy = sum(verdict(subset[i // samples], r)[0] for i, r in enumerate(responses)) / len(responses)
        return accuracy, sum(map(len, responses)) / len(responses)

    base = evaluate(16)
    optimizer = torch.optim.AdamW(net.parameters(), betas=(0.9, 0.99), weight_decay=0)
    for step in range(options.rl_steps):
        for group in optimizer.param_groups:
            group["lr"] = 3e-4 * min(1, (step + 1) / 5)
        batch = [rng.choice(train) for _ in range(32)]
        batch = [(rng.sample(n, 3), t) for n, t in batch]
        prompts = [prompt_ids(n, t) for n, t in batch for _ in range(8)]
        responses = generate(net, prompts, 256)
        reward = torch.tensor([a + 0.1 * f for a, f in (verdict(batch[i // 8], r) for i, r in enumerate(responses))]).view(32, 8)
        advantage = ((reward - reward.mean(1, True)) / (reward.std(1, unbiased=False, keepdim=True) + 1e-6)).view(-1)
        kept = (reward.std(1, unbiased=False) > 0).repeat_interleave(8).nonzero()[:, 0].tolist()
        if not kept:
            continue
        total = sum(len(responses[i]) for i in kept)
        optimizer.zero_grad()
        kept.sort(key=lambda i: len(responses[i]))
        for chunk in (kept[i:i + 64] for i in range(0, len(kept), 64)):
            logp, mask = log_probs(net, [prompts[i] for i in chunk], [responses[i] for i in chunk])
            ratio = (logp - logp.detach()).exp()
            (-(ratio * advantage[chunk][:, None] * mask).sum() / total).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        if step % 10 == 9 and step + 1 < options.rl_steps:
            evaluate(4)
            print(f"step {step + 1}: reward {reward.mean():.3f}, {sum(map(len, responses)) / len(responses):.0f} tokens", flush=True)
    final = evaluate(16)
    print(json.dumps({"seconds": time.time() - start, "base_seconds": base_seconds, "base_accuracy": base[0], "base_tokens": base[1],
                      "accuracy": final[0], "tokens": final[1]}))


if __name__ == "__main__":
    main()
