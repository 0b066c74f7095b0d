"""What `gyre status` says of a run, and what ends one: signals, a closed terminal, a process that cannot start."""
import os
import pathlib
import re
import signal
import subprocess
import unittest

import whole_run
from whole_run import BIN, SHORT, TINY, Run, check_accounts, gyre, overrides, running, temporary_folder, wait_until


signal.signal(signal.SIGHUP, signal.SIG_DFL)  # for the runs to inherit, whatever started this test


class LivingRun(unittest.TestCase):
    def stop(self, run, number=signal.SIGTERM):
        os.kill(run.process.pid, number)
        self.assertEqual(run.wait(30), 130)

    def test_status_says_what_runs_and_who_waits(self):
        run = Run().start()
        run.wait_for_line(1)
        code, output, error = gyre("status", run.run_dir)
        self.assertEqual((code, error), (0, ""))
        self.assertRegex(output, r"run tiny, epoch 1, running for 0:\d\d\n")
        self.assertRegex(output, r"stage (base|zero), step \d+ of (40|12), version \d+\n")
        self.assertRegex(output, r"waiting for .+\n")
        issued, *states = map(int, re.findall(r"(?:issued|pending|leased|ready|assigned|consumed|evaluated|written|dropped) (\d+)", output))
        self.assertEqual(issued, sum(states))
        for member in ("rewarder-0", "learner-0", "learner-1", "actor-0", "actor-1"):
            self.assertIn(member, output)
        self.stop(run)

    def test_run_token_cannot_be_read_by_other_users(self):
        run = Run().start()
        run.wait_for_line(1)
        for pid in run.children().values():
            environment = pathlib.Path(f"/proc/{pid}/environ").read_text().split("\0")
            token, = (entry.removeprefix("GYRE_RUN_TOKEN=") for entry in environment if entry.startswith("GYRE_RUN_TOKEN="))
            self.assertGreaterEqual(len(token), 32)
            self.assertNotIn(token, pathlib.Path(f"/proc/{pid}/cmdline").read_text())
            self.assertEqual(pathlib.Path(f"/proc/{pid}/environ").stat().st_mode & 0o077, 0)
        self.stop(run)

    def test_coordinator_that_hangs_is_not_taken_for_a_dead_run(self):
        run = Run().start()
        run.wait_for_line(1)
        coordinator = run.children()["coordinator"]
        os.kill(coordinator, signal.SIGSTOP)
        code, output, error = gyre("status", run.run_dir)
        os.kill(coordinator, signal.SIGCONT)
        self.assertEqual((code, output, error.count("\n")), (1, "", 1), error)
        self.assertIn(f"gyre run (process {run.process.pid}) is there, but its coordinator does not answer", error)
        self.assertIn("logs/coordinator-0.log", error)
        self.stop(run)

    def test_killed_run_is_cut_off(self):
        run = Run().start()
        run.wait_for_line(1)
        pids = list(run.children().values())
        os.kill(run.process.pid, signal.SIGKILL)
        run.process.wait()
        wait_until(lambda: not running(pids), 2, "the roles to be gone")
        code, output, _ = gyre("status", run.run_dir)
        self.assertEqual(code, 0)
        self.assertIn("does not run now; it is cut off", output)

    def test_advice_after_ctrl_c_is_a_command_that_goes_on(self):
        folder = pathlib.Path(temporary_folder()) / "a folder's name"
        folder.mkdir()
        run = Run(folder=folder).start("--quiet")
        run.wait_for_line(12)
        self.stop(run, signal.SIGINT)
        checkpoint = max((run.run_dir / "checkpoints").glob("step-*"), key=lambda path: int(path.name.removeprefix("step-")))
        self.assertEqual(int(checkpoint.name.removeprefix("step-")), run.lines())  # of where it stopped
        code, output, _ = gyre("status", run.run_dir)
        self.assertEqual(code, 0)
        self.assertIn("does not run now; it is stopped", output)
        advice, = re.findall(r"stopped at step \d+ of stage \w+; go on with: (.*)", run.output_text())
        result = subprocess.run(advice, shell=True, cwd="/", capture_output=True, text=True, timeout=whole_run.RUN_SECONDS, stdin=subprocess.DEVNULL)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        check_accounts(self, run.summary())

    def test_closed_terminal_drains_the_run(self):
        run = Run().start()
        run.wait_for_line(12)
        pids = list(run.children().values())
        os.kill(run.process.pid, signal.SIGHUP)
        wait_until(lambda: "stopping" in run.output_text(), 10, "the hangup to be seen")
        self.stop(run, signal.SIGHUP)  # once from the terminal, once from its shell
        self.assertNotIn("not every process ended in order", run.output_text())
        self.assertEqual(running(pids), [])
        self.assertEqual(run.summary()["status"], "stopped")
        check_accounts(self, run.start("--resume").finish())

    def test_nohup_keeps_the_run_going(self):
        run = Run(prefix=["nohup"], **SHORT).start()
        run.wait_for_line(1)
        os.kill(run.process.pid, signal.SIGHUP)
        check_accounts(self, run.finish())

    def test_second_ctrl_c_ends_it_at_once(self):
        run = Run().start()
        run.wait_for_line(3)
        pids = list(run.children().values())
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)  # none of them can drain
        os.kill(run.process.pid, signal.SIGINT)
        wait_until(lambda: "once more to end them at once" in run.output_text(), 10, "the first Ctrl-C to be seen")
        os.kill(run.process.pid, signal.SIGINT)
        self.assertEqual(run.wait(30), 130)
        self.assertEqual(running(pids), [])

    def test_failure_is_one_line_and_told_later_too(self):
        folder = pathlib.Path(temporary_folder())
        binaries = folder / "bin"
        binaries.mkdir()
        for name in ("gyre-coordinator", "gyre-rewarder", "gyre-learner"):
            (binaries / name).symlink_to(BIN / name)
        (binaries / "gyre").write_bytes((BIN / "gyre").read_bytes())
        (binaries / "gyre-actor").write_text("#!/bin/sh\necho 'gyre-actor: there is no such kernel' >&2\nexit 2\n")
        for name in ("gyre", "gyre-actor"):
            (binaries / name).chmod(0o755)
        command = [binaries / "gyre", "run", TINY, "--run-dir", folder / "run", *overrides(SHORT)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        self.assertEqual((result.returncode, result.stderr.count("\n")), (1, 1), result.stderr)
        self.assertRegex(result.stderr, r"^gyre run: actor-\d failed: there is no such kernel \(.*/logs/actor-\d.log\)$")
        wait_until(lambda: (folder / "run" / "summary.json").exists(), 5, "a summary")
        code, output, _ = gyre("status", folder / "run")
        self.assertEqual(code, 0)
        self.assertIn("it is failed", output)
        self.assertRegex(output, r"failed: actor-\d failed: there is no such kernel")
        self.assertIn("there is no such kernel", (folder / "run" / "report.html").read_text())


if __name__ == "__main__":
    unittest.main()
