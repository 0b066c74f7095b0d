#include "learner/example_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/counter_rng.h"
#include "base/status_macros.h"
#include "data/open_source.h"
#include "learner/share.h"

namespace gyre::learner {

ExampleReader::ExampleReader(std::unique_ptr<const data::ExampleSource> source, std::string address,
                             uint32_t max_tokens, const text::Tokenizer& tokenizer)
    : source_(std::move(source)),
      address_(std::move(address)),
      max_tokens_(max_tokens),
      tokenizer_(&tokenizer) {}

absl::StatusOr<ExampleReader> ExampleReader::Open(const SftSpec& spec, uint64_t run_seed,
                                                  uint32_t stage,
                                                  const text::Tokenizer& tokenizer) {
  const uint64_t seed = base::CounterRng({run_seed, "examples", stage}).key();
  GYRE_ASSIGN_OR_RETURN(std::unique_ptr<data::ExampleSource> source,
                        data::OpenExamples(spec.examples(), seed));
  return ExampleReader(std::move(source), spec.examples(), spec.max_tokens(), tokenizer);
}

absl::StatusOr<SftExample> ExampleReader::Tokenize(const Example& example) const {
  if (!example.messages().empty()) {
    return absl::UnimplementedError("chat messages are not supported yet; give a prompt");
  }
  SftExample tokens;
  GYRE_ASSIGN_OR_RETURN(tokens.token_ids, tokenizer_->Encode(example.prompt()));
  tokens.prompt_tokens = static_cast<uint32_t>(tokens.token_ids.size());
  GYRE_ASSIGN_OR_RETURN(const std::vector<int32_t> response,
                        tokenizer_->Encode(example.response()));
  tokens.token_ids.insert(tokens.token_ids.end(), response.begin(), response.end());
  if (tokens.token_ids.size() > max_tokens_) {
    return absl::InvalidArgumentError(absl::StrCat(
        "it has ", tokens.token_ids.size(), " tokens, more than sft.max_tokens ", max_tokens_));
  }
  return tokens;
}

absl::StatusOr<std::vector<SftExample>> ExampleReader::ReadShare(uint64_t first, uint32_t count,
                                                                 uint32_t rank,
                                                                 uint32_t world_size) const {
  std::vector<SftExample> all;
  std::vector<uint64_t> sizes;
  for (uint32_t i = 0; i < count; ++i) {
    const Example example = source_->Get(first + i);
    absl::StatusOr<SftExample> tokens = Tokenize(example);
    if (!tokens.ok()) {
      return absl::Status(tokens.status().code(), absl::StrCat(address_, ": example ", example.id(),
                                                               ": ", tokens.status().message()));
    }
    sizes.push_back(tokens->token_ids.size());
    all.push_back(*std::move(tokens));
  }
  const std::vector<std::vector<uint32_t>> shares = AssignExamples(sizes, world_size);
  std::vector<SftExample> share;
  for (const uint32_t index : shares[rank]) {
    share.push_back(std::move(all[index]));
  }
  return share;
}

}  // namespace gyre::learner
