#pragma once

#include <string>

#include "text/tokenizer_files.h"

namespace gyre::text {

// The tokenizer of the countdown task as HF files, the same bytes every time. 119 tokens, in order
// of id: <pad> <bos> <eos> (special), <think> </think> <answer> </answer> (not special), " no\n",
// " yes\n", " vs ", the numbers 0 … 99, and + - * ( ) = , : and space. Any other text is refused.
std::string CountdownTokenizerJson();
std::string CountdownTokenizerConfigJson();

// Under their names: both, and a generation_config.json that says the same of begin, end and
// padding tokens.
TokenizerFiles CountdownTokenizerFiles();

}  // namespace gyre::text
