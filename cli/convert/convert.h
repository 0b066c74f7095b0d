#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

namespace gyre::cli {

struct ConvertOptions {
  std::string model;  // an HF folder or a .gguf file
  std::string out;    // the HF folder to make; must not be there
};

// What has been written.
struct Converted {
  uint64_t tensors = 0;
  uint64_t all_tensors = 0;
  uint64_t parameters = 0;
};

// Writes a model as a Hugging Face folder in f32, with its tokenizer, chat template and generation
// config. The folder appears whole or not at all; it is made beside its place, under a name that
// ends in ".unfinished". One tensor is in memory at a time. `progress` is called before each tensor
// is written. ALREADY_EXISTS: there is something at `out`; other errors name the file and the
// tensor.
absl::StatusOr<Converted> Convert(const ConvertOptions& options,
                                  absl::FunctionRef<void(const Converted&)> progress);

}  // namespace gyre::cli
