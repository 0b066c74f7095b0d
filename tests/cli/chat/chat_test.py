"""A chat with SmolLM2 on a pseudo-terminal and through pipes: streaming, Ctrl-C, Ctrl-D, memory of what was said."""
import os
import pathlib
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "golden"))
from real_model import SMOLLM2  # noqa: E402

GYRE = pathlib.Path(os.environ["GYRE_BINARY_DIR"]) / "gyre"
OPTIONS = ["chat", "--model", str(SMOLLM2), "--temperature", "0"]
DEADLINE_SECONDS = 120


class Terminal:
    """The program on a pseudo-terminal, as a person has it."""

    def __init__(self, *options):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.execv(GYRE, [str(GYRE), *OPTIONS, *options])
        self.seen = ""
        self.deadline = time.monotonic() + DEADLINE_SECONDS

    def read_until(self, done, what):
        while not done(self.seen):
            left = self.deadline - time.monotonic()
            if left <= 0 or not select.select([self.file], [], [], left)[0]:
                raise AssertionError(f"no {what} within {DEADLINE_SECONDS} s after {self.seen!r}")
            try:
                self.seen += os.read(self.file, 4096).decode(errors="replace")
            except OSError:  # the program has closed the terminal
                if done(self.seen):
                    return
                raise AssertionError(f"it ended without {what} after {self.seen!r}") from None

    def wait_for(self, text):
        self.read_until(lambda seen: text in seen, repr(text))
        before, self.seen = self.seen.split(text, 1)
        return before

    def type(self, text):
        os.write(self.file, text.encode())

    def exit_code(self):
        while time.monotonic() < self.deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            if select.select([self.file], [], [], 0.05)[0]:
                try:
                    os.read(self.file, 4096)
                except OSError:
                    pass
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError("the program did not end")


def piped(text, *options):
    return subprocess.run([GYRE, *OPTIONS, *options], input=text, capture_output=True, timeout=DEADLINE_SECONDS)


class OnATerminal(unittest.TestCase):
    def test_ctrl_c_stops_the_answer_and_not_the_program(self):
        terminal = Terminal("--max-tokens", "400")
        terminal.wait_for("> ")
        terminal.type("Write a long story about a fox and a bear.\n")
        terminal.wait_for("bear.\r\n")
        terminal.read_until(lambda seen: len(seen) >= 100, "beginning of an answer that still comes")
        self.assertNotIn("\r\n> ", terminal.seen, "the answer is over already")
        terminal.type("\x03")
        terminal.wait_for("stopped")
        terminal.wait_for("> ")
        terminal.type("Say hello.\n")
        terminal.wait_for("hello.\r\n")
        self.assertTrue(terminal.wait_for("> ").strip())
        terminal.type("\x04")
        self.assertEqual(terminal.exit_code(), 0)

    def test_ctrl_c_at_the_prompt_asks_once_more(self):
        terminal = Terminal()
        terminal.wait_for("> ")
        terminal.type("half a line\x03")
        terminal.wait_for("Ctrl-C once more")
        terminal.wait_for("> ")
        terminal.type("\x03")
        self.assertEqual(terminal.exit_code(), 0)

    def test_commands_are_not_said_to_the_model(self):
        terminal = Terminal()
        terminal.wait_for("> ")
        terminal.type("/help\n")
        terminal.wait_for("there is no command /help")
        terminal.wait_for("> ")
        terminal.type("/exit\n")
        self.assertEqual(terminal.exit_code(), 0)


class ThroughPipes(unittest.TestCase):
    def test_a_line_is_a_turn_and_output_is_the_replies_alone(self):
        done = piped(b"My name is Tom.\nWhat is my name?\n", "--max-tokens", "40")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(b"\x1b", done.stdout)
        self.assertEqual(done.stdout.count(b"\n\n"), 1, "two replies")
        alone = piped(b"What is my name?\n", "--max-tokens", "40")
        self.assertNotEqual(done.stdout.split(b"\n\n")[1], alone.stdout, "the first turn is remembered")
        self.assertEqual(done.stdout, piped(b"My name is Tom.\nWhat is my name?\n", "--max-tokens", "40").stdout)

    def test_what_was_said_is_forgotten_when_asked(self):
        alone = piped(b"What is my name?\n", "--max-tokens", "20")
        forgotten = piped(b"My name is Tom.\n/new\nWhat is my name?\n", "--max-tokens", "20")
        self.assertTrue(forgotten.stdout.endswith(alone.stdout), (alone.stdout, forgotten.stdout))

    def test_bad_input_is_told_with_its_line(self):
        bad = piped(b"hi\nb\xff\n", "--max-tokens", "2")
        self.assertEqual(bad.returncode, 1)
        self.assertIn(b"line 2: the text is not UTF-8 at byte 2", bad.stderr)
        long = piped(b"word " * 9000 + b"\n")
        self.assertEqual(long.returncode, 1)
        self.assertIn(b"/new forgets what was said", long.stderr)
        self.assertEqual(piped(b"").returncode, 0)

    def test_a_model_without_a_chat_template_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([GYRE, "convert", "--model", SMOLLM2, "--out", f"{folder}/m"], check=True, stdout=subprocess.DEVNULL)
            os.remove(f"{folder}/m/chat_template.jinja")
            done = subprocess.run([GYRE, "chat", "--model", f"{folder}/m"], input=b"", capture_output=True, timeout=DEADLINE_SECONDS)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
        self.assertIn(b"see gyre generate", done.stderr)


if __name__ == "__main__":
    unittest.main()
