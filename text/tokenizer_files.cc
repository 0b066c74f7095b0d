#include "text/tokenizer_files.h"

#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"

namespace gyre::text {

absl::StatusOr<TokenizerFiles> ReadTokenizerFiles(const std::string& folder) {
  TokenizerFiles files;
  GYRE_ASSIGN_OR_RETURN(files["tokenizer.json"],
                        base::ReadFile(absl::StrCat(folder, "/tokenizer.json")));
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json",
                           "chat_template.jinja", "generation_config.json"}) {
    const std::string path = absl::StrCat(folder, "/", name);
    if (!base::Exists(path)) continue;
    GYRE_ASSIGN_OR_RETURN(files[name], base::ReadFile(path));
  }
  return files;
}

base::Sha256Digest TokenizerDigest(const TokenizerFiles& files) {
  base::Sha256 digest;
  for (const auto& [name, contents] : files) {
    digest.Update(name);
    digest.Update(std::string_view("\0", 1));
    uint8_t size_bytes[8];
    for (int i = 0; i < 8; ++i) {
      size_bytes[i] = static_cast<uint8_t>(uint64_t{contents.size()} >> (8 * i));
    }
    digest.Update(size_bytes, sizeof(size_bytes));
    digest.Update(contents);
  }
  return digest.Finish();
}

}  // namespace gyre::text
