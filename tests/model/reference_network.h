// The same network in plain ATen operations and in double, with autograd's own gradients: what the
// kernels' forward and backward passes are checked against.
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/parameters.h"

namespace gyre::model {

class ReferenceNetwork {
 public:
  explicit ReferenceNetwork(const Parameters& parameters) : config_(parameters.config()) {
    for (const TensorPlace& place : parameters.layout().tensors()) {
      const absl::Span<const float> values = parameters.tensor(place.name);
      weights_[place.name] =
          at::from_blob(const_cast<float*>(values.data()), place.shape, at::kFloat)
              .to(at::kDouble)
              .requires_grad_(true);
    }
  }

  const at::Tensor& weight(const std::string& name) const { return weights_.at(name); }

  // log softmax(logits · inverse_temperature) after each token, [T][vocab].
  at::Tensor LogSoftmax(const std::vector<int32_t>& token_ids, double inverse_temperature) const {
    const int64_t length = static_cast<int64_t>(token_ids.size());
    const at::Tensor ids = at::tensor(token_ids, at::kInt).to(at::kLong);
    at::Tensor x = weight("model.embed_tokens.weight").index_select(0, ids);
    for (int64_t i = 0; i < config_.num_layers; ++i) {
      const std::string layer = "model.layers." + std::to_string(i) + ".";
      x = x + Attention(layer, Norm(x, layer + "input_layernorm.weight"), length);
      const at::Tensor y = Norm(x, layer + "post_attention_layernorm.weight");
      const at::Tensor act = at::silu(y.mm(weight(layer + "mlp.gate_proj.weight").t())) *
                             y.mm(weight(layer + "mlp.up_proj.weight").t());
      x = x + act.mm(weight(layer + "mlp.down_proj.weight").t());
    }
    const std::string head = config_.tie_head ? "model.embed_tokens.weight" : "lm_head.weight";
    const at::Tensor logits = Norm(x, "model.norm.weight").mm(weight(head).t());
    return at::log_softmax(logits * inverse_temperature, -1);
  }

 private:
  at::Tensor Norm(const at::Tensor& x, const std::string& name) const {
    const double epsilon = static_cast<double>(config_.rms_norm_epsilon);
    return x * at::rsqrt(x.square().mean(-1, true) + epsilon) * weight(name);
  }

  // x[T][heads][head_size], halves turned by position · theta^(-2i/head_size).
  at::Tensor Rope(const at::Tensor& x, int64_t length) const {
    const int64_t half = config_.head_size / 2;
    const at::Tensor exponent =
        at::arange(half, at::kDouble) * (-2.0 / static_cast<double>(config_.head_size));
    const at::Tensor frequency = Stretched(at::pow(config_.rope_theta, exponent));
    const at::Tensor angle = at::arange(length, at::kDouble).unsqueeze(1) * frequency.unsqueeze(0);
    const at::Tensor cos = angle.cos().unsqueeze(1);
    const at::Tensor sin = angle.sin().unsqueeze(1);
    const at::Tensor a = x.slice(-1, 0, half);
    const at::Tensor b = x.slice(-1, half, 2 * half);
    return at::cat({a * cos - b * sin, b * cos + a * sin}, -1);
  }

  // Llama 3's, as transformers states it: by wavelengths.
  at::Tensor Stretched(const at::Tensor& frequency) const {
    if (!config_.rope_scaling.has_value()) return frequency;
    const weights::RopeScaling& s = *config_.rope_scaling;
    const double original = static_cast<double>(s.original_max_positions);
    const at::Tensor wavelength = 2 * M_PI / frequency;
    const at::Tensor smooth =
        (original / wavelength - s.low_freq_factor) / (s.high_freq_factor - s.low_freq_factor);
    const at::Tensor between = (1 - smooth) * frequency / s.factor + smooth * frequency;
    const at::Tensor far =
        at::where(wavelength > original / s.low_freq_factor, frequency / s.factor, between);
    return at::where(wavelength < original / s.high_freq_factor, frequency, far);
  }

  at::Tensor Attention(const std::string& layer, const at::Tensor& y, int64_t length) const {
    const auto heads = [&](const std::string& name, int64_t count) {
      const std::string part = layer + "self_attn." + name;
      at::Tensor x = y.mm(weight(part + "_proj.weight").t());
      if (config_.has_qkv_bias()) x = x + weight(part + "_proj.bias");
      x = x.view({length, count, config_.head_size});
      return config_.has_qk_norm() && name != "v" ? Norm(x, part + "_norm.weight") : x;
    };
    const int64_t group = config_.num_heads / config_.num_kv_heads;
    const at::Tensor q = Rope(heads("q", config_.num_heads), length);
    const at::Tensor k = Rope(heads("k", config_.num_kv_heads), length).repeat_interleave(group, 1);
    const at::Tensor v = heads("v", config_.num_kv_heads).repeat_interleave(group, 1);
    const double scale = 1.0 / std::sqrt(static_cast<double>(config_.head_size));
    const at::Tensor scores = q.transpose(0, 1).bmm(k.permute({1, 2, 0})) * scale;
    const at::Tensor future = at::ones({length, length}, at::kBool).triu(1);
    const at::Tensor weights =
        at::softmax(scores.masked_fill(future, -std::numeric_limits<double>::infinity()), -1);
    const at::Tensor out = weights.bmm(v.transpose(0, 1)).transpose(0, 1);
    return out.reshape({length, -1}).mm(weight(layer + "self_attn.o_proj.weight").t());
  }

  weights::ModelConfig config_;
  std::unordered_map<std::string, at::Tensor> weights_;
};

}  // namespace gyre::model
