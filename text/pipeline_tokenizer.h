#pragma once

#include <string>
#include <vector>

#include "text/tokenizer.h"
#include "text/tokenizer_json.h"

namespace gyre::text {

// A tokenizer made of a tokenizer.json's components.
class PipelineTokenizer : public Tokenizer {
 public:
  PipelineTokenizer(TokenizerPipeline pipeline, std::optional<int32_t> bos_id,
                    std::vector<int32_t> eos_ids);

  absl::StatusOr<std::vector<int32_t>> Encode(std::string_view text) const override;
  std::string Decode(absl::Span<const int32_t> token_ids, SpecialTokens special) const override;
  void AppendBytes(int32_t token_id, SpecialTokens special, std::string* bytes) const override;
  const FrameTokens& frame_tokens() const override { return pipeline_.frame_tokens; }
  int32_t vocabulary_size() const override { return vocabulary_size_; }
  std::optional<int32_t> TokenToId(std::string_view token) const override;
  std::optional<int32_t> bos_id() const override { return bos_id_; }
  const std::vector<int32_t>& eos_ids() const override { return eos_ids_; }

 private:
  // `stretch` lies in `text` and holds no added token that is looked for before the normalizer.
  absl::Status EncodeStretch(std::string_view text, std::string_view stretch,
                             std::vector<int32_t>* token_ids) const;
  // `stretch` is normalized and holds no added token.
  absl::Status EncodeNormalized(std::string_view text, std::string_view stretch,
                                std::vector<int32_t>* token_ids) const;

  TokenizerPipeline pipeline_;
  std::optional<int32_t> bos_id_;
  std::vector<int32_t> eos_ids_;
  int32_t vocabulary_size_ = 0;
};

}  // namespace gyre::text
