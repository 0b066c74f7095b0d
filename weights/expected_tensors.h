#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "weights/model_config.h"

namespace gyre::weights {

struct NamedShape {
  std::string name;
  std::vector<int64_t> shape;
  bool operator==(const NamedShape&) const = default;
};

// The tensors of a network under Hugging Face's names, from the embedding up to the head; linear
// weights are [out, in]. A tied head has none. `config` must be valid.
std::vector<NamedShape> ExpectedTensors(const ModelConfig& config);

// INVALID_ARGUMENT names what is missing, unknown, given twice or of another shape. Two tensors
// that some files hold besides are let through: the lm_head.weight of a tied head, and
// rotary_emb.inv_freq.
absl::Status CheckTensors(const ModelConfig& config, const std::vector<NamedShape>& tensors);

// The same for any list. `source` is what the expected shapes follow from, for the errors; extra
// tensors that may_be_ignored are let through.
absl::Status CheckTensors(const std::vector<NamedShape>& expected,
                          const std::vector<NamedShape>& tensors, std::string_view source,
                          absl::FunctionRef<bool(const std::string& name)> may_be_ignored);

}  // namespace gyre::weights
