#include "model/parameter_layout.h"

#include "absl/strings/str_cat.h"

namespace gyre::model {
namespace {

// Places tensors one after the other.
class Row {
 public:
  explicit Row(std::vector<TensorPlace>& tensors) : tensors_(tensors) {}

  int64_t Add(std::string name, std::vector<int64_t> shape) {
    int64_t size = 1;
    for (int64_t length : shape) size *= length;
    const int64_t offset = end_;
    tensors_.push_back({std::move(name), std::move(shape), offset, size});
    end_ += size;
    return offset;
  }
  int64_t end() const { return end_; }

 private:
  std::vector<TensorPlace>& tensors_;
  int64_t end_ = 0;
};

}  // namespace

ParameterLayout::ParameterLayout(const weights::ModelConfig& config) : config_(config) {
  const int64_t hidden = config.hidden_size;
  const int64_t intermediate = config.intermediate_size;
  const int64_t q_size = config.num_heads * config.head_size;
  const int64_t kv_size = config.num_kv_heads * config.head_size;
  Row row(tensors_);
  row.Add("model.embed_tokens.weight", {config.vocab_size, hidden});
  for (int64_t i = 0; i < config.num_layers; ++i) {
    const std::string layer = absl::StrCat("model.layers.", i, ".");
    LayerPlace place;
    place.input_norm = row.Add(layer + "input_layernorm.weight", {hidden});
    place.qkv = row.Add(layer + "self_attn.q_proj.weight", {q_size, hidden});
    row.Add(layer + "self_attn.k_proj.weight", {kv_size, hidden});
    row.Add(layer + "self_attn.v_proj.weight", {kv_size, hidden});
    place.o = row.Add(layer + "self_attn.o_proj.weight", {hidden, q_size});
    place.post_norm = row.Add(layer + "post_attention_layernorm.weight", {hidden});
    place.gate_up = row.Add(layer + "mlp.gate_proj.weight", {intermediate, hidden});
    row.Add(layer + "mlp.up_proj.weight", {intermediate, hidden});
    place.down = row.Add(layer + "mlp.down_proj.weight", {hidden, intermediate});
    layers_.push_back(place);
  }
  final_norm_ = row.Add("model.norm.weight", {hidden});
  head_ = config.tie_head ? embedding() : row.Add("lm_head.weight", {config.vocab_size, hidden});
  size_ = row.end();
}

const TensorPlace* ParameterLayout::Find(std::string_view name) const {
  for (const TensorPlace& tensor : tensors_) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

}  // namespace gyre::model
