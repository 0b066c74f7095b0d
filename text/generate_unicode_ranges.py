"""Writes unicode_ranges.inc: what each character is to Hugging Face's `tokenizers`, measured from that package itself.

The package uses the Unicode tables of three libraries, of different versions; the ids of a text depend on all of them. So the
sets are asked of it, character by character. Run by the test environment's Python:

    python text/generate_unicode_ranges.py [--check]     # --check: only compares; exit 1 if the file differs

It needs libutf8proc.so (Debian: libutf8proc-dev) to find out where that library's Unicode is newer than the normalizer's.
"""
import ctypes
import pathlib
import sys

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, AddedToken

FILE = pathlib.Path(__file__).with_name("unicode_ranges.inc")
CHARACTERS = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
CHUNK = 200
# Bits of text/character_classes.h.
LETTER, NUMBER, SPACE, NUMERIC, WORD, UNSETTLED, INERT = (1 << i for i in range(7))

HEAD = """\
// clang-format off
// Written by generate_unicode_ranges.py from tokenizers {version}; not by hand. Each row: first and last
// character, bits of CharacterClass. Characters in no row have no class.
"""


def matched(pre_tokenizer):
    """Characters that a pre-tokenizer of behavior "removed" takes away."""
    kept = set()
    for begin in range(0, len(CHARACTERS), 4096):
        chunk = "".join(CHARACTERS[begin:begin + 4096])
        for piece, _ in pre_tokenizer.pre_tokenize_str(chunk):
            kept.update(piece)
    return {c for c in CHARACTERS if c not in kept}


def by_regex(pattern):
    return matched(pre_tokenizers.Split(Regex(pattern), "removed"))


def numeric():
    """What Digits cuts out: the pieces of length one between a's."""
    found = set()
    digits = pre_tokenizers.Digits(individual_digits=True)
    for begin in range(0, len(CHARACTERS), 4096):
        chunk = CHARACTERS[begin:begin + 4096]
        for piece, _ in digits.pre_tokenize_str("a" + "a".join(chunk) + "a"):
            if len(piece) == 1 and piece != "a":
                found.add(piece)
    return found


def word():
    """What an added token with single_word may not follow."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.add_tokens([AddedToken("<x>", single_word=True, normalized=False)])
    found = set()
    for begin in range(0, len(CHARACTERS), CHUNK):
        chunk = CHARACTERS[begin:begin + CHUNK]
        encoding = tokenizer.encode("".join(c + "<x> " for c in chunk), add_special_tokens=False)
        free = {begin + start // 5 for start, _ in encoding.offsets}
        found.update(c for i, c in enumerate(chunk) if begin + i not in free)
    return found


def normalization():
    """(unsettled, inert): characters that may make a text differ from its NFC; characters that are plain to the package's
    tables but not to utf8proc's."""
    nfc, nfd = normalizers.NFC(), normalizers.NFD()
    compose, decompose = nfc.normalize_str, nfd.normalize_str
    base, first, last = "\u4e00", "\u0334", "\u0301"  # combining classes 0, 1, 230

    def moves(c, normalize):
        return normalize(base + last + c) != base + last + c or normalize(base + c + first) != base + c + first

    def seconds(decomposed, composed):
        return {d[-1] for c in CHARACTERS if len(d := decomposed(c)) > 1 and composed(d) == c}

    theirs = {c for c in CHARACTERS if compose(c) != c or moves(c, compose)} | seconds(decompose, compose)
    ours_compose, ours_decompose = utf8proc()
    ours = {c for c in CHARACTERS if c != "\0" and (ours_compose(c) != c or moves(c, ours_compose))}
    ours |= seconds(lambda c: ours_decompose(c) if c != "\0" else c, ours_compose)
    firsts = {d[0] for c in CHARACTERS if c != "\0" and len(d := ours_decompose(c)) > 1 and ours_compose(d) == c}
    firsts -= {d[0] for c in CHARACTERS if len(d := decompose(c)) > 1 and compose(d) == c}
    missing = theirs - ours
    assert not missing, f"utf8proc lacks {sorted(map(ord, missing))}"
    return theirs, (ours - theirs) | firsts


def utf8proc():
    library = ctypes.CDLL("libutf8proc.so")
    functions = []
    for name in ("utf8proc_NFC", "utf8proc_NFD"):
        function = getattr(library, name)
        function.restype = ctypes.c_char_p
        functions.append(lambda text, f=function: f(text.encode()).decode())
    return functions


def rows(classes):
    first = previous = 0
    for code in range(1, 0x110001):
        flags = classes.get(code, 0)
        if flags != previous:
            if previous:
                yield first, code - 1, previous
            first, previous = code, flags


def generated():
    import tokenizers
    unsettled, inert = normalization()
    classes = {}
    sets = ((LETTER, by_regex(r"\p{L}")), (NUMBER, by_regex(r"\p{N}")), (SPACE, by_regex(r"\s")), (NUMERIC, numeric()),
            (WORD, word()), (UNSETTLED, unsettled), (INERT, inert))
    for flag, characters in sets:
        print(f"{flag:3} {len(characters)}", file=sys.stderr)
        for c in characters:
            classes[ord(c)] = classes.get(ord(c), 0) | flag
    cells = [f"{{{first:#x}, {last:#x}, {flags}}}," for first, last, flags in rows(classes)]
    lines = []
    for cell in cells:
        if lines and len(lines[-1]) + 1 + len(cell) <= 120:
            lines[-1] += " " + cell
        else:
            lines.append(cell)
    return HEAD.format(version=tokenizers.__version__) + "\n".join(lines) + "\n"


if __name__ == "__main__":
    text = generated()
    if "--check" in sys.argv:
        sys.exit(0 if FILE.read_text() == text else f"{FILE} is not what this script writes")
    FILE.write_text(text)
