#include "weights/expected_tensors.h"

#include <set>
#include <unordered_map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "weights/tensor_view.h"

namespace gyre::weights {
namespace {

constexpr char kHead[] = "lm_head.weight";

bool MayBeIgnored(const ModelConfig& config, const std::string& name) {
  return (config.tie_head && name == kHead) || absl::EndsWith(name, ".rotary_emb.inv_freq");
}

}  // namespace

std::vector<NamedShape> ExpectedTensors(const ModelConfig& config) {
  const int64_t hidden = config.hidden_size;
  const int64_t query = config.num_heads * config.head_size;
  const int64_t key_value = config.num_kv_heads * config.head_size;
  const int64_t intermediate = config.intermediate_size;
  std::vector<NamedShape> tensors = {{"model.embed_tokens.weight", {config.vocab_size, hidden}}};
  for (int64_t layer = 0; layer < config.num_layers; ++layer) {
    auto add = [&](const char* name, std::vector<int64_t> shape) {
      tensors.push_back(
          {absl::StrCat("model.layers.", layer, ".", name, ".weight"), std::move(shape)});
    };
    add("input_layernorm", {hidden});
    add("self_attn.q_proj", {query, hidden});
    add("self_attn.k_proj", {key_value, hidden});
    add("self_attn.v_proj", {key_value, hidden});
    add("self_attn.o_proj", {hidden, query});
    add("post_attention_layernorm", {hidden});
    add("mlp.gate_proj", {intermediate, hidden});
    add("mlp.up_proj", {intermediate, hidden});
    add("mlp.down_proj", {hidden, intermediate});
  }
  tensors.push_back({"model.norm.weight", {hidden}});
  if (!config.tie_head) tensors.push_back({kHead, {config.vocab_size, hidden}});
  return tensors;
}

absl::Status CheckTensors(const ModelConfig& config, const std::vector<NamedShape>& tensors) {
  std::unordered_map<std::string, const std::vector<int64_t>*> given;
  for (const NamedShape& tensor : tensors) {
    if (!given.emplace(tensor.name, &tensor.shape).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor \"", tensor.name, "\" is given twice"));
    }
  }
  for (const NamedShape& expected : ExpectedTensors(config)) {
    auto found = given.find(expected.name);
    if (found == given.end()) {
      return absl::InvalidArgumentError(absl::StrCat("tensor \"", expected.name, "\" is missing"));
    }
    if (*found->second != expected.shape) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor \"", expected.name, "\" has the shape ", ShapeText(*found->second),
                       "; by config.json it must be ", ShapeText(expected.shape)));
    }
    given.erase(found);
  }
  for (const NamedShape& tensor : tensors) {
    if (given.contains(tensor.name) && !MayBeIgnored(config, tensor.name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor \"", tensor.name, "\" is not one that config.json has room for"));
    }
  }
  return absl::OkStatus();
}

}  // namespace gyre::weights
