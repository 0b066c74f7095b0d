#include "spec/model_tokenizer.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "text/gguf_tokenizer.h"
#include "text/load_tokenizer.h"
#include "weights/gguf_file.h"
#include "weights/gguf_tokenizer.h"
#include "weights/stored_model.h"

namespace gyre::spec {
namespace {

text::GgufTokenizer ForText(weights::GgufTokenizer&& read) {
  std::vector<int32_t> eos_token_ids;
  for (const std::optional<int32_t>& id :
       {read.eos_token_id, read.eot_token_id, read.eom_token_id}) {
    const bool is_new =
        std::find(eos_token_ids.begin(), eos_token_ids.end(), id) == eos_token_ids.end();
    if (id.has_value() && is_new) eos_token_ids.push_back(*id);
  }
  return {.model = std::move(read.model),
          .pre = std::move(read.pre),
          .tokens = std::move(read.tokens),
          .token_types = std::move(read.token_types),
          .merges = std::move(read.merges),
          .bos_token_id = read.bos_token_id,
          .eos_token_ids = std::move(eos_token_ids),
          .padding_token_id = read.padding_token_id,
          .add_bos_token = read.add_bos_token,
          .add_eos_token = read.add_eos_token,
          .chat_template = std::move(read.chat_template)};
}

absl::StatusOr<text::TokenizerFiles> FilesOfGguf(const weights::GgufFile& file) {
  GYRE_ASSIGN_OR_RETURN(weights::GgufTokenizer tokenizer,
                        weights::ReadGgufTokenizer(file.metadata()));
  return text::TokenizerFilesFromGguf(ForText(std::move(tokenizer)));
}

absl::Status Named(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace

absl::StatusOr<text::TokenizerFiles> ReadModelTokenizerFiles(const std::string& path) {
  if (!weights::IsGgufPath(path)) return text::ReadTokenizerFiles(path);
  GYRE_ASSIGN_OR_RETURN(const weights::GgufFile file, weights::GgufFile::Open(path));
  absl::StatusOr<text::TokenizerFiles> files = FilesOfGguf(file);
  if (!files.ok()) return Named(path, files.status());
  return files;
}

absl::StatusOr<std::unique_ptr<text::Tokenizer>> LoadModelTokenizer(const std::string& path) {
  if (!weights::IsGgufPath(path)) return text::LoadTokenizer(path);
  GYRE_ASSIGN_OR_RETURN(const text::TokenizerFiles files, ReadModelTokenizerFiles(path));
  absl::StatusOr<std::unique_ptr<text::Tokenizer>> tokenizer = text::TokenizerFromFiles(files);
  if (!tokenizer.ok()) return Named(path, tokenizer.status());
  return tokenizer;
}

}  // namespace gyre::spec
