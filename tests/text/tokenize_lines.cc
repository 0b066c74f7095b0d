// tokenize_lines FOLDER: the tokenizer of FOLDER for the oracle tests in Python. Each line of stdin
// is a JSON string; the same line of stdout is {"ids": …, "text": decoded, "plain": decoded without
// special tokens}, or {"error": …}. Without FOLDER: writes the countdown tokenizer's files into the
// folder that follows --write-countdown.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"
#include "text/countdown_tokenizer.h"
#include "text/load_tokenizer.h"

namespace {

using gyre::text::SpecialTokens;
using gyre::text::Tokenizer;
using nlohmann::json;

int WriteCountdown(const std::string& folder) {
  for (const auto& [name, contents] : gyre::text::CountdownTokenizerFiles()) {
    absl::Status status = gyre::base::WriteFileAtomically(folder + "/" + name, contents);
    if (!status.ok()) {
      std::cerr << status << "\n";
      return 1;
    }
  }
  return 0;
}

json Answer(const Tokenizer& tokenizer, const std::string& text) {
  absl::StatusOr<std::vector<int32_t>> token_ids = tokenizer.Encode(text);
  if (!token_ids.ok()) return {{"error", std::string(token_ids.status().message())}};
  return {{"ids", *token_ids},
          {"text", tokenizer.Decode(*token_ids)},
          {"plain", tokenizer.Decode(*token_ids, SpecialTokens::kSkip)}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--write-countdown") return WriteCountdown(argv[2]);
  if (argc != 2) {
    std::cerr << "usage: tokenize_lines FOLDER | tokenize_lines --write-countdown FOLDER\n";
    return 2;
  }
  absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = gyre::text::LoadTokenizer(argv[1]);
  if (!tokenizer.ok()) {
    std::cerr << tokenizer.status() << "\n";
    return 1;
  }
  for (std::string line; std::getline(std::cin, line);) {
    const json text = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!text.is_string()) {
      std::cerr << "not a JSON string: " << line << "\n";
      return 1;
    }
    std::cout << Answer(**tokenizer, text.get<std::string>()).dump() << "\n";
  }
  return 0;
}
