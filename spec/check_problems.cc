#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "data/open_source.h"
#include "data/prompt_template.h"
#include "spec/reward_components.h"
#include "spec/stage_checks.h"

namespace gyre::spec {

void CheckProblems(const std::string& address, const std::string& path,
                   RlSpec::Template prompt_template, uint64_t max_response_tokens,
                   const Surroundings& around, FaultList& faults) {
  if (address.empty()) {
    faults.Add(path, "it is required; name a .jsonl file, countdown:train or countdown:held_out");
    return;
  }
  if (around.files == NamedFiles::kLeave) return;
  const ModelFacts& model = around.model;
  const auto source = data::OpenProblems(address, around.spec.seed());
  if (!source.ok()) {
    faults.Add(path, source.status().message());
    return;
  }
  uint64_t longest = 0;
  std::string longest_id;
  for (uint64_t i = 0; i < (*source)->size(); ++i) {
    const Problem problem = (*source)->Get(i, 0);
    if (!IsProblemKind(problem.kind())) {
      faults.Add(path,
                 absl::StrCat("problem ", problem.id(), " has kind \"", problem.kind(),
                              "\", for which there is no rule; known are: ", ProblemKindNames()));
      return;
    }
    const auto prompt = data::RenderPrompt(prompt_template, problem);
    if (!prompt.ok()) {
      faults.Add(path, absl::StrCat("problem ", problem.id(), ": ", prompt.status().message()));
      return;
    }
    if (model.tokenizer == nullptr) continue;
    const auto tokens = model.tokenizer->Encode(*prompt);
    if (!tokens.ok()) {
      faults.Add(path, absl::StrCat("the model's tokenizer refuses the prompt of problem ",
                                    problem.id(), ": ", tokens.status().message()));
      return;
    }
    if (tokens->size() > longest) {
      longest = tokens->size();
      longest_id = problem.id();
    }
  }
  if (model.config &&
      longest + max_response_tokens > static_cast<uint64_t>(model.config->max_positions)) {
    faults.Add(path, absl::StrCat("the prompt of ", longest_id, " has ", longest,
                                  " tokens; with a response of ", max_response_tokens,
                                  " it does not fit the model's ", model.config->max_positions,
                                  " positions; lower max_response_tokens or raise max_positions"));
  }
}

}  // namespace gyre::spec
