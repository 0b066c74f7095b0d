#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "cli/run/amounts.h"
#include "cli/run/live_view.h"
#include "cli/run/plain_lines.h"
#include "spec/load_spec.h"
#include "tests/spec/spec_texts.h"

namespace gyre::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);

// A run in step `steps` of the rl stage, two seconds a step.
class RunViewTest : public ::testing::Test {
 protected:
  RunViewTest() : progress_(*spec::LoadSpecText("f", spec::ValidSpec())) {
    status_.set_run_name("small");
    status_.set_stage("zero");
    status_.set_stage_steps(6);
  }

  void Steps(uint32_t steps) {
    std::vector<StepMetrics> lines;
    for (uint32_t step = status_.stage_step(); step < steps; ++step) {
      StepMetrics& line = lines.emplace_back();
      line.set_stage("zero");
      line.set_step(step);
      line.set_wall_seconds(100 + 2 * step);
      line.set_reward_mean(0.1 * step);
      line.set_accuracy(0.05 * step);
      line.set_response_tokens_mean(40 + step);
      line.set_tokens_generated(3000);
      (*line.mutable_step_seconds())["wait"] = 1.5;
    }
    status_.set_stage_step(steps);
    status_.set_version(20 + steps);
    status_.set_wall_seconds(100 + 2 * steps);
    progress_.Update(status_, lines);
  }

  std::vector<std::string> Drawn(int columns, absl::Duration silence = {}) {
    return Drawn(progress_, columns, silence);
  }
  static std::vector<std::string> Drawn(const RunProgress& progress, int columns,
                                        absl::Duration silence) {
    std::vector<std::string> lines;
    for (const StyledLine& line : DrawRun(progress, silence, columns)) {
      lines.push_back(line.Render(columns, false));
    }
    return lines;
  }

  RunProgress progress_;
  GetStatusReply status_;
};

TEST_F(RunViewTest, KnowsPaceAndTimeLeft) {
  Steps(4);
  EXPECT_DOUBLE_EQ(*progress_.SecondsPerStep(), 2);
  EXPECT_DOUBLE_EQ(*progress_.TokensPerSecond(), 1500);
  EXPECT_EQ(progress_.StageTimeLeft(), absl::Seconds(4));
  EXPECT_DOUBLE_EQ(progress_.PhaseSeconds().at("wait"), 1.5);
}

TEST_F(RunViewTest, KnowsNoPaceBeforeTwoSteps) {
  Steps(1);
  EXPECT_FALSE(progress_.SecondsPerStep().has_value());
  EXPECT_FALSE(progress_.TokensPerSecond().has_value());
}

TEST_F(RunViewTest, KeepsAStepOnceWhenLinesComeAgain) {
  Steps(4);
  StepMetrics again = progress_.history()[2];
  progress_.Update(status_, {again});
  EXPECT_EQ(progress_.history().size(), 3u);
}

TEST_F(RunViewTest, DrawsStageNumbersAndMembers) {
  Steps(4);
  EvalResult& eval = *status_.add_evals();
  eval.set_stage("zero");
  eval.set_accuracy(0.19);
  status_.set_evaluation("step 3: 5 of 10 groups");
  status_.set_waiting_for("step 4: 3 of 4 groups");
  MemberStatus& actor = *status_.add_members();
  actor.set_name("actor-0");
  actor.set_role(ACTOR);
  actor.set_sequences_running(12);
  Wait& wait = *actor.add_waits();
  wait.set_what("a lease");
  wait.set_seconds(1.25);
  progress_.Update(status_, {});
  const auto lines = Drawn(120);
  EXPECT_THAT(lines[0], AllOf(HasSubstr("small  stage 2/2 zero  step 4/6  version 24  1:48"),
                              HasSubstr("stage ends in about 0:04")));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("reward"), HasSubstr("0.200"))));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("accuracy"), HasSubstr("0.100"))));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("response"), HasSubstr("42 tokens, 0 % cut"))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("1,500 tokens/s"), HasSubstr("wait 1.5"))));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("evaluated"), HasSubstr("0.190"),
                                    HasSubstr("now step 3: 5 of 10 groups"))));
  EXPECT_THAT(lines, Contains(HasSubstr("waiting for step 4: 3 of 4 groups")));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("actor-0"), HasSubstr("12 sequences"),
                                    HasSubstr("waits for a lease, 1.2 s"))));
}

TEST_F(RunViewTest, FitsAnyWidth) {
  Steps(6);
  for (const int columns : {1, 10, 37, 80, 300}) {
    for (const std::string& line : Drawn(columns)) EXPECT_LE(Columns(line), columns);
  }
}

TEST_F(RunViewTest, SaysThatTheCoordinatorIsSilent) {
  Steps(2);
  EXPECT_THAT(Drawn(100, absl::Seconds(12)),
              Contains(HasSubstr("the coordinator has not answered for 0:12")));
}

TEST_F(RunViewTest, SaysWhatARunThatHasNotBegunWaitsFor) {
  const RunProgress fresh(*spec::LoadSpecText("f", spec::ValidSpec()));
  EXPECT_THAT(Drawn(fresh, 80, {}),
              AllOf(Contains("small  starting"),
                    Contains(HasSubstr("waiting for the coordinator to answer"))));
  EXPECT_THAT(Drawn(fresh, 80, absl::Seconds(12)),
              Contains(HasSubstr("the coordinator has not answered for 0:12")));
  PlainLines lines;
  EXPECT_THAT(lines.Next(fresh, {}, kStart), IsEmpty());
  EXPECT_THAT(lines.Next(fresh, absl::Seconds(10), kStart + absl::Seconds(10)),
              ElementsAre(HasSubstr("waiting for the coordinator to answer, for 0:10")));
}

TEST_F(RunViewTest, SaysWhatWasNotScored) {
  Steps(4);
  EvalResult& eval = *status_.add_evals();
  eval.set_stage("zero");
  eval.set_problems(10);
  eval.set_samples_per_problem(4);
  eval.set_accuracy(0.5);
  eval.set_unscored_samples(3);
  progress_.Update(status_, {});
  EXPECT_THAT(Drawn(120), Contains(AllOf(StartsWith("evaluated"), HasSubstr("3 unscored"))));
  EXPECT_THAT(EvalSentence(eval),
              AllOf(HasSubstr("accuracy 0.500"),
                    HasSubstr("3 samples unscored, those of dropped groups included")));
  eval.set_unscored_samples(40);
  eval.set_accuracy(std::nan(""));
  eval.set_majority_accuracy(std::nan(""));
  eval.set_pass_at_k(std::nan(""));
  EXPECT_THAT(EvalSentence(eval), HasSubstr("accuracy -  majority -  pass@4 -"));
}

TEST_F(RunViewTest, SaysThatItStandsStill) {
  PlainLines lines;
  Steps(4);
  lines.Next(progress_, {}, kStart);
  status_.set_trouble("cannot write x: the disk is full");
  progress_.Update(status_, {});
  EXPECT_THAT(Drawn(120), Contains(HasSubstr("cannot write x: the disk is full")));
  EXPECT_THAT(lines.Next(progress_, {}, kStart + absl::Seconds(1)),
              ElementsAre(HasSubstr("stands still: cannot write x: the disk is full")));
  EXPECT_THAT(lines.Next(progress_, {}, kStart + absl::Seconds(2)), IsEmpty());
  status_.clear_trouble();
  progress_.Update(status_, {});
  EXPECT_THAT(lines.Next(progress_, {}, kStart + absl::Seconds(3)),
              ElementsAre(HasSubstr("it goes on")));
}

TEST_F(RunViewTest, TellsInPlainLinesNowAndThen) {
  PlainLines lines;
  Steps(0);
  EXPECT_THAT(lines.Next(progress_, {}, kStart),
              ElementsAre(HasSubstr("stage 2 of 2: zero, 6 steps")));
  EXPECT_THAT(lines.Next(progress_, {}, kStart + absl::Seconds(5)), IsEmpty());
  Steps(4);
  EXPECT_THAT(lines.Next(progress_, {}, kStart + absl::Seconds(10)),
              ElementsAre(AllOf(HasSubstr("zero 4/6  reward 0.200"), HasSubstr("1,500 tokens/s"))));
  EvalResult& eval = *status_.add_evals();
  eval.set_stage("zero");
  eval.set_step(3);
  eval.set_accuracy(0.391);
  eval.set_problems(200);
  progress_.Update(status_, {});
  EXPECT_THAT(lines.Next(progress_, {}, kStart + absl::Seconds(11)),
              ElementsAre(AllOf(HasSubstr("evaluation at step 3 of zero: accuracy 0.391"),
                                HasSubstr("(200 problems)"))));
  EXPECT_THAT(lines.Next(progress_, {}, kStart + absl::Seconds(12)), IsEmpty());
}

TEST(StyledLine, IsCutBetweenCharacters) {
  StyledLine line("reward ");
  line.Add("▁▂▃▄", Style::kAccent);
  EXPECT_EQ(line.width(), 11);
  EXPECT_EQ(line.Render(9, false), "reward ▁▂");
  EXPECT_EQ(line.Render(9, true), "reward \x1b[36m▁▂\x1b[0m");
  EXPECT_EQ(line.Render(0, true), "");
}

TEST(Sparkline, ShowsTheCourseOfNumbers) {
  EXPECT_EQ(Sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 8), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(Sparkline({0, 0, 7, 7}, 2), "▁█");
  EXPECT_EQ(Sparkline({5, 5}, 9), "▁▁");
  EXPECT_EQ(Sparkline({}, 9), "");
  EXPECT_EQ(Sparkline({0, std::nan(""), 7}, 3), "▁ █");
}

TEST(Amounts, AreReadable) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1234567), "1,234,567");
  EXPECT_EQ(Clock(absl::Seconds(65)), "1:05");
  EXPECT_EQ(Clock(absl::Seconds(3725)), "1:02:05");
  EXPECT_EQ(Clock(absl::Seconds(-1)), "0:00");
  EXPECT_EQ(Percent(0.126), "13 %");
}

}  // namespace
}  // namespace gyre::cli
