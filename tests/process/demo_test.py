"""The commands of README.md and of docs/data.md work as they stand there, on a demo made short; its report is all that it should be."""
import html.parser
import json
import pathlib
import re
import shlex
import subprocess
import unittest

from whole_run import BIN, ROOT, temporary_folder

CODE_BLOCK = re.compile(r"```(?:sh|bash|console)\n(.*?)```", re.S)
# The recipe in under a minute. Accuracy and length rise over minutes of training, not here.
SHORTER = {"stage[0].sft.steps": 150, "stage[1].rl.steps": 3, "stage[1].rl.optimizer.warmup_updates": 1, "stage[1].rl.max_response_tokens": 64,
           "stage[1].eval.max_problems": 20, "stage[1].eval.samples_per_prompt": 2, "stage[1].eval.interim_samples_per_prompt": 2,
           "stage[1].eval.every_steps": 2}


def commands(document):
    """The `build/bin/gyre …` lines of a document's code blocks."""
    text = "\n".join(CODE_BLOCK.findall((ROOT / document).read_text()))
    return [shlex.split(line, comments=True) for line in text.splitlines() if line.startswith("build/bin/gyre ")]


class Page(html.parser.HTMLParser):
    """What a reader of the report finds: figures by title, pairs of transcripts, all visible text."""

    def __init__(self, text):
        super().__init__()
        self.figures, self.pairs, self.visible = {}, [], ""
        self.open, self.figure, self.title = [], None, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in ("line", "path", "circle", "meta", "br", "th", "td", "tr"):
            self.open.append((tag, attributes.get("class", "")))
        if tag == "figure":
            self.figure = {"unit": "", "ticks": [], "lines": 0, "hover": None}
        if self.figure is not None and tag == "path":
            self.figure["lines"] += 1
        if attributes.get("class") == "pair":
            self.pairs.append([])
        if attributes.get("class") == "answer":
            self.pairs[-1].append("")

    def handle_endtag(self, tag):
        if self.open and self.open[-1][0] == tag:
            self.open.pop()
        if tag == "figure":
            self.figures[self.title], self.figure = self.figure, None

    def handle_data(self, data):
        tag, kind = self.open[-1] if self.open else ("", "")
        if tag not in ("script", "style"):
            self.visible += data
        if self.figure is not None:
            if tag == "script":
                self.figure["hover"] = json.loads(data)
            elif (tag, self.open[-2][0]) == ("b", "figcaption"):
                self.title = data
            elif tag == "small":
                self.figure["unit"] = data
            elif (tag, kind) == ("text", "tick"):
                self.figure["ticks"].append(data)
        elif any(kind == "answer" for _, kind in self.open):
            self.pairs[-1][-1] += data


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(temporary_folder())
        (cls.folder / "build").mkdir()
        (cls.folder / "build" / "bin").symlink_to(BIN)
        (cls.folder / "recipes").symlink_to(ROOT / "recipes")
        cls.commands = commands("README.md")
        for command in cls.commands:
            if command[1] in ("check", "run"):
                command += [part for path, value in SHORTER.items() for part in ("--set", f"{path}={value}")]
            cls.execute(command)
        run = next(command for command in cls.commands if command[1] == "run")
        cls.run_dir = cls.folder / run[run.index("--run-dir") + 1]
        cls.page = Page((cls.run_dir / "report.html").read_text())

    @classmethod
    def execute(cls, command):
        result = subprocess.run(command, cwd=cls.folder, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
        if result.returncode != 0:
            raise AssertionError(f"{shlex.join(command)} ended with exit code {result.returncode}\n{result.stdout}\n{result.stderr}")
        return result.stdout

    def test_readme_shows_check_run_status_and_report(self):
        self.assertEqual([command[1] for command in self.commands], ["check", "run", "status", "report"])

    def test_commands_of_the_data_page_work(self):
        found = commands("docs/data.md")
        self.assertEqual(len(found), 3)
        for command in found:
            self.execute(command)
            self.assertTrue((self.folder / command[command.index("--out") + 1]).exists())

    def test_run_is_whole(self):
        summary = json.loads((self.run_dir / "summary.json").read_text())
        self.assertEqual(summary["status"], "finished")
        self.assertEqual([(s["name"], s["steps"]) for s in summary["stages"]], [("base", 150), ("zero", 3)])
        self.assertEqual([e["step"] for e in summary["evals"]], [0, 2, 3])
        self.assertEqual(summary["max_logprob_difference"], 0)
        metrics = [json.loads(line) for line in (self.run_dir / "metrics.jsonl").read_text().splitlines()]
        # Strictly on policy and one update a step: every trained token is compared.
        self.assertEqual(summary["logprobs_compared"], sum(line["tokens_trained"] for line in metrics[150:]))
        losses = [line["loss"] for line in metrics[:150]]
        self.assertLess(sum(losses[-10:]), 0.5 * sum(losses[:10]))

    def test_curves_have_axes_units_and_hover_values(self):
        units = {"Accuracy and reward": "", "Response length": "tokens", "Entropy": "nats", "Clipped tokens": "", "Time of a step, by phase": "seconds",
                 "Loss": "nats a token", "Truncated responses": ""}
        for title, unit in units.items():
            with self.subTest(title):
                figure = self.page.figures[title]
                self.assertEqual(figure["unit"], unit)
                self.assertGreaterEqual(figure["lines"], 1)
                self.assertIn("step", figure["ticks"])
                self.assertGreaterEqual(len(figure["ticks"]), 4)
                for series in figure["hover"]["series"]:
                    self.assertEqual(len(series["x"]), len(series["y"]))
        metrics = [json.loads(line) for line in (self.run_dir / "metrics.jsonl").read_text().splitlines()][150:]
        lengths = {s["name"]: s for s in self.page.figures["Response length"]["hover"]["series"]}
        self.assertEqual(lengths["all, training"]["x"], [1, 2, 3])
        self.assertAlmostEqual(lengths["all, training"]["y"][0], metrics[0]["response_tokens_mean"], places=3)
        summary = json.loads((self.run_dir / "summary.json").read_text())
        self.assertEqual(lengths["all, held-out problems"]["x"], [0, 2, 3])
        for shown, eval_ in zip(lengths["all, held-out problems"]["y"], summary["evals"]):
            self.assertAlmostEqual(shown, eval_["mean_response_tokens"], places=3)

    def test_transcripts_stand_side_by_side(self):
        samples = [json.loads(line) for line in (self.run_dir / "samples.jsonl").read_text().splitlines()]
        text_of = {(s["step"], s["problem"]): s["text"] for s in samples if s["purpose"] == "eval"}
        self.assertEqual(len(self.page.pairs), 8)
        for before, after in self.page.pairs:
            self.assertIn("before", before)
            self.assertIn("after", after)
            self.assertTrue(any(text.strip() in before and text_of[3, problem].strip() in after
                                for (step, problem), text in text_of.items() if step == 0), (before, after))

    def test_accounts_are_told(self):
        self.assertIn("those of dropped groups included: 0 in training, 0 in evaluations; groups that had effect hold 768 and 120 samples.", self.page.visible)
        self.assertIn("Processes that died and were started again: none.", self.page.visible)
        self.assertIn("largest difference between sampler and trainer", self.page.visible)


if __name__ == "__main__":
    unittest.main()
