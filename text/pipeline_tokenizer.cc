#include "text/pipeline_tokenizer.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "text/utf8.h"

namespace gyre::text {
namespace {

// A word as long as this takes 2 GB of memory for a while.
constexpr size_t kMostTextBytes = 64 << 20;

// Enough of a piece to recognise it, cut between characters.
std::string Quoted(const std::string& piece) {
  constexpr size_t kShownBytes = 24;
  if (piece.size() <= kShownBytes) return absl::StrCat("\"", absl::Utf8SafeCEscape(piece), "\"");
  size_t end = kShownBytes;
  while ((static_cast<unsigned char>(piece[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat("\"", absl::Utf8SafeCEscape(piece.substr(0, end)), "…\"");
}

// A piece of a normalized text has no place in `text`.
std::string PlaceIn(std::string_view text, std::string_view piece) {
  std::less<const char*> before;
  if (before(piece.data(), text.data()) || !before(piece.data(), text.data() + text.size())) {
    return "";
  }
  return absl::StrCat(" at byte ", piece.data() - text.data());
}

}  // namespace

PipelineTokenizer::PipelineTokenizer(TokenizerPipeline pipeline, std::optional<int32_t> bos_id,
                                     std::vector<int32_t> eos_ids)
    : pipeline_(std::move(pipeline)),
      bos_id_(bos_id),
      eos_ids_(std::move(eos_ids)),
      vocabulary_size_(pipeline_.model->id_limit()) {
  for (const AddedToken& token : pipeline_.added_tokens.tokens()) {
    vocabulary_size_ = std::max(vocabulary_size_, token.id + 1);
  }
}

absl::StatusOr<std::vector<int32_t>> PipelineTokenizer::Encode(std::string_view text) const {
  if (text.size() > kMostTextBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("text has ", text.size(), " bytes; it may have ", kMostTextBytes));
  }
  if (std::optional<size_t> offset = FindInvalidUtf8(text)) {
    return absl::InvalidArgumentError(absl::StrCat("text is not UTF-8 at byte ", *offset));
  }
  std::vector<int32_t> token_ids;
  for (const AddedTokens::Stretch& stretch :
       pipeline_.added_tokens.Cut(text, /*normalized=*/false)) {
    if (stretch.id.has_value()) {
      token_ids.push_back(*stretch.id);
    } else {
      GYRE_RETURN_IF_ERROR(EncodeStretch(text, stretch.text, &token_ids));
    }
  }
  return token_ids;
}

absl::Status PipelineTokenizer::EncodeStretch(std::string_view text, std::string_view stretch,
                                              std::vector<int32_t>* token_ids) const {
  std::string storage;
  if (pipeline_.normalizer != nullptr) stretch = pipeline_.normalizer->Normalize(stretch, &storage);
  for (const AddedTokens::Stretch& rest :
       pipeline_.added_tokens.Cut(stretch, /*normalized=*/true)) {
    if (rest.id.has_value()) {
      token_ids->push_back(*rest.id);
    } else {
      GYRE_RETURN_IF_ERROR(EncodeNormalized(text, rest.text, token_ids));
    }
  }
  return absl::OkStatus();
}

absl::Status PipelineTokenizer::EncodeNormalized(std::string_view text, std::string_view stretch,
                                                 std::vector<int32_t>* token_ids) const {
  auto encode_piece = [&](std::string_view piece) -> absl::Status {
    if (pipeline_.model->Tokenize(piece, token_ids)) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("text has no token", PlaceIn(text, piece), ": ", Quoted(std::string(piece))));
  };
  if (pipeline_.pre_tokenizer == nullptr) return encode_piece(stretch);
  return pipeline_.pre_tokenizer->ForEachPiece(stretch, encode_piece);
}

std::string PipelineTokenizer::Decode(absl::Span<const int32_t> token_ids,
                                      SpecialTokens special) const {
  std::string bytes;
  for (int32_t id : token_ids) AppendBytes(id, special, &bytes);
  return ReplaceInvalidUtf8(bytes);
}

void PipelineTokenizer::AppendBytes(int32_t token_id, SpecialTokens special,
                                    std::string* bytes) const {
  const AddedToken* added = pipeline_.added_tokens.FindId(token_id);
  if (added != nullptr && added->special && special == SpecialTokens::kSkip) return;
  pipeline_.decoder->AppendBytes(
      added != nullptr ? std::string_view(added->decoded) : pipeline_.model->IdToToken(token_id),
      bytes);
}

std::optional<int32_t> PipelineTokenizer::TokenToId(std::string_view token) const {
  const AddedToken* added = pipeline_.added_tokens.FindContent(token);
  return added != nullptr ? added->id : pipeline_.model->TokenToId(token);
}

}  // namespace gyre::text
