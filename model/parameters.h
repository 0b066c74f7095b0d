// The weights of a network as ONE flat array of f32 in ParameterLayout's order. Owned by whoever
// trains or has fetched them; a PackedNetwork is made from them. Moves; copies only by Copy().
// Thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/dense_rows.h"
#include "model/float_buffer.h"
#include "model/parameter_layout.h"
#include "weights/model_config.h"

namespace gyre::model {

class Parameters {
 public:
  // All zero.
  explicit Parameters(const weights::ModelConfig& config);

  // Embedding and head are drawn from N(0, 0.02), the other matrices from N(0, 1/sqrt(fan_in)),
  // attention output and down projection also divided by sqrt(2·layers); norms are 1, biases 0. A
  // pure function of config and seed, the same bits on every machine.
  static Parameters FromSeed(const weights::ModelConfig& config, uint64_t seed);

  Parameters Copy() const;

  const weights::ModelConfig& config() const { return layout_->config(); }
  const ParameterLayout& layout() const { return *layout_; }
  std::shared_ptr<const ParameterLayout> shared_layout() const { return layout_; }

  absl::Span<float> flat() { return {data_.data(), static_cast<size_t>(layout_->size())}; }
  absl::Span<const float> flat() const {
    return {data_.data(), static_cast<size_t>(layout_->size())};
  }
  // The first tensor, in the layout's order, that has an element that is not finite; null: none
  // has.
  const TensorPlace* FindNonfinite() const;
  // A copy of a norm over the residual stream, or over a head, whose weights stand at this place of
  // the layout.
  RmsNorm Norm(int64_t offset) const { return NormOf(offset, config().hidden_size); }
  RmsNorm HeadNorm(int64_t offset) const { return NormOf(offset, config().head_size); }

  // Empty if there is no such tensor.
  absl::Span<float> tensor(std::string_view name);
  absl::Span<const float> tensor(std::string_view name) const;

 private:
  explicit Parameters(std::shared_ptr<const ParameterLayout> layout);
  RmsNorm NormOf(int64_t offset, int64_t size) const;

  std::shared_ptr<const ParameterLayout> layout_;
  FloatBuffer data_;
};

}  // namespace gyre::model
