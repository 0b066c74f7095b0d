#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "spec/model_shape.h"
#include "spec/stage_checks.h"
#include "weights/stored_model.h"

namespace gyre::spec {
namespace {

// True if ModelShape may be asked.
bool CheckNewModel(const NewModel& model, FaultList& faults) {
  const std::string path = "model.new";
  const std::size_t before = faults.faults().size();
  faults.RequirePositive(
      model, path,
      {"hidden_size", "num_layers", "num_heads", "intermediate_size", "max_positions"});
  faults.RequireAbove(model, path, "rms_norm_epsilon", 0, 1);
  // Below 1 the angles would grow beyond the positions.
  faults.RequireRange(model, path, "rope_theta", 1, 1e12);
  for (const char* field : {"hidden_size", "intermediate_size"}) {
    faults.RequireAtMost(model, path, field, 1 << 20);
  }
  for (const char* field : {"num_layers", "num_heads"}) {
    faults.RequireAtMost(model, path, field, 1 << 12);
  }
  faults.RequireAtMost(model, path, "max_positions", 1 << 24);
  if (faults.faults().size() > before) return false;
  if (model.has_num_kv_heads() &&
      (model.num_kv_heads() == 0 || model.num_heads() % model.num_kv_heads() != 0)) {
    faults.Add(path + ".num_kv_heads",
               absl::StrCat("it is ", model.num_kv_heads(), "; it must divide num_heads, which is ",
                            model.num_heads()));
  }
  if (model.has_head_size()) {
    if (model.head_size() == 0 || model.head_size() % 2 != 0) {
      faults.Add(path + ".head_size", absl::StrCat("it is ", model.head_size(),
                                                   "; rotary positions need an even number"));
    }
  } else if (model.hidden_size() % model.num_heads() != 0 ||
             model.hidden_size() / model.num_heads() % 2 != 0) {
    faults.Add(
        path + ".hidden_size",
        absl::StrCat("hidden_size ", model.hidden_size(), " over num_heads ", model.num_heads(),
                     " is not an even whole number; change one of them or set head_size"));
  }
  return faults.faults().size() == before;
}

}  // namespace

ModelFacts CheckModel(const RunSpec& spec, NamedFiles files, FaultList& faults) {
  ModelFacts facts;
  const ModelSpec& model = spec.model();
  if (!spec.has_model()) {
    faults.Add("model", "it is required; set path (a Hugging Face folder or a .gguf file) or new");
    return facts;
  }
  if (model.has_path() == model.has_new_()) {
    faults.Add("model", "set exactly one of path and new");
    return facts;
  }
  if (files == NamedFiles::kLeave) {
    if (model.has_new_()) CheckNewModel(model.new_(), faults);
    return facts;
  }
  if (model.has_path() && !base::Exists(model.path())) {
    faults.Add("model.path", absl::StrCat("there is no ", model.path(),
                                          "; name a Hugging Face folder or a .gguf file"));
    return facts;
  }
  const bool shape_known = !model.has_new_() || CheckNewModel(model.new_(), faults);
  const std::string place = model.has_new_() ? "model.new.tokenizer" : "model.path";
  auto tokenizer = OpenTokenizer(model);
  if (tokenizer.ok()) {
    facts.tokenizer = *std::move(tokenizer);
  } else {
    faults.Add(place, tokenizer.status().message());
  }
  if (!shape_known || (model.has_new_() && facts.tokenizer == nullptr)) return facts;
  const auto config = ModelShape(model);
  if (config.ok()) {
    facts.config = *config;
  } else {
    faults.Add(model.has_new_() ? "model.new" : place, config.status().message());
  }
  if (model.has_path() && config.ok()) {
    const auto stored = weights::OpenModel(model.path());
    if (!stored.ok()) faults.Add(place, stored.status().message());
  }
  return facts;
}

}  // namespace gyre::spec
