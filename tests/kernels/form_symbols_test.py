"""The forms of the kernels are one source compiled for different processors. Were any of their functions or constants visible
to the linker as mergeable (weak), it could put one form's AVX-512 code in another's place and crash older processors."""
import os
import platform
import subprocess
import sys

library = os.path.join(os.environ["GYRE_BINARY_DIR"], "..", "kernels", "libgyre_kernels.a")
listing = subprocess.run(["nm", "-A", "-C", library], check=True, capture_output=True, text=True).stdout
forms = ("plain.cc.o", "avx2.cc.o", "avx512.cc.o")
seen, mergeable, exported = set(), [], []
for line in listing.splitlines():
    _, member, rest = line.split(":", 2)
    if member not in forms:
        continue
    seen.add(member)
    kind, name = rest[17:].split(" ", 1)
    if kind in "WwVvu" and not name.startswith("DW.ref."):
        mergeable.append(f"{member}: {name}")
    if kind in "TDBR":
        exported.append(f"{member}: {name}")

assert seen == (set(forms) if platform.machine() == "x86_64" else {"plain.cc.o"}), listing[:2000]
assert not mergeable, "mergeable symbols in a form:\n" + "\n".join(mergeable)
wanted = {"plain.cc.o": "Plain", "avx2.cc.o": "Avx2", "avx512.cc.o": "Avx512"}
assert sorted(exported) == sorted(f"{m}: gyre::kernels::{wanted[m]}Kernels()" for m in seen), exported
print(f"{len(seen)} forms, no mergeable symbol")
sys.exit(0)
