#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace gyre::data {

// Writes countdown problems or examples to a JSONL file, for `gyre data countdown`. `split` is
// "train" or "held_out" (a file of problems) or "traces" (a file of examples).
//   train: `count` problems in passes over all, each pass in a random order with new orders of the
//     numbers; from the second pass on, ids end in "-again1", "-again2", …
//   held_out: the first `count` ones, which do not depend on the seed; at most 300.
//   traces: the first `count` ones of "countdown:traces" with that seed.
// count 0: all problems once; refused for traces. INVALID_ARGUMENT: another split or count.
absl::Status WriteCountdownFile(const std::string& split, uint64_t count, uint64_t seed,
                                const std::string& path);

}  // namespace gyre::data
