// tokenize_lines FOLDER: the tokenizer of FOLDER for the oracle tests in Python. A line of stdin is
// a JSON string, or an array of ids; the same line of stdout is {"ids": …, "text": decoded,
// "plain": decoded without special tokens, "pieces": what the tokens give when they are decoded one
// by one}, or {"error": …}. The first line of stdout is {"before": …, "after": …}, the tokens that
// are put around a text. Without FOLDER: writes the countdown tokenizer's files into the folder
// that follows --write-countdown.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"
#include "text/countdown_tokenizer.h"
#include "text/load_tokenizer.h"
#include "text/streaming_decoder.h"

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

json Decoded(const Tokenizer& tokenizer, const std::vector<int32_t>& token_ids) {
  gyre::text::StreamingDecoder stream(tokenizer);
  json pieces = json::array();
  for (int32_t id : token_ids) pieces.push_back(stream.Add(id));
  pieces.push_back(stream.Finish());
  return {{"ids", token_ids},
          {"text", tokenizer.Decode(token_ids)},
          {"plain", tokenizer.Decode(token_ids, SpecialTokens::kSkip)},
          {"pieces", pieces}};
}

json Answer(const Tokenizer& tokenizer, const json& line) {
  if (line.is_array()) return Decoded(tokenizer, line.get<std::vector<int32_t>>());
  absl::StatusOr<std::vector<int32_t>> token_ids = tokenizer.Encode(line.get<std::string>());
  if (!token_ids.ok()) return {{"error", std::string(token_ids.status().message())}};
  return Decoded(tokenizer, *token_ids);
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
  std::cout << json{{"before", (*tokenizer)->frame_tokens().before},
                    {"after", (*tokenizer)->frame_tokens().after}}
                   .dump()
            << "\n";
  for (std::string line; std::getline(std::cin, line);) {
    const json value = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!value.is_string() && !value.is_array()) {
      std::cerr << "neither a JSON string nor an array: " << line << "\n";
      return 1;
    }
    std::cout << Answer(**tokenizer, value).dump() << "\n";
  }
  return 0;
}
