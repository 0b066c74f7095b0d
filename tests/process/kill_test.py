"""kill -9 of each role at moments spread over a run, and of `gyre run` itself: the run ends with the digest of an undisturbed one."""
import os
import signal
import time
import unittest

from whole_run import Run, check_accounts, gyre, running, wait_until

STEPS = 52  # of tiny.textproto, both stages


class Kill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        started = time.monotonic()
        cls.reference = Run().start().finish()
        cls.undisturbed_seconds = time.monotonic() - started

    def kill_at(self, role, lines):
        """Kills the process named `role` each time so many steps have been committed; returns the summary and the run's seconds."""
        run = Run()
        started = time.monotonic()
        run.start()
        for line in lines:
            run.wait_for_line(line)
            pid = wait_until(lambda: run.children().get(role), 20, f"{role} to be started again")
            os.kill(pid, signal.SIGKILL)
        summary = run.finish()
        check_accounts(self, summary)
        self.assertEqual(summary["policy"], self.reference["policy"])
        self.assertEqual(len(run.metrics()), STEPS)
        self.assertEqual([int(line["version"]) for line in run.metrics()], list(range(1, STEPS + 1)))
        return summary, time.monotonic() - started

    def test_actor(self):
        for line in (1, 41, 45, 50):
            with self.subTest(after_step=line):
                _, seconds = self.kill_at("actor-0", [line])
                self.assertLess(seconds - self.undisturbed_seconds, 15)

    def test_rewarder(self):
        for line in (40, 44, 49):
            with self.subTest(after_step=line):
                _, seconds = self.kill_at("rewarder-0", [line])
                self.assertLess(seconds - self.undisturbed_seconds, 15)

    def test_learner_rank_0(self):
        for line in (7, 39, 43, 51):
            with self.subTest(after_step=line):
                self.kill_at("learner-0", [line])

    def test_learner_rank_1(self):
        for line in (20, 42, 47):
            with self.subTest(after_step=line):
                self.kill_at("learner-1", [line])

    def test_coordinator(self):
        for line in (3, 40, 44, 51):
            with self.subTest(after_step=line):
                self.kill_at("coordinator", [line])

    def silence(self, role, line, until=None, **options):
        """Stops a process that stays alive; it may go on once `until` is in what `gyre status` says."""
        run = Run(**options).start()
        run.wait_for_line(line)
        pid = run.children()[role]
        os.kill(pid, signal.SIGSTOP)
        if until is not None:
            wait_until(lambda: until in gyre("status", run.run_dir)[1], 60, f"`gyre status` to say {until}")
            os.kill(pid, signal.SIGCONT)
        summary = run.finish()
        self.assertEqual(running([pid]), [])
        check_accounts(self, summary)
        self.assertEqual(summary["policy"], self.reference["policy"])

    def test_silent_actor(self):
        self.silence("actor-0", 42)

    def test_silent_rewarder(self):
        self.silence("rewarder-0", 42, local__rewarders=2)

    def test_silent_learner_rank(self):
        self.silence("learner-1", 42, until="learner ranks: ")

    def test_each_in_turn_in_one_run(self):
        run = Run().start()
        for line, role in ((10, "learner-1"), (41, "actor-1"), (43, "coordinator"), (45, "rewarder-0"), (47, "learner-0"), (49, "actor-0")):
            run.wait_for_line(line)
            os.kill(wait_until(lambda: run.children().get(role), 20, f"{role} to run"), signal.SIGKILL)
        summary = run.finish()
        check_accounts(self, summary)
        self.assertEqual(summary["policy"], self.reference["policy"])

    def test_gyre_run_leaves_no_process_and_resumes(self):
        for line in (15, 44):
            with self.subTest(after_step=line):
                run = Run().start()
                run.wait_for_line(line)
                pids = list(run.children().values())
                self.assertEqual(len(pids), 6)
                os.kill(run.process.pid, signal.SIGKILL)
                run.process.wait()
                wait_until(lambda: not running(pids), 2, "the roles to be gone")
                summary = run.start("--resume").finish()
                check_accounts(self, summary)
                self.assertEqual(summary["policy"], self.reference["policy"])

    def test_interrupt_drains_and_resumes(self):
        for line, number in ((12, signal.SIGINT), (46, signal.SIGTERM)):
            with self.subTest(after_step=line):
                run = Run().start()
                run.wait_for_line(line)
                pids = list(run.children().values())
                os.kill(run.process.pid, number)
                self.assertEqual(run.wait(30), 130)
                self.assertNotIn("not every process ended in order", run.output_text())
                self.assertEqual(running(pids), [])
                self.assertEqual(run.summary()["status"], "stopped")
                self.assertIn("--resume", run.output_text())
                before = run.lines()
                self.assertGreaterEqual(before, line)
                summary = run.start("--resume").finish()
                check_accounts(self, summary)
                self.assertEqual(summary["policy"], self.reference["policy"])


if __name__ == "__main__":
    unittest.main()
