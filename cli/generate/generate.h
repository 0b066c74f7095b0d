#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "engine/sampling.h"

namespace gyre::cli {

// What `gyre generate` is asked for.
struct GenerateOptions {
  std::string model;  // an HF folder or a .gguf file
  std::string in;     // a .jsonl file of prompts
  std::string out;    // the .jsonl file of samples
  int32_t samples = 1;
  int32_t max_tokens = 256;  // of a response
  engine::Sampling sampling;
  uint64_t seed = 1;
  bool ignore_eos = false;
  std::vector<std::string> stop;  // strings that end a response
  int threads = 1;
  int32_t max_sequences = 64;  // that are decoded together
  int64_t kv_memory_bytes = int64_t{4} << 30;
};

struct GenerateResult {
  uint64_t prompts = 0;
  uint64_t samples = 0;
  double seconds = 0;  // prefill and decoding, without loading
  engine::EngineCounters counters;
  model::WorkSeconds work_seconds;
};

// How far it is.
struct GenerateProgress {
  uint64_t finished = 0;  // samples
  uint64_t samples = 0;
  uint64_t tokens = 0;
  double seconds = 0;
};

// Reads and checks all before it samples; `progress` is called after each step. Blocks until the
// file is written. Errors name the file, with the line, or the option.
absl::StatusOr<GenerateResult> Generate(const GenerateOptions& options,
                                        absl::FunctionRef<void(const GenerateProgress&)> progress);

}  // namespace gyre::cli
