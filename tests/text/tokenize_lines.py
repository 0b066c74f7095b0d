"""Runs tokenize_lines, our tokenizer for tests."""
import json
import os
import pathlib
import subprocess

PROGRAM = pathlib.Path(os.environ["GYRE_BINARY_DIR"]).parent / "tests" / "tokenize_lines"


def run(folder, lines):
    """(frame, answers): the tokens around a text, and what becomes of each line, a string or a list of ids."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    result = subprocess.run([PROGRAM, folder], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    frame, *answers = (json.loads(line) for line in result.stdout.split("\n")[:-1])
    assert len(answers) == len(lines)
    return frame, answers
