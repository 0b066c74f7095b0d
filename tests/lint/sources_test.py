"""Sources are formatted, named for what they are, and every test is registered."""
import re
import shutil
import subprocess
import unittest

import source_tree

EMPTY_NAMES = re.compile(r"(^|[/_])(utils?|common|misc|helpers?|manager)([/_.]|$)")


class Sources(unittest.TestCase):
    def test_sources_are_formatted(self):
        clang_format = shutil.which("clang-format")
        self.assertIsNotNone(clang_format, "clang-format is not installed")
        names = [str(name) for name in source_tree.files(".h", ".cc", ".cu", ".inc")]
        result = subprocess.run([clang_format, "--dry-run", "-Werror", *names], cwd=source_tree.ROOT, capture_output=True, text=True)
        bad = sorted({line.split(":")[0] for line in result.stderr.splitlines() if "clang-format-violations" in line})
        self.assertEqual(bad, [], "run ./dev format")
        self.assertEqual(result.returncode, 0, f"clang-format itself failed:\n{result.stderr[-500:]}")

    def test_every_test_file_is_registered(self):
        lists = "\n".join(source_tree.text(name) for name in source_tree.files("CMakeLists.txt") if name.parts[0] == "tests")
        registered = re.sub(r"#.*", "", lists)
        missing = [str(name) for name in source_tree.files("_test.cc", "_test.py")
                   if name.parts[0] == "tests" and not re.search(rf"\b{name.stem}\b", registered)]
        self.assertEqual(missing, [], "register them in the CMakeLists.txt beside them")

    def test_names_say_what_a_file_is(self):
        bad = [str(name) for name in source_tree.files(".h", ".cc", ".cu", ".py", ".proto", ".sh") if EMPTY_NAMES.search(str(name))]
        self.assertEqual(bad, [])

    def test_headers_are_guarded(self):
        bad = [str(name) for name in source_tree.files(".h") if "#pragma once" not in source_tree.text(name)]
        self.assertEqual(bad, [])

    def test_only_mains_read_the_environment(self):
        bad = [str(name) for name in source_tree.files(".h", ".cc")
               if name.parts[0] not in ("tests", "bench") and name.name != "main.cc" and re.search(r"\bgetenv\s*\(", source_tree.text(name))]
        self.assertEqual(bad, [])


if __name__ == "__main__":
    unittest.main()
