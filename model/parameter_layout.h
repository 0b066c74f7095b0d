// Where each weight of a network stands in ONE flat array of floats: the tensors
// of weights/expected_tensors.h, one after the other without gaps. Every part relies on that order
// (optimizer, all-reduce, digest, checkpoint, policy transfer):
//
//   model.embed_tokens.weight                              [vocab][hidden]
//   model.layers.N.input_layernorm.weight                  [hidden]
//   model.layers.N.self_attn.q_proj.weight                 [heads·head_size][hidden]
//   model.layers.N.self_attn.{k,v}_proj.weight             [kv_heads·head_size][hidden]
//   model.layers.N.self_attn.q_proj.bias                   [heads·head_size]; qwen2
//   model.layers.N.self_attn.{k,v}_proj.bias               [kv_heads·head_size]; qwen2
//   model.layers.N.self_attn.{q,k}_norm.weight             [head_size]; qwen3
//   model.layers.N.self_attn.o_proj.weight                 [hidden][heads·head_size]
//   model.layers.N.post_attention_layernorm.weight         [hidden]
//   model.layers.N.mlp.{gate,up}_proj.weight               [intermediate][hidden]
//   model.layers.N.mlp.down_proj.weight                    [hidden][intermediate]
//   model.norm.weight                                      [hidden]
//   lm_head.weight                                         [vocab][hidden]; absent if tied
//
// Names and shapes are Hugging Face's; there are no gaps. So q, k, v are one matrix and one bias,
// and gate and up are one matrix. Immutable after construction.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/types/span.h"
#include "weights/model_config.h"

namespace gyre::model {

struct TensorPlace {
  std::string name;
  std::vector<int64_t> shape;  // row-major; [out, in] for matrices
  int64_t offset = 0;          // of its first float in the flat array
  int64_t size = 0;            // floats

  int64_t rows() const { return shape[0]; }
  // Norms and biases are vectors; they have no decay.
  bool is_matrix() const { return shape.size() == 2; }
  bool is_bias() const { return absl::EndsWith(name, ".bias"); }
};

// Offsets of one layer's weights, in floats.
struct LayerPlace {
  int64_t input_norm = 0;
  int64_t qkv = 0;       // [(heads + 2·kv_heads)·head_size][hidden]
  int64_t qkv_bias = 0;  // [(heads + 2·kv_heads)·head_size]; only if the config has_qkv_bias
  int64_t q_norm = 0;    // [head_size]; only if the config has_qk_norm, as k_norm
  int64_t k_norm = 0;
  int64_t o = 0;
  int64_t post_norm = 0;
  int64_t gate_up = 0;  // [2·intermediate][hidden]
  int64_t down = 0;
};

class ParameterLayout {
 public:
  explicit ParameterLayout(const weights::ModelConfig& config);

  const weights::ModelConfig& config() const { return config_; }
  int64_t size() const { return size_; }  // floats in all
  absl::Span<const TensorPlace> tensors() const { return tensors_; }
  // Null if there is no such tensor.
  const TensorPlace* Find(std::string_view name) const;

  int64_t embedding() const { return embedding_; }
  const LayerPlace& layer(int64_t index) const { return layers_[static_cast<size_t>(index)]; }
  int64_t final_norm() const { return final_norm_; }
  int64_t head() const { return head_; }  // the embedding's if tied

 private:
  int64_t OffsetOf(std::string_view name) const;

  weights::ModelConfig config_;
  std::vector<TensorPlace> tensors_;
  std::vector<LayerPlace> layers_;
  int64_t embedding_ = 0;
  int64_t final_norm_ = 0;
  int64_t head_ = 0;
  int64_t size_ = 0;
};

}  // namespace gyre::model
