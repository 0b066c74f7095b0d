#include "data/prompt_template.h"

#include "absl/strings/str_cat.h"

namespace gyre::data {
namespace {

constexpr char kR1ZeroBeforePrompt[] =
    "A conversation between User and Assistant. The user asks a question, and the Assistant solves "
    "it. The assistant first thinks about the reasoning process in the mind and then provides the "
    "user with the answer. The reasoning process and answer are enclosed within <think> </think> "
    "and <answer> </answer> tags, respectively, i.e., <think> reasoning process here </think> "
    "<answer> answer here </answer>. User: ";
constexpr char kR1ZeroAfterPrompt[] = ". Assistant:";

}  // namespace

absl::StatusOr<std::string> RenderPrompt(RlSpec::Template prompt_template, const Problem& problem) {
  if (problem.prompt().empty()) {
    return absl::UnimplementedError(absl::StrCat("problem \"", problem.id(),
                                                 "\" has chat messages; only a plain prompt can be "
                                                 "put to the policy"));
  }
  switch (prompt_template) {
    case RlSpec::PLAIN:
      return problem.prompt();
    case RlSpec::R1_ZERO:
      return absl::StrCat(kR1ZeroBeforePrompt, problem.prompt(), kR1ZeroAfterPrompt);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown prompt template ", static_cast<int>(prompt_template)));
}

}  // namespace gyre::data
