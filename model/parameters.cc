#include "model/parameters.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "absl/strings/match.h"
#include "base/counter_rng.h"
#include "model/normal_draw.h"

namespace gyre::model {
namespace {

constexpr double kEmbeddingStd = 0.02;

double InitialStd(const TensorPlace& tensor, const weights::ModelConfig& config) {
  if (tensor.name == "model.embed_tokens.weight" || tensor.name == "lm_head.weight")
    return kEmbeddingStd;
  const double std = 1.0 / std::sqrt(static_cast<double>(tensor.shape[1]));
  const bool into_residual = absl::EndsWith(tensor.name, "self_attn.o_proj.weight") ||
                             absl::EndsWith(tensor.name, "mlp.down_proj.weight");
  return into_residual ? std / std::sqrt(2.0 * static_cast<double>(config.num_layers)) : std;
}

void FillNormal(const base::CounterRng& rng, double std, absl::Span<float> values) {
  for (size_t i = 0; i < values.size(); i += 2) {
    const NormalPair pair = DrawNormals(rng, i / 2);
    values[i] = static_cast<float>(std * pair.first);
    if (i + 1 < values.size()) values[i + 1] = static_cast<float>(std * pair.second);
  }
}

}  // namespace

Parameters::Parameters(std::shared_ptr<const ParameterLayout> layout)
    : layout_(std::move(layout)), data_(layout_->size()) {}

Parameters::Parameters(const weights::ModelConfig& config)
    : Parameters(std::make_shared<const ParameterLayout>(config)) {
  std::fill(flat().begin(), flat().end(), 0.0f);
}

Parameters Parameters::FromSeed(const weights::ModelConfig& config, uint64_t seed) {
  Parameters parameters(std::make_shared<const ParameterLayout>(config));
  for (const TensorPlace& tensor : parameters.layout().tensors()) {
    const absl::Span<float> values = parameters.flat().subspan(static_cast<size_t>(tensor.offset),
                                                               static_cast<size_t>(tensor.size));
    if (!tensor.is_matrix()) {
      std::fill(values.begin(), values.end(), tensor.is_bias() ? 0.0f : 1.0f);
      continue;
    }
    FillNormal(base::CounterRng({seed, "weights", tensor.name}), InitialStd(tensor, config),
               values);
  }
  return parameters;
}

Parameters Parameters::Copy() const {
  Parameters copy(layout_);
  std::memcpy(copy.data_.data(), data_.data(), flat().size() * sizeof(float));
  return copy;
}

const TensorPlace* Parameters::FindNonfinite() const {
  for (const TensorPlace& place : layout_->tensors()) {
    bool finite = true;  // no early end, which would keep the loop from being vectorised
    for (int64_t i = place.offset; i < place.offset + place.size; ++i) {
      finite &= std::isfinite(data_.data()[i]);
    }
    if (!finite) return &place;
  }
  return nullptr;
}

RmsNorm Parameters::NormOf(int64_t offset, int64_t size) const {
  const float* first = data_.data() + offset;
  return {std::vector<float>(first, first + size), config().rms_norm_epsilon};
}

absl::Span<float> Parameters::tensor(std::string_view name) {
  const TensorPlace* place = layout_->Find(name);
  if (place == nullptr) return {};
  return flat().subspan(static_cast<size_t>(place->offset), static_cast<size_t>(place->size));
}

absl::Span<const float> Parameters::tensor(std::string_view name) const {
  return const_cast<Parameters*>(this)->tensor(name);
}

}  // namespace gyre::model
