"""What the lint tests share: the tracked files of the repository."""
import os
import pathlib
import subprocess

ROOT = pathlib.Path(os.environ.get("GYRE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))


def files(*suffixes):
    """Tracked and new files with one of these suffixes, relative to the root."""
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True)
    names = [pathlib.Path(line) for line in out.stdout.splitlines()]
    return [name for name in names if name.name.endswith(suffixes) and (ROOT / name).is_file()]


def text(name):
    return (ROOT / name).read_text()
