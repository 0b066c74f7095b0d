#pragma once

// A small model with a value of its own for each weight.

#include <cstdint>
#include <deque>
#include <vector>

#include "weights/expected_tensors.h"
#include "weights/model_config.h"
#include "weights/safetensors_writer.h"

namespace gyre::weights {

inline ModelConfig TinyModelConfig() {
  ModelConfig config;
  config.vocab_size = 11;
  config.hidden_size = 12;
  config.num_layers = 2;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.head_size = 4;  // 4 heads of 4 are not the hidden size
  config.intermediate_size = 20;
  config.max_positions = 64;
  config.bos_token_id = 1;
  config.pad_token_id = 0;
  config.eos_token_ids = {2};
  return config;
}

// The tensors of a config; this object owns their values.
class TinyWeights {
 public:
  explicit TinyWeights(const ModelConfig& config) {
    float next = -1;
    for (const NamedShape& expected : ExpectedTensors(config)) {
      int64_t size = 1;
      for (int64_t dimension : expected.shape) size *= dimension;
      std::vector<float>& values = values_.emplace_back(size);
      for (float& value : values) value = next += 0x1p-11f;
      tensors_.push_back({expected.name, expected.shape, values.data()});
    }
  }
  TinyWeights(const TinyWeights&) = delete;
  TinyWeights& operator=(const TinyWeights&) = delete;

  const std::vector<F32Tensor>& tensors() const { return tensors_; }

 private:
  std::deque<std::vector<float>> values_;
  std::vector<F32Tensor> tensors_;
};

}  // namespace gyre::weights
