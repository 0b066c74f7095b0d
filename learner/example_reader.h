// The examples of an SFT stage as token ids. Immutable; any thread; does not block once open.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/example_source.h"
#include "learner/sft_example.h"
#include "proto/run_spec.pb.h"
#include "text/tokenizer.h"

namespace gyre::learner {

class ExampleReader {
 public:
  // The stage's seeded order is a function of the run's seed and the stage's index. Borrows the
  // tokenizer. Errors of data::OpenExamples.
  static absl::StatusOr<ExampleReader> Open(const SftSpec& spec, uint64_t run_seed, uint32_t stage,
                                            const text::Tokenizer& tokenizer);

  // Those of examples [first, first + count) of the order that rank `rank` of `world_size` trains
  // (AssignExamples). INVALID_ARGUMENT names an example that is too long or cannot be tokenized.
  absl::StatusOr<std::vector<SftExample>> ReadShare(uint64_t first, uint32_t count, uint32_t rank,
                                                    uint32_t world_size) const;

 private:
  ExampleReader(std::unique_ptr<const data::ExampleSource> source, std::string address,
                uint32_t max_tokens, const text::Tokenizer& tokenizer);
  absl::StatusOr<SftExample> Tokenize(const Example& example) const;

  std::unique_ptr<const data::ExampleSource> source_;
  std::string address_;
  uint32_t max_tokens_;
  const text::Tokenizer* tokenizer_;
};

}  // namespace gyre::learner
