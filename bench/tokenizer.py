"""./dev bench tokenizer: text to ids on one core, beside Hugging Face's `tokenizers`, with the real tokenizers of four families.

The texts are what stands on this machine: English prose and code (Python's documentation and library), Chinese (translated messages
of programs), numbers (made up), in pieces of about 8 KB; and one word of 10 MB. Time is the processor's, of one
thread. Prints one JSON object last. Options: --seconds N
for each measurement, --family NAME.
"""
import argparse
import array
import gettext
import hashlib
import json
import os
import pathlib
import pydoc_data.topics
import random
import subprocess
import sys
import sysconfig
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "text"))

import real_tokenizers  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

PROGRAM = ROOT / "build" / "bench" / "bench_tokenizer"
DOCUMENT_BYTES = 8_000
KIND_BYTES = 1_000_000
WORD_BYTES = 10_000_000


def documents(text):
    return [text[i:i + DOCUMENT_BYTES] for i in range(0, len(text), DOCUMENT_BYTES)]


def cut(text):
    return text.encode()[:KIND_BYTES].decode(errors="ignore")


def code():
    files = sorted(pathlib.Path(sysconfig.get_path("stdlib")).glob("*.py"))
    return "".join(file.read_text(errors="ignore") for file in files)


def chinese():
    messages = []
    for file in sorted(pathlib.Path("/usr/share/locale/zh_CN/LC_MESSAGES").glob("*.mo")):
        with file.open("rb") as stream:
            catalog = gettext.GNUTranslations(stream)._catalog
        messages += [text for key, text in catalog.items() if isinstance(key, str) and any("\u4e00" <= c <= "\u9fff" for c in text)]
    return "\n".join(messages)


def numbers():
    rng = random.Random(1)
    return "".join(f"{rng.randrange(10 ** rng.randint(1, 9))} + {rng.random():.6f} = {rng.randint(-999, 999)}, " for _ in range(40_000))


def texts():
    kinds = {"prose": cut("\n".join(pydoc_data.topics.topics.values())), "code": cut(code()), "chinese": cut(chinese()),
             "numbers": cut(numbers())}
    kinds = {kind: documents(text) for kind, text in kinds.items() if text}
    mixed = [document for kind in kinds.values() for document in kind]
    random.Random(2).shuffle(mixed)
    return {**kinds, "mixed": mixed}


def gyre(folder, lines, seconds):
    text = "".join(json.dumps(line) + "\n" for line in lines)
    result = subprocess.run([PROGRAM, folder, str(seconds)], input=text, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(result.stdout)


def peer(tokenizer, lines, seconds):
    best = spent = None
    while spent is None or spent < seconds:
        begin = time.process_time()
        ids = [tokenizer.encode(line, add_special_tokens=False).ids for line in lines]
        took = time.process_time() - begin
        best, spent = min(best or took, took), (spent or 0) + took
    digest = hashlib.sha256()
    for line_ids in ids:
        digest.update(array.array("i", line_ids).tobytes())
    return {"encode_mb_per_second": sum(len(line.encode()) for line in lines) / best / 1e6, "ids_sha256": digest.hexdigest()}


def measure(family, kinds, seconds):
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        path = real_tokenizers.write(folder, real_tokenizers.FAMILIES[family]()) / "tokenizer.json"
        tokenizer = Tokenizer.from_file(str(path))
        for kind, lines in kinds.items():
            ours, theirs = gyre(folder, lines, seconds), peer(tokenizer, lines, seconds)
            result[kind] = {"mb_per_second": round(ours["encode_mb_per_second"], 1),
                            "tokenizers_mb_per_second": round(theirs["encode_mb_per_second"], 1),
                            "decode_mb_per_second": round(ours["decode_mb_per_second"], 1), "tokens": ours["tokens"],
                            "same_ids": ours["ids_sha256"] == theirs["ids_sha256"]}
            result["load_seconds"] = round(ours["load_seconds"], 2)
            print(family, kind, result[kind], flush=True)
        rng = random.Random(3)
        word = "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(WORD_BYTES))
        result["word_of_10_mb"] = {"mb_per_second": round(gyre(folder, [word], 0)["encode_mb_per_second"], 2)}
        print(family, "word_of_10_mb", result["word_of_10_mb"], flush=True)
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--family", choices=real_tokenizers.FAMILIES, action="append")
    options = parser.parse_args()
    kinds = texts()
    result = {"benchmark": "tokenizer", "threads": 1, "bytes": {k: sum(len(t.encode()) for t in v) for k, v in kinds.items()}}
    for family in options.family or real_tokenizers.FAMILIES:
        result[family] = measure(family, kinds, options.seconds)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
