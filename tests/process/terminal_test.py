"""How a run looks on a terminal, on a dumb one, and through a pipe whose reader leaves."""
import fcntl
import os
import pty
import struct
import subprocess
import termios
import unittest

from whole_run import BIN, RUN_SECONDS, SHORT, TINY, Run, check_accounts, overrides

COLUMNS, ROWS = 100, 30
# Some seconds of work: the view is drawn many times while every member has joined.
LONG_ENOUGH_TO_SEE = {"stage[0].sft.steps": 600}


class Terminal(unittest.TestCase):
    def run_on_terminal(self, settings=SHORT, **environment):
        """A whole run on a pseudo-terminal; returns it and all that came."""
        run = Run(**settings)
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        command = [BIN / "gyre", "run", TINY, "--run-dir", run.run_dir, *overrides(settings)]
        without = {key: value for key, value in os.environ.items() if key not in ("TERM", "NO_COLOR")}
        run.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
                                       env=without | environment, start_new_session=True)
        os.close(theirs)
        seen = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # nobody has the other end any more
                break
            if not chunk:
                break
            seen += chunk
        os.close(ours)
        self.assertEqual(run.process.wait(RUN_SECONDS), 0, seen.decode(errors="replace")[-2000:])
        check_accounts(self, run.summary())
        return run, seen.decode()

    def test_live_view_is_drawn_in_place_and_taken_away(self):
        run, seen = self.run_on_terminal(LONG_ENOUGH_TO_SEE, TERM="xterm-256color")
        self.assertIn("\x1b[?25l", seen)  # the cursor is hidden, and shown again
        self.assertGreater(seen.rindex("\x1b[?25h"), seen.rindex("\x1b[?25l"))
        self.assertIn("tiny", seen)
        self.assertIn("stage 1/2 ", seen)
        self.assertIn("actor-1", seen)
        self.assertIn("\x1b[36m", seen)  # colours
        self.assertIn("━", seen)
        result = seen[seen.rindex("\x1b[?25h"):]
        self.assertIn("policy version 612", result)
        self.assertIn(f"report: {run.run_dir}/report.html", result)

    def test_colours_can_be_refused(self):
        _, seen = self.run_on_terminal(TERM="xterm", NO_COLOR="1")
        self.assertIn("stage 1/2 ", seen)
        self.assertNotRegex(seen, "\x1b\\[[0-9;]*m")

    def test_dumb_terminal_gets_plain_lines(self):
        _, seen = self.run_on_terminal(TERM="dumb")
        self.assertNotIn("\x1b", seen)
        self.assertIn("stage 2 of 2: zero, 3 steps", seen)

    def test_reader_that_leaves_does_not_end_the_run(self):
        run = Run(**SHORT)
        command = [BIN / "gyre", "run", TINY, "--run-dir", run.run_dir, *overrides(SHORT)]
        run.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       start_new_session=True)
        self.assertIn(b"stage 1 of 2: base", run.process.stdout.readline())
        run.process.stdout.close()
        run.process.stderr.read()
        # Its end could not be told, which is all that failed.
        self.assertIn(run.process.wait(RUN_SECONDS), (0, 1))
        check_accounts(self, run.summary())
        self.assertTrue((run.run_dir / "report.html").exists())


if __name__ == "__main__":
    unittest.main()
