#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "text/bpe_merges.h"
#include "text/token_model.h"
#include "text/vocabulary.h"

namespace gyre::text {

struct BpeOptions {
  // A piece that is a token as a whole is taken as one, though the merges might not lead there.
  bool ignore_merges = false;
  // Stands for a byte that has no token; without it such a byte is dropped. Empty: none.
  std::string unknown_token;
  // Unknown bytes that follow one another become one unknown token.
  bool fuse_unknown = false;
};

// Model "BPE" over bytes: a piece begins as its bytes, whose neighbours are then merged. Tokens
// stand in the vocabulary as byte_alphabet.h writes them.
class BpeModel : public TokenModel {
 public:
  // `merges` in order of rank, each two tokens. INVALID_ARGUMENT: a merge of or into what is not in
  // the vocabulary; an unknown token that is needed and missing.
  static absl::StatusOr<BpeModel> Create(
      Vocabulary vocabulary, const std::vector<std::pair<std::string, std::string>>& merges,
      const BpeOptions& options);

  // `piece` is bytes, not their visible form. Always true.
  bool Tokenize(std::string_view piece, std::vector<int32_t>* token_ids) const override;
  std::optional<int32_t> TokenToId(std::string_view token) const override {
    return vocabulary_.TokenToId(token);
  }
  std::string_view IdToToken(int32_t id) const override { return vocabulary_.IdToToken(id); }
  int32_t id_limit() const override { return vocabulary_.id_limit(); }

 private:
  static constexpr int32_t kNoToken = -1;
  static constexpr size_t kMostBytesOnStack = 128;

  explicit BpeModel(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}

  absl::Status AddMerges(const std::vector<std::pair<std::string, std::string>>& merges);
  absl::Status SetUnknown(const BpeOptions& options);
  void FindWholePieces(bool ignore_merges);

  // Both write at most piece.size() tokens to the front of `tokens` and return how many.
  size_t BytesToTokens(std::string_view piece, absl::Span<int32_t> tokens) const;
  size_t TokenizeByMerges(std::string_view piece, absl::Span<int32_t> tokens) const;

  Vocabulary vocabulary_;
  BpeMerges merges_;
  std::array<int32_t, 256> byte_tokens_ = {};
  int32_t unknown_id_ = kNoToken;
  bool fuse_unknown_ = false;
  // Pieces that become one token, which most words do; found without merging.
  absl::flat_hash_map<std::string, int32_t> whole_pieces_;
};

}  // namespace gyre::text
