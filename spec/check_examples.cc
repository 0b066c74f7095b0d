#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "data/jsonl.h"
#include "data/open_source.h"
#include "spec/stage_checks.h"

namespace gyre::spec {
namespace {

// Empty if it can be trained on.
std::string FaultOf(const Example& example, const SftSpec& sft, const text::Tokenizer& tokenizer) {
  if (!example.messages().empty()) return "it has chat messages; only a prompt can be trained on";
  std::size_t tokens = 0;
  for (const std::string* text : {&example.prompt(), &example.response()}) {
    const auto ids = tokenizer.Encode(*text);
    if (!ids.ok()) {
      return absl::StrCat("the model's tokenizer refuses it: ", ids.status().message());
    }
    tokens += ids->size();
  }
  if (tokens <= sft.max_tokens()) return "";
  return absl::StrCat("it has ", tokens, " tokens, more than max_tokens, ", sft.max_tokens(),
                      "; raise that or leave the example out");
}

}  // namespace

void CheckExamples(const SftSpec& sft, const std::string& path, const Surroundings& around,
                   FaultList& faults) {
  if (sft.examples().empty()) {
    faults.Add(path, "it is required; name a .jsonl file or countdown:traces");
    return;
  }
  if (around.files == NamedFiles::kLeave) return;
  if (!absl::EndsWith(sft.examples(), ".jsonl")) {
    const auto source = data::OpenExamples(sft.examples(), around.spec.seed());
    if (!source.ok()) faults.Add(path, source.status().message());
    return;
  }
  const ModelFacts& model = around.model;
  const auto examples = data::ReadExamples(sft.examples());
  if (!examples.ok()) {
    faults.Add(path, examples.status().message());
    return;
  }
  if (model.tokenizer == nullptr) return;
  for (const Example& example : *examples) {
    const std::string fault = FaultOf(example, sft, *model.tokenizer);
    if (fault.empty()) continue;
    faults.Add(path, absl::StrCat("example ", example.id(), ": ", fault));
    return;
  }
}

}  // namespace gyre::spec
