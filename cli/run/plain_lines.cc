#include "cli/run/plain_lines.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/run/amounts.h"

namespace gyre::cli {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(10);

std::string StepSentence(const RunProgress& progress) {
  const GetStatusReply& status = progress.status();
  std::string line =
      absl::StrFormat("%s %d/%d", status.stage(), status.stage_step(), status.stage_steps());
  if (progress.last() != nullptr) {
    if (progress.is_rl()) {
      absl::StrAppendFormat(&line, "  reward %s  accuracy %s  response %.0f tokens  cut %s",
                            Fraction(progress.Mean(&StepMetrics::reward_mean, 3)),
                            Fraction(progress.Mean(&StepMetrics::accuracy, 3)),
                            progress.Mean(&StepMetrics::response_tokens_mean, 3),
                            Percent(progress.Mean(&StepMetrics::truncated_fraction, 3)));
    } else {
      absl::StrAppend(&line, "  loss ", Fraction(progress.Mean(&StepMetrics::loss, 20)));
    }
  }
  if (const auto tokens = progress.TokensPerSecond()) {
    absl::StrAppend(&line, "  ", Grouped(static_cast<uint64_t>(*tokens)), " tokens/s");
  }
  if (const auto left = progress.StageTimeLeft()) {
    absl::StrAppend(&line, "  stage ends in about ", Clock(*left));
  }
  return line;
}

}  // namespace

std::string EvalSentence(const EvalResult& eval) {
  std::string sentence = absl::StrFormat(
      "evaluation at step %d of %s: accuracy %s  majority %s  pass@%d %s  response %.0f tokens "
      "(%.0f finished)  cut %s  (%d problems)",
      eval.step(), eval.stage(), Fraction(eval.accuracy()), Fraction(eval.majority_accuracy()),
      eval.samples_per_problem(), Fraction(eval.pass_at_k()), eval.mean_response_tokens(),
      eval.mean_finished_response_tokens(), Percent(eval.truncated_fraction()), eval.problems());
  if (eval.unscored_samples() > 0) {
    absl::StrAppend(&sentence, "  ", Grouped(eval.unscored_samples()),
                    " samples unscored, those of dropped groups included");
  }
  return sentence;
}

std::vector<std::string> PlainLines::Next(const RunProgress& progress, absl::Duration silence,
                                          absl::Time now) {
  std::vector<std::string> lines;
  const GetStatusReply& status = progress.status();
  const std::string clock = absl::StrFormat("%7s  ", Clock(absl::Seconds(status.wall_seconds())));
  if (status.stage() != stage_) {
    stage_ = status.stage();
    lines.push_back(absl::StrCat(clock, "stage ", progress.stage_index() + 1, " of ",
                                 progress.spec().stage_size(), ": ", stage_, ", ",
                                 status.stage_steps(), " steps"));
    next_ = now + kInterval;
  }
  for (; evals_ < status.evals_size(); ++evals_) {
    lines.push_back(absl::StrCat(clock, EvalSentence(status.evals(evals_))));
  }
  if (status.trouble() != trouble_) {
    lines.push_back(absl::StrCat(
        clock, status.trouble().empty() ? "it goes on" : "stands still: ", status.trouble()));
    trouble_ = status.trouble();
  }
  if (now >= next_ && stage_.empty()) {
    // The first such line comes after the first interval: most starts are over before.
    if (next_ != absl::InfinitePast()) {
      lines.push_back(absl::StrCat(
          clock, "waiting for the coordinator to answer",
          silence > absl::ZeroDuration() ? absl::StrCat(", for ", Clock(silence)) : ""));
    }
    next_ = now + kInterval;
  } else if (now >= next_) {
    next_ = now + kInterval;
    std::string line = StepSentence(progress);
    if (silence > absl::ZeroDuration()) {
      absl::StrAppend(&line, "  (the coordinator has not answered for ", Clock(silence), ")");
    } else if (!status.evaluation().empty()) {
      absl::StrAppend(&line, "  evaluating ", status.evaluation());
    }
    lines.push_back(absl::StrCat(clock, line));
  }
  return lines;
}

}  // namespace gyre::cli
