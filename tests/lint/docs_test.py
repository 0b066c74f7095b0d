"""README and docs/ are true: their links lead somewhere, their commands exist, each folder is named."""
import re
import subprocess
import unittest

import source_tree

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE_BLOCK = re.compile(r"```(?:sh|bash|console)\n(.*?)```", re.S)


class Docs(unittest.TestCase):
    def documents(self):
        return [name for name in source_tree.files(".md")]

    def test_links_lead_somewhere(self):
        faults = []
        for name in self.documents():
            for target in LINK.findall(source_tree.text(name)):
                if not re.match(r"[a-z]+:", target) and not (source_tree.ROOT / name.parent / target).exists():
                    faults.append(f"{name}: {target}")
        self.assertEqual(faults, [])

    def test_every_document_is_linked(self):
        linked = set()
        for name in self.documents():
            for target in LINK.findall(source_tree.text(name)):
                linked.add((source_tree.ROOT / name.parent / target).resolve())
        orphans = [str(name) for name in self.documents()
                   if name.parts[0] == "docs" and (source_tree.ROOT / name).resolve() not in linked]
        self.assertEqual(orphans, [], "link them from README.md or another page")

    def test_dev_commands_exist(self):
        usage = subprocess.run(["./dev", "help"], cwd=source_tree.ROOT, check=True, capture_output=True, text=True).stdout
        faults = []
        for name in self.documents():
            for block in CODE_BLOCK.findall(source_tree.text(name)):
                for command in re.findall(r"^\s*(?:\$ )?\./dev (\w+)", block, re.M):
                    if not re.search(rf"^  {command}\b", usage, re.M):
                        faults.append(f"{name}: ./dev {command}")
            for benchmark in re.findall(r"\./dev bench ([a-z_]+)", source_tree.text(name)):
                if not any((source_tree.ROOT / "bench" / (benchmark + end)).exists() for end in (".cc", ".py")):
                    faults.append(f"{name}: ./dev bench {benchmark}")
        self.assertEqual(faults, [])

    def test_tests_of_the_failure_model_exist(self):
        rows = [line for line in source_tree.text("docs/failure_model.md").splitlines() if line.startswith("| ")]
        named = {test for row in rows if row.count("|") == 4 for test in re.findall(r"\b[a-z]+/[a-z_]+\b", row.split("|")[3])}
        self.assertGreater(len(named), 10)
        tests = source_tree.ROOT / "tests"
        faults = [test for test in sorted(named) if not any((tests / (test + end)).exists() for end in ("", ".cc", ".py"))]
        self.assertEqual(faults, [])

    def test_readme_names_every_folder(self):
        readme = source_tree.text("README.md")
        folders = {name.parts[0] for name in source_tree.files(".h", ".cc", ".proto") if len(name.parts) > 1}
        self.assertEqual([f for f in sorted(folders) if f"`{f}/`" not in readme], [])


if __name__ == "__main__":
    unittest.main()
