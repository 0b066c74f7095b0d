#include "model/parameter_layout.h"

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "weights/expected_tensors.h"

namespace gyre::model {

ParameterLayout::ParameterLayout(const weights::ModelConfig& config) : config_(config) {
  for (weights::NamedShape& tensor : weights::ExpectedTensors(config)) {
    int64_t size = 1;
    for (const int64_t length : tensor.shape) size *= length;
    tensors_.push_back({std::move(tensor.name), std::move(tensor.shape), size_, size});
    size_ += size;
  }
  for (int64_t i = 0; i < config.num_layers; ++i) {
    const std::string layer = absl::StrCat("model.layers.", i, ".");
    LayerPlace& place = layers_.emplace_back();
    place.input_norm = OffsetOf(layer + "input_layernorm.weight");
    place.qkv = OffsetOf(layer + "self_attn.q_proj.weight");
    if (config.has_qkv_bias()) place.qkv_bias = OffsetOf(layer + "self_attn.q_proj.bias");
    if (config.has_qk_norm()) {
      place.q_norm = OffsetOf(layer + "self_attn.q_norm.weight");
      place.k_norm = OffsetOf(layer + "self_attn.k_norm.weight");
    }
    place.o = OffsetOf(layer + "self_attn.o_proj.weight");
    place.post_norm = OffsetOf(layer + "post_attention_layernorm.weight");
    place.gate_up = OffsetOf(layer + "mlp.gate_proj.weight");
    place.down = OffsetOf(layer + "mlp.down_proj.weight");
  }
  embedding_ = OffsetOf("model.embed_tokens.weight");
  final_norm_ = OffsetOf("model.norm.weight");
  head_ = config.tie_head ? embedding_ : OffsetOf("lm_head.weight");
}

int64_t ParameterLayout::OffsetOf(std::string_view name) const {
  const TensorPlace* tensor = Find(name);
  GYRE_CHECK(tensor != nullptr, "a network has " + std::string(name));
  return tensor->offset;
}

const TensorPlace* ParameterLayout::Find(std::string_view name) const {
  for (const TensorPlace& tensor : tensors_) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

}  // namespace gyre::model
