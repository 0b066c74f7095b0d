#include "cli/eval/evaluate.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/counter_rng.h"
#include "base/file_writer.h"
#include "base/status_macros.h"
#include "coordinator/group_metrics.h"
#include "coordinator/totals.h"
#include "data/open_source.h"
#include "data/prompt_template.h"
#include "engine/engine.h"
#include "model/load_network.h"
#include "nlohmann/json.hpp"
#include "rewarder/rule_set.h"
#include "spec/model_tokenizer.h"
#include "spec/reward_components.h"
#include "weights/stored_model.h"

namespace gyre::cli {
namespace {

struct Answered {
  Group group;
  std::string prompt;
};

absl::StatusOr<RlSpec::Template> ParseTemplate(const std::string& name) {
  RlSpec::Template value;
  if (!RlSpec::Template_Parse(name, &value)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--template ", name, ": there is no such template; use PLAIN or R1_ZERO"));
  }
  return value;
}

// The groups to make, prompts as token ids, samples still empty.
absl::StatusOr<std::vector<Answered>> PrepareGroups(const EvalOptions& options,
                                                    const text::Tokenizer& tokenizer) {
  GYRE_ASSIGN_OR_RETURN(const RlSpec::Template prompt_template,
                        ParseTemplate(options.prompt_template));
  GYRE_ASSIGN_OR_RETURN(auto source, data::OpenProblems(options.problems, options.seed));
  uint64_t count = source->size();
  if (options.max_problems > 0) count = std::min(count, options.max_problems);
  std::vector<Answered> answered(count);
  for (uint64_t i = 0; i < count; ++i) {
    Group& group = answered[i].group;
    *group.mutable_problem() = source->Get(i, /*draw=*/0);
    if (!spec::IsProblemKind(group.problem().kind())) {
      return absl::InvalidArgumentError(
          absl::StrCat(options.problems, ": problem ", group.problem().id(), " has kind \"",
                       group.problem().kind(),
                       "\", for which there is no rule; known are: ", spec::ProblemKindNames()));
    }
    group.mutable_id()->set_purpose(EVAL);
    group.mutable_id()->set_slot(i);
    group.mutable_sampling()->set_samples(options.samples);
    group.mutable_sampling()->set_max_response_tokens(options.max_tokens);
    group.mutable_sampling()->set_temperature(options.temperature);
    GYRE_ASSIGN_OR_RETURN(answered[i].prompt, data::RenderPrompt(prompt_template, group.problem()));
    GYRE_ASSIGN_OR_RETURN(std::vector<int32_t> prompt, tokenizer.Encode(answered[i].prompt));
    group.mutable_prompt_token_ids()->Add(prompt.begin(), prompt.end());
  }
  return answered;
}

Sample JudgedSample(engine::FinishedSample&& finished, const Problem& problem,
                    const text::Tokenizer& tokenizer, const rewarder::RuleSet& rules) {
  static constexpr const char* kComponents[] = {"accuracy", "format"};
  Sample sample;
  sample.set_index(finished.sample);
  sample.set_finish_reason(finished.finish_reason);
  sample.set_text(tokenizer.Decode(finished.tokens));
  Span* span = sample.add_spans();
  span->set_origin(Span::POLICY);
  span->mutable_token_ids()->Add(finished.tokens.begin(), finished.tokens.end());
  span->mutable_log_probs()->Add(finished.log_probs.begin(), finished.log_probs.end());
  google::protobuf::RepeatedPtrField<std::string> components;
  for (const char* component : kComponents) components.Add(component);
  std::vector<std::string> end_marks;
  for (const int32_t end : tokenizer.eos_ids()) end_marks.push_back(tokenizer.Decode({&end, 1}));
  *sample.mutable_outcome() =
      rules.Score(problem,
                  {.text = sample.text(),
                   .finish_reason = sample.finish_reason(),
                   .end_mark = rewarder::EndMarkOf(sample.text(), end_marks)},
                  components);
  return sample;
}

nlohmann::json Line(const Answered& answered, const Sample& sample) {
  const Span& span = sample.spans(0);
  nlohmann::json components = nlohmann::json::array();
  for (const ComponentOutcome& outcome : sample.outcome().components()) {
    nlohmann::json component = {{"component", outcome.component()}, {"rule", outcome.rule()}};
    if (outcome.has_value()) component["value"] = outcome.value();
    if (outcome.has_error()) component["error"] = ScoreErrorKind_Name(outcome.error());
    if (!outcome.answer().empty()) component["answer"] = outcome.answer();
    components.push_back(std::move(component));
  }
  const auto& prompt = answered.group.prompt_token_ids();
  return {{"problem", answered.group.problem().id()},
          {"prompt", answered.prompt},
          {"prompt_tokens", std::vector<int32_t>(prompt.begin(), prompt.end())},
          {"sample_index", sample.index()},
          {"tokens", std::vector<int32_t>(span.token_ids().begin(), span.token_ids().end())},
          {"logprobs", std::vector<float>(span.log_probs().begin(), span.log_probs().end())},
          {"text", sample.text()},
          {"finish", FinishReason_Name(sample.finish_reason())},
          {"components", std::move(components)}};
}

bool IsComplete(const Group& group) {
  return static_cast<uint32_t>(group.samples_size()) == group.sampling().samples();
}

// Samples end in any order; the file and the majority's ties go by the order in which they are
// drawn.
void SortSamples(Group& group) {
  std::sort(group.mutable_samples()->begin(), group.mutable_samples()->end(),
            [](const Sample& a, const Sample& b) { return a.index() < b.index(); });
}

// Writes the samples of complete groups, in the order of the problems; nothing without a path.
class SampleFile {
 public:
  static absl::StatusOr<SampleFile> Create(const std::string& path) {
    SampleFile file;
    if (path.empty()) return file;
    GYRE_ASSIGN_OR_RETURN(file.writer_, base::FileWriter::Create(path));
    return file;
  }

  // Those that are complete and whose turn it is.
  absl::Status Append(const std::vector<Answered>& answered) {
    if (!writer_) return absl::OkStatus();
    for (; next_ < answered.size() && IsComplete(answered[next_].group); ++next_) {
      for (const Sample& sample : answered[next_].group.samples()) {
        GYRE_RETURN_IF_ERROR(writer_->Append(
            absl::StrCat(Line(answered[next_], sample)
                             .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                         "\n")));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Commit() { return writer_ ? writer_->Commit() : absl::OkStatus(); }

 private:
  std::optional<base::FileWriter> writer_;
  std::size_t next_ = 0;
};

EvalResult Result(const EvalOptions& options, const std::vector<Answered>& answered) {
  coordinator::TotalsRule rule;
  rule.rewards.Add()->set_component("accuracy");
  std::vector<GroupNumbers> numbers;
  for (const Answered& one : answered) {
    numbers.push_back(coordinator::ComputeNumbers(
        one.group, coordinator::ComputeTotals(one.group, rule), /*probe_difference=*/0));
  }
  std::vector<const GroupNumbers*> pointers;
  for (const GroupNumbers& one : numbers) pointers.push_back(&one);
  EvalResult result = coordinator::EvaluateGroups(pointers);
  result.set_problems(answered.size());
  result.set_samples_per_problem(options.samples);
  return result;
}

}  // namespace

absl::StatusOr<EvalResult> Evaluate(const EvalOptions& options,
                                    absl::FunctionRef<void(uint64_t, uint64_t)> progress) {
  GYRE_ASSIGN_OR_RETURN(const auto stored, weights::OpenModel(options.model));
  GYRE_ASSIGN_OR_RETURN(auto tokenizer, spec::LoadModelTokenizer(options.model));
  GYRE_ASSIGN_OR_RETURN(model::PackedNetwork network, model::LoadNetwork(*stored));
  GYRE_ASSIGN_OR_RETURN(std::vector<Answered> answered, PrepareGroups(options, *tokenizer));
  // Before all the sampling, so that a file that cannot be written costs nobody hours.
  GYRE_ASSIGN_OR_RETURN(SampleFile file, SampleFile::Create(options.out));

  engine::Engine engine({.config = stored->config(), .max_sequences = options.max_sequences});
  GYRE_RETURN_IF_ERROR(engine.InstallPolicy(
      std::make_shared<engine::Policy>(engine::Policy{{}, std::move(network)})));
  for (uint64_t i = 0; i < answered.size(); ++i) {
    const auto& prompt = answered[i].group.prompt_token_ids();
    GYRE_RETURN_IF_ERROR(
        engine.Add({.id = i,
                    .random_key = base::CounterRng({options.seed, "eval", i}).key(),
                    .prompt = {prompt.begin(), prompt.end()},
                    .samples = static_cast<int32_t>(options.samples),
                    .max_response_tokens = static_cast<int32_t>(options.max_tokens),
                    .sampling = {.temperature = options.temperature, .truncation = {}},
                    .eos_ids = tokenizer->eos_ids(),
                    .stop = nullptr,
                    .pinned_policy = nullptr}));
  }

  const rewarder::RuleSet rules = rewarder::MakeRules();
  std::vector<engine::FinishedSample> finished;
  uint64_t done = 0;
  const uint64_t all = answered.size() * options.samples;
  while (engine.Step(finished)) {
    for (engine::FinishedSample& sample : finished) {
      Group& group = answered[sample.request_id].group;
      *group.add_samples() = JudgedSample(std::move(sample), group.problem(), *tokenizer, rules);
      if (IsComplete(group)) SortSamples(group);
      ++done;
    }
    finished.clear();
    GYRE_RETURN_IF_ERROR(file.Append(answered));
    progress(done, all);
  }
  GYRE_RETURN_IF_ERROR(file.Commit());
  return Result(options, answered);
}

}  // namespace gyre::cli
