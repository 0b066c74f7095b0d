#include "cli/score/token_line.h"

#include "absl/strings/str_cat.h"
#include "base/json_object.h"
#include "base/status_macros.h"

namespace gyre::cli {
namespace {

using nlohmann::ordered_json;

absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

}  // namespace

absl::StatusOr<TokenLine> ParseTokenLine(std::string_view text,
                                         const weights::ModelConfig& config) {
  GYRE_RETURN_IF_ERROR(base::CheckJsonDepth(text));
  TokenLine line;
  line.object = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!line.object.is_object()) return Wrong("is not a JSON object");
  const auto tokens = line.object.find("tokens");
  if (tokens == line.object.end()) return Wrong("has no \"tokens\"");
  if (!tokens->is_array() || tokens->empty()) {
    return Wrong("\"tokens\" must be a list of token ids, one at least");
  }
  if (static_cast<int64_t>(tokens->size()) > config.max_positions) {
    return Wrong(absl::StrCat("has ", tokens->size(), " tokens; the model has ",
                              config.max_positions, " positions"));
  }
  for (const ordered_json& token : *tokens) {
    if (!token.is_number_unsigned() ||
        token.get<uint64_t>() >= static_cast<uint64_t>(config.vocab_size)) {
      return Wrong(absl::StrCat(token.dump(-1, ' ', false, ordered_json::error_handler_t::replace),
                                " is no token of the model: ids are below ", config.vocab_size));
    }
    line.tokens.push_back(static_cast<int32_t>(token.get<uint64_t>()));
  }
  return line;
}

std::string ScoredLine(const TokenLine& line, const float* log_probs) {
  ordered_json scored = line.object;
  ordered_json& list = scored["logprobs"] = ordered_json::array({nullptr});
  for (size_t i = 1; i < line.tokens.size(); ++i) list.push_back(log_probs[i - 1]);
  return scored.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace gyre::cli
