#include "text/load_tokenizer.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/json_object.h"
#include "base/status_macros.h"
#include "text/json_fields.h"
#include "text/one_line.h"
#include "text/pipeline_tokenizer.h"
#include "text/tokenizer_json.h"

namespace gyre::text {
namespace {

using nlohmann::json;

absl::Status Prefixed(const std::string& prefix, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(prefix, status.message()));
}

// An empty object if there is no such file.
absl::StatusOr<json> ParseObject(const TokenizerFiles& files, const std::string& name) {
  auto file = files.find(name);
  if (file == files.end()) return json::object();
  absl::StatusOr<json> object = base::ParseJsonObject(file->second);
  if (!object.ok()) return Prefixed(absl::StrCat(name, ": "), object.status());
  return object;
}

// The id of tokenizer_config.json's `key`, which holds a token or an object with its content.
absl::StatusOr<std::optional<int32_t>> NamedTokenId(const json& config, const char* key,
                                                    const TokenizerPipeline& pipeline) {
  const json* value = base::FindField(config, key);
  if (value == nullptr) return std::nullopt;
  if (value->is_object()) value = base::FindField(*value, "content");
  if (value == nullptr || !value->is_string()) {
    return absl::InvalidArgumentError(
        absl::StrCat("tokenizer_config.json: \"", key, "\" must name a token"));
  }
  const std::string token = value->get<std::string>();
  if (const AddedToken* added = pipeline.added_tokens.FindContent(token)) return added->id;
  std::optional<int32_t> id = pipeline.model->TokenToId(token);
  if (!id.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("tokenizer_config.json: \"", key, "\" is \"",
                                                   OneLine(token),
                                                   "\", which tokenizer.json does not have"));
  }
  return id;
}

// generation_config.json's eos_token_id; empty if it has none.
absl::StatusOr<std::vector<int32_t>> GenerationEosIds(const json& config) {
  std::vector<int32_t> ids;
  const json* value = base::FindField(config, "eos_token_id");
  if (value == nullptr) return ids;
  const json list = value->is_array() ? *value : json::array({*value});
  for (const json& id : list) {
    absl::StatusOr<int32_t> value_id = TokenId(id, "generation_config.json");
    if (!value_id.ok()) {
      return absl::InvalidArgumentError(
          "generation_config.json: \"eos_token_id\" must be a token id or a list of them");
    }
    ids.push_back(*value_id);
  }
  return ids;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Tokenizer>> TokenizerFromFiles(const TokenizerFiles& files) {
  auto file = files.find("tokenizer.json");
  if (file == files.end()) return absl::NotFoundError("tokenizer.json: is missing");
  absl::StatusOr<TokenizerPipeline> pipeline = ParseTokenizerJson(file->second);
  if (!pipeline.ok()) return Prefixed("tokenizer.json: ", pipeline.status());

  GYRE_ASSIGN_OR_RETURN(const json config, ParseObject(files, "tokenizer_config.json"));
  GYRE_ASSIGN_OR_RETURN(const json generation, ParseObject(files, "generation_config.json"));
  GYRE_ASSIGN_OR_RETURN(std::optional<int32_t> bos_id,
                        NamedTokenId(config, "bos_token", *pipeline));
  GYRE_ASSIGN_OR_RETURN(std::vector<int32_t> eos_ids, GenerationEosIds(generation));
  if (eos_ids.empty()) {
    GYRE_ASSIGN_OR_RETURN(std::optional<int32_t> eos_id,
                          NamedTokenId(config, "eos_token", *pipeline));
    if (eos_id.has_value()) eos_ids.push_back(*eos_id);
  }
  return std::make_unique<PipelineTokenizer>(*std::move(pipeline), bos_id, std::move(eos_ids));
}

absl::StatusOr<std::unique_ptr<Tokenizer>> LoadTokenizer(const std::string& folder) {
  GYRE_ASSIGN_OR_RETURN(const TokenizerFiles files, ReadTokenizerFiles(folder));
  absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = TokenizerFromFiles(files);
  if (!tokenizer.ok()) return Prefixed(absl::StrCat(folder, "/"), tokenizer.status());
  return tokenizer;
}

}  // namespace gyre::text
