#include "learner/training_sequence.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "learner/advantage.h"

namespace gyre::learner {
namespace {

absl::Status Check(const TrainingSequence& sequence, const SequenceLimits& limits) {
  const int64_t length = static_cast<int64_t>(sequence.token_ids.size());
  if (length > limits.max_tokens) {
    return absl::InvalidArgumentError(
        absl::StrCat("has ", length, " tokens; at most ", limits.max_tokens, " fit"));
  }
  for (const int32_t token : sequence.token_ids) {
    if (token < 0 || token >= limits.vocab_size) {
      return absl::InvalidArgumentError(
          absl::StrCat("has token ", token, ", but the vocabulary has only ", limits.vocab_size));
    }
  }
  if (sequence.target_positions.empty())
    return absl::InvalidArgumentError("has no token to train on");
  if (sequence.target_positions.front() < 1)
    return absl::InvalidArgumentError("has an empty prompt");
  return absl::OkStatus();
}

absl::Status In(const std::string& what, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(what, " ", status.message()));
}

std::string NameOf(const GroupId& id) {
  return absl::StrCat("group (stage ", id.stage(), ", slot ", id.slot(), ", attempt ", id.attempt(),
                      ")");
}

bool SamePolicy(const PolicyId& a, const PolicyId& b) {
  return a.version() == b.version() && a.root_digest() == b.root_digest();
}

absl::StatusOr<TrainingSequence> SequenceOf(const TrainGroup& group, const Sample& sample,
                                            const PolicyId& current) {
  TrainingSequence sequence;
  sequence.token_ids.assign(group.prompt_token_ids().begin(), group.prompt_token_ids().end());
  sequence.by_current_policy = true;
  for (const Span& span : sample.spans()) {
    if (span.origin() == Span::POLICY) {
      if (span.log_probs_size() != span.token_ids_size()) {
        return absl::InvalidArgumentError(absl::StrCat(
            "has ", span.log_probs_size(), " log-probs for ", span.token_ids_size(), " tokens"));
      }
      for (int i = 0; i < span.token_ids_size(); ++i) {
        sequence.target_positions.push_back(static_cast<int32_t>(sequence.token_ids.size()) +
                                            static_cast<int32_t>(i));
      }
      sequence.behaviour_log_probs.insert(sequence.behaviour_log_probs.end(),
                                          span.log_probs().begin(), span.log_probs().end());
      if (!SamePolicy(span.policy(), current)) sequence.by_current_policy = false;
    }
    sequence.token_ids.insert(sequence.token_ids.end(), span.token_ids().begin(),
                              span.token_ids().end());
  }
  return sequence;
}

}  // namespace

absl::StatusOr<TrainingSequence> SequenceOf(const SftExample& example,
                                            const SequenceLimits& limits) {
  TrainingSequence sequence;
  sequence.token_ids = example.token_ids;
  for (size_t i = example.prompt_tokens; i < example.token_ids.size(); ++i)
    sequence.target_positions.push_back(static_cast<int32_t>(i));
  if (absl::Status status = Check(sequence, limits); !status.ok()) return In("an example", status);
  return sequence;
}

absl::Status AppendSequencesOf(const TrainGroup& group, const RlSpec& spec, const PolicyId& current,
                               const SequenceLimits& limits,
                               std::vector<TrainingSequence>& sequences) {
  if (group.totals().train_tokens() == 0) return absl::OkStatus();
  const std::string name = NameOf(group.id());
  if (group.temperature() != spec.temperature()) {
    return absl::InvalidArgumentError(absl::StrCat(name, " was sampled at temperature ",
                                                   group.temperature(), ", but the stage's is ",
                                                   spec.temperature()));
  }
  if (group.totals().samples_size() != group.samples_size()) {
    return absl::InvalidArgumentError(absl::StrCat(name, " has ", group.samples_size(),
                                                   " samples and ", group.totals().samples_size(),
                                                   " totals"));
  }
  std::vector<double> totals;
  for (const GroupTotals::SampleTotal& total : group.totals().samples())
    if (total.scored()) totals.push_back(total.total());
  const std::vector<double> advantages =
      GroupAdvantages(totals, spec.grpo().std(), static_cast<double>(spec.grpo().std_epsilon()));
  size_t next = 0;
  for (int i = 0; i < group.samples_size(); ++i) {
    if (!group.totals().samples(i).scored()) continue;
    absl::StatusOr<TrainingSequence> sequence = SequenceOf(group, group.samples(i), current);
    absl::Status status = sequence.ok() ? Check(*sequence, limits) : sequence.status();
    if (!status.ok()) return In(absl::StrCat("sample ", i, " of ", name), status);
    sequence->advantage = advantages[next++];
    sequences.push_back(*std::move(sequence));
  }
  return absl::OkStatus();
}

std::vector<size_t> CutIntoMicroBatches(absl::Span<const TrainingSequence> sequences,
                                        int64_t tokens) {
  std::vector<size_t> ends;
  int64_t sum = 0;
  for (size_t i = 0; i < sequences.size(); ++i) {
    const int64_t length = static_cast<int64_t>(sequences[i].token_ids.size());
    if (i > 0 && sum + length > tokens) {
      ends.push_back(i);
      sum = 0;
    }
    sum += length;
  }
  if (!sequences.empty()) ends.push_back(sequences.size());
  return ends;
}

}  // namespace gyre::learner
