// How GGUF files name the tensors of weights/expected_tensors.h.
#pragma once

#include <string>
#include <string_view>

namespace gyre::weights {

// "blk.3.attn_q.weight" for "model.layers.3.self_attn.q_proj.weight". The name must be one of
// ExpectedTensors.
std::string GgufNameOf(std::string_view name);

// Divisors of the RoPE frequencies, [head_size / 2]: how files of Llama 3 say its stretch.
inline constexpr char kGgufRopeDivisors[] = "rope_freqs.weight";

}  // namespace gyre::weights
