#include "weights/gguf_names.h"

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace gyre::weights {
namespace {

struct Pair {
  std::string_view ours;
  std::string_view theirs;
};

constexpr Pair kOfNetwork[] = {{"model.embed_tokens.weight", "token_embd.weight"},
                               {"model.norm.weight", "output_norm.weight"},
                               {"lm_head.weight", "output.weight"}};

// Without ".weight" or ".bias".
constexpr Pair kOfLayer[] = {
    {"input_layernorm", "attn_norm"},    {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},      {"self_attn.v_proj", "attn_v"},
    {"self_attn.q_norm", "attn_q_norm"}, {"self_attn.k_norm", "attn_k_norm"},
    {"self_attn.o_proj", "attn_output"}, {"post_attention_layernorm", "ffn_norm"},
    {"mlp.gate_proj", "ffn_gate"},       {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"}};

}  // namespace

std::string GgufNameOf(std::string_view name) {
  for (const Pair& pair : kOfNetwork) {
    if (pair.ours == name) return std::string(pair.theirs);
  }
  constexpr std::string_view kLayers = "model.layers.";
  const size_t layer_end = name.find('.', kLayers.size());
  const size_t kind = name.rfind('.');
  GYRE_CHECK(name.starts_with(kLayers) && layer_end < kind,
             "only expected tensors have GGUF names");
  const std::string_view layer = name.substr(kLayers.size(), layer_end - kLayers.size());
  const std::string_view part = name.substr(layer_end + 1, kind - layer_end - 1);
  for (const Pair& pair : kOfLayer) {
    if (pair.ours != part) continue;
    return absl::StrCat("blk.", std::string(layer), ".", std::string(pair.theirs),
                        std::string(name.substr(kind)));
  }
  GYRE_CHECK(false, "every expected tensor of a layer has a GGUF name");
  return "";
}

}  // namespace gyre::weights
