"""A full disk ends the run in one line that names the file and what to do, or the run waits for room; nothing is lost, and with room it goes on."""
import os
import pathlib
import signal
import subprocess
import sys
import unittest

from whole_run import BIN, TINY, Run, check_accounts, temporary_folder

SKIPPED = 77  # CMakeLists.txt tells ctest
NAMESPACE = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
KIB = 1024


def can_mount():
    return subprocess.run(["unshare", *NAMESPACE, "sh", "-c", "mount -t tmpfs tmpfs /mnt"], capture_output=True).returncode == 0


def in_namespace(script):
    """Runs shell commands that may mount; whatever hangs is killed with all that it started, since the roles end with `gyre run`."""
    process = subprocess.Popen(["unshare", *NAMESPACE, "sh", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, start_new_session=True)
    try:
        output, error = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return subprocess.CompletedProcess(script, process.returncode, output, error)


class DiskFull(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.reference = Run().start().finish()

    def setUp(self):
        self.folder = pathlib.Path(temporary_folder())
        self.run_ = Run(folder=self.folder).start()
        self.run_.wait_for_line(8)
        os.kill(self.run_.process.pid, signal.SIGTERM)
        self.assertEqual(self.run_.wait(30), 130)
        self.small = self.folder / "small"  # where the small disk is
        self.small.mkdir()

    def resume_on_small_disk(self, size, before, after=":"):
        """`gyre run --resume` where `small` is a disk of so many bytes; `before` and `after` are shell commands in the same namespace."""
        script = (f"mount -t tmpfs -o size={size} tmpfs {self.small} && {before} && {{ "
                  f"{BIN}/gyre run {TINY} --run-dir {self.run_.run_dir} --resume; code=$?; {after}; exit $code; }}")
        return in_namespace(script)

    def expect_one_line(self, result, *words):
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertIn("--resume", result.stderr)

    def expect_to_go_on(self):
        summary = self.run_.start("--resume").finish()
        check_accounts(self, summary)
        self.assertEqual(summary["policy"], self.reference["policy"])

    def bind(self, name):
        """Shell commands that put a file or folder of the run directory onto the small disk."""
        source, target = self.small / name, self.run_.run_dir / name
        return f"cp -r {target} {source} && mount --bind {source} {target}"

    def test_checkpoint(self):
        checkpoints = self.run_.run_dir / "checkpoints"
        weights = {path.name: (path / "model.safetensors").read_bytes() for path in checkpoints.glob("step-*")}
        used = sum(path.stat().st_size for path in checkpoints.rglob("*") if path.is_file())
        # The checkpoints there are, on a disk with room for a third of another one.
        room = used + used // len(weights) // 3 + 40 * 4 * KIB
        (self.folder / "after").mkdir()
        result = self.resume_on_small_disk(room, self.bind("checkpoints"), f"cp -r {checkpoints}/. {self.folder}/after")
        self.expect_one_line(result, "No space left on device", "checkpoints", "make room")
        for name, content in weights.items():
            self.assertEqual((self.folder / "after" / name / "model.safetensors").read_bytes(), content)
        self.expect_to_go_on()

    def test_payloads_of_groups_wait_for_room(self):
        groups, output = self.run_.run_dir / "groups", self.folder / "output"
        used = sum(path.stat().st_size for path in groups.rglob("*") if path.is_file())
        script = (f"mount -t tmpfs -o size={used + 16 * KIB} tmpfs {self.small} && {self.bind('groups')} && {{ "
                  f"{BIN}/gyre run {TINY} --run-dir {self.run_.run_dir} --resume >{output} & pid=$!; "
                  f"until grep -q 'stands still: .*groups.*No space left on device' {output}; do kill -0 $pid || exit 99; sleep 0.05; done; "
                  f"mount -o remount,size=16m {self.small} && wait $pid; }}")
        result = in_namespace(script)
        self.assertEqual(result.returncode, 0, output.read_text() + result.stderr)
        self.assertIn("it goes on", output.read_text())
        summary = self.run_.summary()
        check_accounts(self, summary)
        self.assertEqual(summary["policy"], self.reference["policy"])

    def test_ledger(self):
        wal = self.run_.run_dir / "ledger.sqlite-wal"
        wal.touch()
        result = self.resume_on_small_disk(64 * KIB, self.bind("ledger.sqlite-wal"), f"cp {wal} {self.folder}/wal")
        self.expect_one_line(result, "ledger.sqlite", "make room")
        (self.folder / "wal").replace(wal)  # what was written is on the disk still
        self.expect_to_go_on()

    def test_metrics(self):
        metrics = self.run_.run_dir / "metrics.jsonl"
        room = (metrics.stat().st_size // (4 * KIB) + 1) * 4 * KIB
        result = self.resume_on_small_disk(room, self.bind("metrics.jsonl"))
        self.expect_one_line(result, "metrics.jsonl", "make room")
        self.expect_to_go_on()


if __name__ == "__main__":
    if not can_mount():
        print("SKIPPED: this user may not mount a small file system of its own", file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main()
