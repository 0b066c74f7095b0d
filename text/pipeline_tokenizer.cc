#include "text/pipeline_tokenizer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "text/utf8.h"

namespace gyre::text {
namespace {

// Enough of a piece to recognise it, cut between characters.
std::string Quoted(const std::string& piece) {
  constexpr size_t kShownBytes = 24;
  if (piece.size() <= kShownBytes) return absl::StrCat("\"", absl::Utf8SafeCEscape(piece), "\"");
  size_t end = kShownBytes;
  while ((static_cast<unsigned char>(piece[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat("\"", absl::Utf8SafeCEscape(piece.substr(0, end)), "…\"");
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
  if (std::optional<size_t> offset = FindInvalidUtf8(text)) {
    return absl::InvalidArgumentError(absl::StrCat("text is not UTF-8 at byte ", *offset));
  }
  std::vector<int32_t> token_ids;
  const AddedTokens& added_tokens = pipeline_.added_tokens;
  for (const AddedTokens::Stretch& raw : added_tokens.Cut(text, /*normalized=*/false)) {
    if (raw.id.has_value()) {
      token_ids.push_back(*raw.id);
      continue;
    }
    for (const AddedTokens::Stretch& rest : added_tokens.Cut(raw.text, /*normalized=*/true)) {
      if (rest.id.has_value()) {
        token_ids.push_back(*rest.id);
      } else {
        GYRE_RETURN_IF_ERROR(EncodeStretch(text, rest.text, &token_ids));
      }
    }
  }
  return token_ids;
}

absl::Status PipelineTokenizer::EncodeStretch(std::string_view text, std::string_view stretch,
                                              std::vector<int32_t>* token_ids) const {
  std::vector<std::string_view> pieces;
  if (pipeline_.pre_tokenizer == nullptr) {
    pieces.push_back(stretch);
  } else {
    GYRE_RETURN_IF_ERROR(pipeline_.pre_tokenizer->Split(stretch, &pieces));
  }
  for (std::string_view piece : pieces) {
    if (!pipeline_.model->Tokenize(piece, token_ids)) {
      return absl::InvalidArgumentError(absl::StrCat("text has no token at byte ",
                                                     piece.data() - text.data(), ": ",
                                                     Quoted(std::string(piece))));
    }
  }
  return absl::OkStatus();
}

std::string PipelineTokenizer::Decode(absl::Span<const int32_t> token_ids,
                                      SpecialTokens special) const {
  std::vector<std::string_view> tokens;
  tokens.reserve(token_ids.size());
  for (int32_t id : token_ids) {
    const AddedToken* added = pipeline_.added_tokens.FindId(id);
    if (added != nullptr && added->special && special == SpecialTokens::kSkip) continue;
    std::string_view token = added != nullptr ? added->content : pipeline_.model->IdToToken(id);
    if (!token.empty()) tokens.push_back(token);
  }
  return pipeline_.decoder->Decode(tokens);
}

std::optional<int32_t> PipelineTokenizer::TokenToId(std::string_view token) const {
  const AddedToken* added = pipeline_.added_tokens.FindContent(token);
  return added != nullptr ? added->id : pipeline_.model->TokenToId(token);
}

}  // namespace gyre::text
