#include "weights/model_family.h"

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace gyre::weights {
namespace {

struct Names {
  ModelFamily family;
  std::string_view model_type;
  std::string_view architecture;
};

constexpr Names kFamilies[] = {{ModelFamily::kLlama, "llama", "LlamaForCausalLM"},
                               {ModelFamily::kQwen2, "qwen2", "Qwen2ForCausalLM"},
                               {ModelFamily::kQwen3, "qwen3", "Qwen3ForCausalLM"}};

const Names& NamesOf(ModelFamily family) {
  for (const Names& names : kFamilies) {
    if (names.family == family) return names;
  }
  GYRE_CHECK(false, "every family has its names");
  return kFamilies[0];
}

}  // namespace

std::string_view ModelTypeOf(ModelFamily family) { return NamesOf(family).model_type; }

std::string_view ArchitectureOf(ModelFamily family) { return NamesOf(family).architecture; }

std::optional<ModelFamily> FamilyOfModelType(std::string_view model_type) {
  for (const Names& names : kFamilies) {
    if (names.model_type == model_type) return names.family;
  }
  return std::nullopt;
}

std::string KnownModelTypes() {
  std::string list;
  for (const Names& names : kFamilies) {
    absl::StrAppend(&list, list.empty() ? "" : ", ", std::string(names.model_type));
  }
  return list;
}

}  // namespace gyre::weights
