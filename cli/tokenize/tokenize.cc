#include "cli/tokenize/tokenize.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace gyre::cli {
namespace {

using nlohmann::json;

absl::StatusOr<std::string> EncodedLine(const text::Tokenizer& tokenizer, const json& line) {
  if (!line.is_string()) return absl::InvalidArgumentError("is not a JSON string");
  GYRE_ASSIGN_OR_RETURN(const std::vector<int32_t> ids,
                        tokenizer.Encode(line.get_ref<const std::string&>()));
  return json(ids).dump();
}

absl::StatusOr<std::string> DecodedLine(const text::Tokenizer& tokenizer, const json& line) {
  if (!line.is_array()) return absl::InvalidArgumentError("is not a JSON array of token ids");
  std::vector<int32_t> ids;
  ids.reserve(line.size());
  for (const json& id : line) {
    if (!id.is_number_unsigned()) {
      return absl::InvalidArgumentError("is not a JSON array of token ids");
    }
    const uint64_t value = id.get<uint64_t>();
    if (value >= static_cast<uint64_t>(tokenizer.vocabulary_size())) {
      return absl::InvalidArgumentError(absl::StrCat("has the token id ", value,
                                                     ", but the tokenizer has only ",
                                                     tokenizer.vocabulary_size(), " ids"));
    }
    ids.push_back(static_cast<int32_t>(value));
  }
  return json(tokenizer.Decode(ids)).dump();
}

}  // namespace

absl::Status Tokenize(const text::Tokenizer& tokenizer, TokenizeDirection direction,
                      std::istream& in, std::ostream& out) {
  std::string line;
  for (uint64_t number = 1; std::getline(in, line); ++number) {
    const json value = json::parse(line, nullptr, /*allow_exceptions=*/false);
    absl::StatusOr<std::string> answer = direction == TokenizeDirection::kEncode
                                             ? EncodedLine(tokenizer, value)
                                             : DecodedLine(tokenizer, value);
    if (!answer.ok()) {
      out.flush();
      return absl::Status(answer.status().code(),
                          absl::StrCat("line ", number, ": ", answer.status().message()));
    }
    if (!(out << *answer << '\n')) break;
  }
  out.flush();
  if (!out) return absl::UnavailableError("standard output cannot be written to");
  return absl::OkStatus();
}

}  // namespace gyre::cli
