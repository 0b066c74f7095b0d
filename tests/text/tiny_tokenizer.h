// A tokenizer whose ids are bytes, and the special token <end> of id 256.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "text/byte_alphabet.h"
#include "text/load_tokenizer.h"

namespace gyre::text {

inline std::unique_ptr<Tokenizer> ByteTokenizer() {
  nlohmann::json vocabulary;
  for (int byte = 0; byte < 256; ++byte) {
    vocabulary[WrittenBytes(std::string(1, static_cast<char>(byte)))] = byte;
  }
  const nlohmann::json byte_level = {{"type", "ByteLevel"}, {"add_prefix_space", false}};
  const nlohmann::json root = {
      {"added_tokens", {{{"id", 256}, {"content", "<end>"}, {"special", true}}}},
      {"pre_tokenizer", byte_level},
      {"decoder", byte_level},
      {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", nlohmann::json::array()}}}};
  return *TokenizerFromFiles({{"tokenizer.json", root.dump()}});
}

}  // namespace gyre::text
