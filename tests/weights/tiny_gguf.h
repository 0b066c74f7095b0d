// The model of tiny_model.h as llama.cpp's converter writes it, in f32.
#pragma once

#include <string>

#include "tests/weights/gguf_builder.h"
#include "tests/weights/tiny_model.h"
#include "weights/gguf_names.h"

namespace gyre::weights {

inline GgufBuilder TinyGgufMetadata(const ModelConfig& config) {
  const std::string arch(ModelTypeOf(config.family));
  const auto whole = [](int64_t value) { return static_cast<uint32_t>(value); };
  GgufBuilder builder;
  builder.String("general.architecture", arch)
      .Uint32(arch + ".block_count", whole(config.num_layers))
      .Uint32(arch + ".context_length", whole(config.max_positions))
      .Uint32(arch + ".embedding_length", whole(config.hidden_size))
      .Uint32(arch + ".feed_forward_length", whole(config.intermediate_size))
      .Uint32(arch + ".attention.head_count", whole(config.num_heads))
      .Uint32(arch + ".attention.head_count_kv", whole(config.num_kv_heads))
      .Uint32(arch + ".attention.key_length", whole(config.head_size))
      .Uint32(arch + ".attention.value_length", whole(config.head_size))
      .Float(arch + ".attention.layer_norm_rms_epsilon", config.rms_norm_epsilon)
      .Float(arch + ".rope.freq_base", static_cast<float>(config.rope_theta));
  if (config.bos_token_id)
    builder.Uint32("tokenizer.ggml.bos_token_id", whole(*config.bos_token_id));
  if (config.pad_token_id) {
    builder.Uint32("tokenizer.ggml.padding_token_id", whole(*config.pad_token_id));
  }
  for (const int32_t id : config.eos_token_ids) {
    builder.Uint32("tokenizer.ggml.eos_token_id", whole(id));
  }
  return builder;
}

// Rows of q and k in llama.cpp's order: each head's two halves interleaved.
inline std::string Interleaved(const std::string& rows, int64_t num_rows, int64_t head_size) {
  const size_t row_bytes = rows.size() / static_cast<size_t>(num_rows);
  std::string result;
  for (int64_t row = 0; row < num_rows; ++row) {
    const int64_t in_head = row % head_size;
    const int64_t source = row - in_head + in_head % 2 * (head_size / 2) + in_head / 2;
    result += rows.substr(static_cast<size_t>(source) * row_bytes, row_bytes);
  }
  return result;
}

inline GgufBuilder TinyGguf(const ModelConfig& config) {
  GgufBuilder builder = TinyGgufMetadata(config);
  const TinyWeights weights(config);
  for (const F32Tensor& tensor : weights.tensors()) {
    uint64_t size = 1;
    for (const int64_t dimension : tensor.shape) size *= static_cast<uint64_t>(dimension);
    std::string data(reinterpret_cast<const char*>(tensor.data), 4 * size);
    const bool interleaved = config.family == ModelFamily::kLlama &&
                             (tensor.name.find("q_proj.weight") != std::string::npos ||
                              tensor.name.find("k_proj.weight") != std::string::npos);
    if (interleaved) data = Interleaved(data, tensor.shape[0], config.head_size);
    builder.Tensor(GgufNameOf(tensor.name), {tensor.shape.rbegin(), tensor.shape.rend()},
                   /*type=*/0, data);
  }
  return builder;
}

}  // namespace gyre::weights
