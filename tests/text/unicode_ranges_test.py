"""text/unicode_ranges.inc is what its generator writes for the installed `tokenizers`."""
import os
import pathlib
import subprocess
import sys
import unittest

GENERATOR = pathlib.Path(os.environ["GYRE_SOURCE_DIR"]) / "text" / "generate_unicode_ranges.py"


class UnicodeRanges(unittest.TestCase):
    def test_the_file_is_the_generators(self):
        result = subprocess.run([sys.executable, GENERATOR, "--check"], stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)


if __name__ == "__main__":
    unittest.main()
