#include "text/bpe_model.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "text/byte_alphabet.h"
#include "text/one_line.h"

namespace gyre::text {

absl::StatusOr<BpeModel> BpeModel::Create(
    Vocabulary vocabulary, const std::vector<std::pair<std::string, std::string>>& merges,
    const BpeOptions& options) {
  BpeModel model(std::move(vocabulary));
  for (int byte = 0; byte < 256; ++byte) {
    const char character = static_cast<char>(byte);
    model.byte_tokens_[byte] =
        model.TokenToId(WrittenBytes(std::string_view(&character, 1))).value_or(kNoToken);
  }
  GYRE_RETURN_IF_ERROR(model.AddMerges(merges));
  GYRE_RETURN_IF_ERROR(model.SetUnknown(options));
  model.FindWholePieces(options.ignore_merges);
  return model;
}

absl::Status BpeModel::AddMerges(const std::vector<std::pair<std::string, std::string>>& merges) {
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    const auto& [left, right] = merges[rank];
    const std::string merged = left + right;
    for (const std::string* token : {&left, &right, &merged}) {
      if (!TokenToId(*token).has_value()) {
        return absl::InvalidArgumentError(absl::StrCat(
            "merge ", rank, " (\"", OneLine(left), "\", \"", OneLine(right),
            "\") needs the token \"", OneLine(*token), "\", which the vocabulary does not have"));
      }
    }
    merges_.Add(*TokenToId(left), *TokenToId(right), static_cast<uint32_t>(rank),
                *TokenToId(merged));
  }
  return absl::OkStatus();
}

absl::Status BpeModel::SetUnknown(const BpeOptions& options) {
  fuse_unknown_ = options.fuse_unknown;
  if (options.unknown_token.empty()) return absl::OkStatus();
  unknown_id_ = TokenToId(options.unknown_token).value_or(kNoToken);
  for (int byte = 0; byte < 256; ++byte) {
    if (byte_tokens_[byte] == kNoToken && unknown_id_ == kNoToken) {
      return absl::InvalidArgumentError(
          absl::StrCat("byte ", byte, " has no token, and the unknown token \"",
                       OneLine(options.unknown_token), "\" is not in the vocabulary"));
    }
  }
  return absl::OkStatus();
}

void BpeModel::FindWholePieces(bool ignore_merges) {
  std::vector<int32_t> tokens;
  for (const auto& [token, id] : vocabulary_.tokens()) {
    std::optional<std::string> bytes = BytesOfWritten(token);
    if (!bytes.has_value()) continue;
    if (!ignore_merges) {
      tokens.resize(bytes->size());
      const size_t count = TokenizeByMerges(*bytes, absl::MakeSpan(tokens));
      if (count != 1 || tokens[0] != id) continue;
    }
    whole_pieces_.emplace(*std::move(bytes), id);
  }
}

bool BpeModel::Tokenize(std::string_view piece, std::vector<int32_t>* token_ids) const {
  auto whole = whole_pieces_.find(absl::string_view(piece.data(), piece.size()));
  if (whole != whole_pieces_.end()) {
    token_ids->push_back(whole->second);
    return true;
  }
  if (piece.size() <= kMostBytesOnStack) {
    std::array<int32_t, kMostBytesOnStack> tokens;
    const size_t count = TokenizeByMerges(piece, absl::MakeSpan(tokens));
    token_ids->insert(token_ids->end(), tokens.begin(), tokens.begin() + count);
  } else {
    const size_t begin = token_ids->size();
    token_ids->resize(begin + piece.size());
    const size_t count = TokenizeByMerges(piece, absl::MakeSpan(*token_ids).subspan(begin));
    token_ids->resize(begin + count);
  }
  return true;
}

size_t BpeModel::TokenizeByMerges(std::string_view piece, absl::Span<int32_t> tokens) const {
  return merges_.MergeAll(tokens.first(BytesToTokens(piece, tokens)));
}

size_t BpeModel::BytesToTokens(std::string_view piece, absl::Span<int32_t> tokens) const {
  size_t count = 0;
  bool previous_is_unknown = false;
  for (char byte : piece) {
    int32_t token = byte_tokens_[static_cast<unsigned char>(byte)];
    const bool is_unknown = token == kNoToken;
    if (is_unknown) token = previous_is_unknown && fuse_unknown_ ? kNoToken : unknown_id_;
    previous_is_unknown = is_unknown;
    if (token != kNoToken) tokens[count++] = token;
  }
  return count;
}

}  // namespace gyre::text
