#include "cli/generate/prompt_file.h"

#include <limits>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "nlohmann/json.hpp"

namespace gyre::cli {
namespace {

absl::StatusOr<std::vector<int32_t>> TokenIds(const nlohmann::json& ids) {
  const auto refusal = [] {
    return absl::InvalidArgumentError("\"prompt_tokens\" must be an array of token ids");
  };
  if (!ids.is_array()) return refusal();
  std::vector<int32_t> tokens;
  for (const nlohmann::json& id : ids) {
    if (!id.is_number_integer()) return refusal();
    const bool fits = id.is_number_unsigned()
                          ? id.get<uint64_t>() <= std::numeric_limits<int32_t>::max()
                          : id.get<int64_t>() >= 0;
    if (!fits) return absl::InvalidArgumentError(absl::StrCat("token ", id.dump(), " is no id"));
    tokens.push_back(id.get<int32_t>());
  }
  return tokens;
}

absl::StatusOr<std::vector<int32_t>> ParsePrompt(const std::string& line,
                                                 const text::Tokenizer* tokenizer) {
  const nlohmann::json object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return absl::InvalidArgumentError("not a JSON object");
  const bool has_text = object.contains("prompt");
  const bool has_tokens = object.contains("prompt_tokens");
  if (has_text == has_tokens) {
    return absl::InvalidArgumentError(has_text ? "has both \"prompt\" and \"prompt_tokens\""
                                               : "has neither \"prompt\" nor \"prompt_tokens\"");
  }
  if (has_tokens) return TokenIds(object["prompt_tokens"]);
  if (!object["prompt"].is_string()) return absl::InvalidArgumentError("\"prompt\" is no text");
  if (tokenizer == nullptr) {
    return absl::InvalidArgumentError(
        "the model has no tokenizer; give \"prompt_tokens\" in place of \"prompt\"");
  }
  return tokenizer->Encode(object["prompt"].get<std::string>());
}

}  // namespace

absl::StatusOr<std::vector<FilePrompt>> ReadPrompts(const std::string& path,
                                                    const text::Tokenizer* tokenizer) {
  GYRE_ASSIGN_OR_RETURN(const std::string content, base::ReadFile(path));
  std::vector<FilePrompt> prompts;
  std::string first_fault;
  uint64_t faults = 0;
  std::istringstream lines(content);
  uint64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    absl::StatusOr<std::vector<int32_t>> tokens = ParsePrompt(line, tokenizer);
    if (tokens.ok() && tokens->empty()) tokens = absl::InvalidArgumentError("the prompt is empty");
    if (tokens.ok()) {
      prompts.push_back({number, *std::move(tokens)});
    } else if (faults++ == 0) {
      first_fault = absl::StrCat(path, ":", number, ": ", tokens.status().message());
    }
  }
  if (faults > 0) {
    return absl::InvalidArgumentError(
        faults == 1 ? first_fault
                    : absl::StrCat(first_fault, " (", faults - 1, " more such lines)"));
  }
  if (prompts.empty()) return absl::InvalidArgumentError(absl::StrCat(path, " has no prompt"));
  return prompts;
}

}  // namespace gyre::cli
