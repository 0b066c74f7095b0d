#include "weights/expected_tensors.h"

#include <unordered_map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "weights/quoted.h"
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
      tensors.push_back({absl::StrCat("model.layers.", layer, ".", name), std::move(shape)});
    };
    add("input_layernorm.weight", {hidden});
    add("self_attn.q_proj.weight", {query, hidden});
    add("self_attn.k_proj.weight", {key_value, hidden});
    add("self_attn.v_proj.weight", {key_value, hidden});
    if (config.has_qkv_bias()) {
      add("self_attn.q_proj.bias", {query});
      add("self_attn.k_proj.bias", {key_value});
      add("self_attn.v_proj.bias", {key_value});
    }
    if (config.has_qk_norm()) {
      add("self_attn.q_norm.weight", {config.head_size});
      add("self_attn.k_norm.weight", {config.head_size});
    }
    add("self_attn.o_proj.weight", {hidden, query});
    add("post_attention_layernorm.weight", {hidden});
    add("mlp.gate_proj.weight", {intermediate, hidden});
    add("mlp.up_proj.weight", {intermediate, hidden});
    add("mlp.down_proj.weight", {hidden, intermediate});
  }
  tensors.push_back({"model.norm.weight", {hidden}});
  if (!config.tie_head) tensors.push_back({kHead, {config.vocab_size, hidden}});
  return tensors;
}

absl::Status CheckTensors(const std::vector<NamedShape>& expected_tensors,
                          const std::vector<NamedShape>& tensors, std::string_view source,
                          absl::FunctionRef<bool(const std::string& name)> may_be_ignored) {
  std::unordered_map<std::string, const std::vector<int64_t>*> given;
  for (const NamedShape& tensor : tensors) {
    if (!given.emplace(tensor.name, &tensor.shape).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", Quoted(tensor.name), " is given twice"));
    }
  }
  for (const NamedShape& expected : expected_tensors) {
    auto found = given.find(expected.name);
    if (found == given.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", Quoted(expected.name), " is missing"));
    }
    if (*found->second != expected.shape) {
      return absl::InvalidArgumentError(absl::StrCat(
          "tensor ", Quoted(expected.name), " has the shape ", ShapeText(*found->second), "; by ",
          std::string(source), " it must be ", ShapeText(expected.shape)));
    }
    given.erase(found);
  }
  for (const NamedShape& tensor : tensors) {
    if (given.contains(tensor.name) && !may_be_ignored(tensor.name)) {
      return absl::InvalidArgumentError(absl::StrCat("tensor ", Quoted(tensor.name),
                                                     " is not one that ", std::string(source),
                                                     " has room for"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTensors(const ModelConfig& config, const std::vector<NamedShape>& tensors) {
  return CheckTensors(ExpectedTensors(config), tensors, "config.json",
                      [&](const std::string& name) { return MayBeIgnored(config, name); });
}

}  // namespace gyre::weights
