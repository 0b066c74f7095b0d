"""Texts of many kinds, the same ones for a seed: what a tokenizer meets, and what it hardly ever meets."""
import pathlib
import random
import sysconfig
import unicodedata

PROSE = """It was the best of times, it was the worst of times; we'd all go direct to Heaven, they'll say, and I'm sure you've heard it.
The committee's report — 1,234 pages long! — wasn't read by anyone (except Dr. O'Neill's assistant, who'd "skimmed" it in 3.5 hours).
DON'T SHOUT: IT'S RUDE, WE'LL LEAVE, THEY'VE GONE, I'D SAY. don’t use curly quotes’s either. naïve café façade coöperate Zürich Łódź.
Wenn sich die Möglichkeit ergibt, überqueren wir die Straße; «voilà», répondit-elle, où êtes-vous? ¿Qué pasó? ¡Increíble!
Το γρήγορο καφέ αλεπού. Быстрая коричневая лиса прыгает через ленивую собаку, не так ли? Съешь ещё этих мягких французских булок.
""".splitlines()
CHINESE = """深度学习模型通过大规模强化学习获得推理能力，无需监督微调作为初始步骤。我们发现，随着训练的进行，模型的回答越来越长。
设函数f(x)=x²+2x+1，求f(x)在区间[0，3]上的最大值。解：因为f'(x)=2x+2＞0，所以f(x)单调递增，最大值为f(3)=16。
「吾輩は猫である。名前はまだ無い。」どこで生れたかとんと見当がつかぬ。カタカナとひらがな、漢字が混ざった文章です。
한국어 문장도 있습니다. 빠른 갈색 여우가 게으른 개를 뛰어넘습니다. 2024년 7월 26일, 오후 3시 45분에 만나요.
床前明月光，疑是地上霜。举头望明月，低头思故乡。《静夜思》——李白（701年－762年）
""".splitlines()
ARABIC = """السلام عليكم ورحمة الله وبركاته، كيف حالك اليوم؟ أتمنى أن تكون بخير. العدد ١٢٣٤٥ والنسبة ٪٥٠.
بِسْمِ اللَّهِ الرَّحْمَٰنِ الرَّحِيمِ ﷽ ﷺ הַשָּׁמַיִם וְאֵת הָאָרֶץ שלום עולם
नमस्ते दुनिया, यह एक परीक्षण है। क्षत्रिय ज्ञान श्रीमान् १२३ ไทยภาษาสวัสดีครับ ภาษาไทยไม่มีช่องว่าง ๑๒๓
""".splitlines()
MATHS = r"""Let $f(x)=\frac{1}{\sqrt{2\pi\sigma^2}}e^{-\frac{(x-\mu)^2}{2\sigma^2}}$; then $\int_{-\infty}^{\infty}f(x)\,dx=1$.
∀ε>0 ∃δ>0: |x−a|<δ ⇒ |f(x)−f(a)|<ε, ∑_{n=1}^∞ 1/n² = π²/6 ≈ 1.6449340668, ∂²u/∂t² = c²∇²u, A⊆B∪C, x∉ℝ\ℚ
\boxed{\dfrac{-b\pm\sqrt{b^2-4ac}}{2a}} 0x1F 1e-10 3.14159265358979 ½ ⅔ ¾ x₁²+y₂³ Ⅷ ⅻ ①②③ 10^{100} 1,000,000.00 100000000000
""".splitlines()
EMOJI = ["😀😁🤣", "👨‍👩‍👧‍👦", "🏳️‍🌈🏴‍☠️", "👍🏽👍🏿", "🇩🇪🇺🇳", "❤️☠️✔️", "1️⃣#️⃣", "🧑🏻‍💻", "\U0001FAE0", "☕️ is hot🔥🔥"]
SPACES = [" ", "  ", "   ", "\n", "\n\n", "\r\n", "\r", "\t", "\t\t", " \n", "\n ", " \t ", "\u00a0", "\u2003", "\u2028", "\u3000", "\u1680",
          "\u180e", "\u200b", "\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\ufeff", " " * 17, "\n" * 5, "\t\n  \r\n "]
FRAGMENTS = ["'s", "'S", "'\u017f", "'t", "'RE", "'re", "'vE", "'ll", "'LL", "'d", "'m", "''", "'", "don't", "a'sb", "'lL", "'l", "'r",
             "1", "12", "123", "1234", "٣", "²", "Ⅳ", "\u0bf0", "a", "Z", "é", "ß", "ŉ", "ﬆ", "ǆ", "K", "İ", "ı", ".", "...", "!?", "—", "_",
             "__init__", "->", "//", "\\n", "<", ">", "{}", "[]", "|", "<|", "|>", "\u0301", "\u0308", "e\u0301", "\u1100\u1161\u11a8", "한",
             "\u09c7\u09be", "\u0f71\u0f72", "\u212b", "\u2126", "\ufb01", "\u0344", "\u0958", "\U0001d15e", "q\u0323\u0307", "q\u0307\u0323"]


def code_lines(rng, count):
    """Lines of Python's own library, with their indentation."""
    files = sorted(pathlib.Path(sysconfig.get_path("stdlib")).glob("*.py"))
    lines = [line for file in rng.sample(files, 12) for line in file.read_text(errors="ignore").splitlines()]
    return [rng.choice(lines) for _ in range(count)]


def phrases(rng, sources, count):
    """Stretches of the sources, cut anywhere, put together."""
    for _ in range(count):
        parts = []
        for _ in range(rng.randint(1, 3)):
            source = rng.choice(sources)
            begin = rng.randrange(len(source) + 1)
            parts.append(source[begin:begin + rng.randint(0, 60)])
        yield rng.choice(["", " ", "\n"]).join(parts)


def mixtures(rng, pieces, count, most=12):
    for _ in range(count):
        yield "".join(rng.choice(pieces) for _ in range(rng.randint(0, most)))


def random_bytes(rng, count):
    """Bytes read as UTF-8, what is wrong in them replaced; and characters from all planes, assigned or not."""
    for _ in range(count):
        if rng.random() < 0.5:
            yield rng.randbytes(rng.randint(0, 40)).decode("utf-8", "replace")
        else:
            codes = (rng.choice([rng.randrange(0x300), rng.randrange(0xD800), rng.randrange(0xE000, 0x110000)]) for _ in range(rng.randint(0, 20)))
            yield "".join(map(chr, codes))


def decomposed(rng, count):
    """Texts in which characters and marks stand in other orders and forms than NFC has them."""
    marks = [chr(c) for c in range(0x110000) if unicodedata.combining(chr(c))]
    sources = PROSE + ARABIC + CHINESE
    for text in phrases(rng, sources, count):
        text = unicodedata.normalize(rng.choice(["NFD", "NFC", "NFKD"]), text)
        if text and rng.random() < 0.7:
            place = rng.randrange(len(text))
            text = text[:place] + "".join(rng.choice(marks) for _ in range(rng.randint(1, 5))) + text[place:]
        yield text


def corpus(seed, count, vocabulary=(), special_tokens=()):
    """About `count` texts; `vocabulary` are tokens as text, which are put together at random, and so are special tokens."""
    rng = random.Random(seed)
    share = count // 10
    texts = list(phrases(rng, PROSE, share)) + list(phrases(rng, CHINESE, share)) + list(phrases(rng, ARABIC, share // 2))
    texts += list(phrases(rng, MATHS, share // 2)) + code_lines(rng, share) + list(random_bytes(rng, share)) + list(decomposed(rng, share))
    texts += mixtures(rng, FRAGMENTS + SPACES + EMOJI, share)
    texts += mixtures(rng, FRAGMENTS + SPACES + PROSE[0].split() + list(special_tokens) * 3, share)
    if vocabulary:
        texts += mixtures(rng, list(vocabulary), share)
    texts += mixtures(rng, PROSE + CHINESE + ARABIC + MATHS + SPACES + EMOJI + list(special_tokens), count - len(texts), most=6)
    rng.shuffle(texts)
    return texts
