"""Chat templates against transformers, which interprets the models' own: same prompts, byte for byte."""
import json
import os
import pathlib
import random
import subprocess
import unittest

import real_tokenizers
import text_corpus
from transformers.utils.chat_template_utils import render_jinja_template

RENDER_CHATS = pathlib.Path(os.environ["GYRE_BINARY_DIR"]).parent / "tests" / "render_chats"
NUM_CHATS = 1500
BOS = "<|begin|>"


def published(name):
    """A template as the model's authors publish it; the package trl keeps copies."""
    return (real_tokenizers.package("trl") / "chat_templates" / f"{name}.jinja").read_text()


def qwen2_5_math():
    """Differs from Qwen2.5's in the system text alone."""
    return published("qwen2_5").replace("You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
                                        r"Please reason step by step, and put your final answer within \\boxed{}.")


TEMPLATES = {
    "DeepSeek-R1-Distill": lambda: published("deepseek_r1_distill"),
    "Llama 3": lambda: published("llama3"),
    "Llama 3.1": lambda: published("llama3_1"),
    "Qwen2.5": lambda: published("qwen2_5"),
    "Qwen2.5-Math": qwen2_5_math,
    "Qwen3": lambda: published("qwen3"),
    "Qwen3-Instruct-2507": lambda: published("qwen3_instruct_2507"),
    "SmolLM2": lambda: real_tokenizers.smollm2_metadata()["tokenizer.chat_template"],
}


def random_chat(rng, texts):
    messages = []
    for _ in range(rng.randint(1, 6)):
        parts = [rng.choice(texts) for _ in range(rng.randint(1, 3))]
        if rng.random() < 0.4:
            parts.insert(rng.randrange(len(parts) + 1), rng.choice(["<think>\n", "</think>", "\n</think>\n\n", "<think>", "<tool_response>",
                                                                    "</tool_response>", "\n\n", " \t\u3000\x1c"]))
        if rng.random() < 0.1:
            parts = ["<tool_response>", *parts, "</tool_response>"]
        messages.append({"role": rng.choice(["system", "user", "user", "assistant", "assistant"]), "content": "".join(parts)})
    return messages


class ChatTemplates(unittest.TestCase):
    def ours(self, chats):
        result = subprocess.run([RENDER_CHATS], input="".join(json.dumps(chat) + "\n" for chat in chats), stdout=subprocess.PIPE,
                                text=True, check=True)
        return [json.loads(line) for line in result.stdout.split("\n")[:-1]]

    def check(self, family, template, date=""):
        rng = random.Random(family)
        texts = text_corpus.corpus(family, 600, special_tokens=["<|im_end|>", "<think>", "</think>"])
        chats = [{"template": template, "bos_token": BOS, "messages": random_chat(rng, texts), "guess": False, "date": date,
                  "add_generation_prompt": rng.random() < 0.5,
                  "enable_thinking": rng.choice([None, True, False]) if family == "Qwen3" else None} for _ in range(NUM_CHATS)]
        for chat, ours in zip(chats, self.ours(chats)):
            options = {"bos_token": BOS, "date_string": date or "26 Jul 2024"}
            if chat["enable_thinking"] is not None:
                options["enable_thinking"] = chat["enable_thinking"]
            theirs, _ = render_jinja_template(conversations=[chat["messages"]], chat_template=template,
                                              add_generation_prompt=chat["add_generation_prompt"], **options)
            self.assertEqual(ours.get("family"), family, ours)
            self.assertEqual(ours["prompt"], theirs[0], chat["messages"])

    def test_every_family(self):
        for family, template in TEMPLATES.items():
            with self.subTest(family):
                self.check(family, template())

    def test_llama_with_a_date(self):
        self.check("Llama 3.1", published("llama3_1"), date="03 Feb 2025")
        self.check("Llama 3.1", published("llama3_2"), date="03 Feb 2025")

    def test_a_line_end_behind_the_template_changes_nothing(self):
        for family, template in TEMPLATES.items():
            source = template().removesuffix("\n") + "\n"
            ours = self.ours([{"template": source, "bos_token": "", "messages": [{"role": "user", "content": "x"}], "guess": False,
                               "date": "", "add_generation_prompt": True, "enable_thinking": None}])
            self.assertEqual(ours[0].get("family"), family)

    def test_another_template_is_refused_or_guessed_by_its_marks(self):
        chat = {"bos_token": "", "messages": [{"role": "user", "content": "x"}], "date": "", "add_generation_prompt": True,
                "enable_thinking": None}
        for family, template in TEMPLATES.items():
            changed = template() + "{# changed #}"
            refused, guessed = self.ours([{**chat, "template": changed, "guess": guess} for guess in (False, True)])
            self.assertIn("none of those that are known", refused["error"])
            if family not in ("Qwen2.5-Math", "Qwen3-Instruct-2507"):  # they look like ChatML
                self.assertEqual(guessed["family"], family)


if __name__ == "__main__":
    unittest.main()
