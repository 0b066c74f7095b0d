#include "cli/report/report.h"

#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "cli/report/chart.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace gyre::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

// A run directory with the shape of a real one: 40 imitation steps, 30 reinforcement steps, 4
// evaluations.
class ReportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    run_dir_ = ::testing::TempDir() + "report_test_run";
    std::filesystem::remove_all(run_dir_);
    std::filesystem::create_directories(run_dir_);
  }

  void WriteRun() {
    Json evals = Json::array();
    for (int step : {0, 10, 20, 30}) {
      evals.push_back({{"stage", "zero"},
                       {"step", step},
                       {"problems", 200},
                       {"samples_per_problem", 16},
                       {"accuracy", 0.2 + 0.013 * step},
                       {"majority_accuracy", 0.3 + 0.013 * step},
                       {"pass_at_k", 0.95},
                       {"mean_response_tokens", 40 + 2.5 * step},
                       {"mean_finished_response_tokens", 40 + 2.3 * step},
                       {"truncated_fraction", 0.004 * step}});
    }
    Json summary = {{"status", "finished"},
                    {"wall_seconds", 272.4},
                    {"stages",
                     {{{"name", "base"}, {"steps", 40}, {"seconds", 100}},
                      {{"name", "zero"}, {"steps", 30}, {"seconds", 150}}}},
                    {"evals", evals},
                    {"groups",
                     {{"issued", 960 + 800},
                      {"consumed", 960},
                      {"evaluated", 800},
                      {"written", 0},
                      {"dropped", 0},
                      {"in_flight", 0}}},
                    {"tokens", {{"generated", 1234567}, {"trained", 765432}}},
                    {"max_logprob_difference", 0},
                    {"logprobs_compared", 765432},
                    {"policy", {{"version", 70}, {"digest", "ab12"}}}};
    Write("summary.json", summary.dump());
    Json processes = {{"cores", 2},
                      {"stages", {{{"name", "base"}, {"cores_busy", 1.91}}}},
                      {"restarts", {{"actor-0", 3}}}};
    Write("processes.json", processes.dump());
    Write("spec.textproto", "name: \"a<b\"\nseed: 1\n");
    std::string metrics, samples;
    for (int step = 0; step < 40; ++step) {
      metrics += Json{{"stage", "base"},
                      {"step", step},
                      {"loss", 0.15 + 3 * std::exp(-step / 8.0)},
                      {"learning_rate", 3e-3 * std::cos(step / 30.0)},
                      {"gradient_norm", 1 + std::sin(step)},
                      {"step_seconds", {{"forward_backward", 0.02}, {"reduce", 0.004}}}}
                     .dump() +
                 "\n";
    }
    for (int step = 0; step < 30; ++step) {
      const double noise = 0.03 * std::sin(7.0 * step);
      metrics += Json{{"stage", "zero"},
                      {"step", step},
                      {"groups", "32"},
                      {"reward_mean", 0.28 + 0.013 * step + noise},
                      {"accuracy", 0.2 + 0.013 * step + noise},
                      {"response_tokens_mean", 40 + 2.5 * step + 60 * noise},
                      {"finished_response_tokens_mean", 40 + 2.3 * step + 60 * noise},
                      {"truncated_fraction", 0.004 * step},
                      {"entropy", 0.3 - 0.003 * step},
                      {"gradient_norm", 0.4 + noise},
                      {"logprob_difference_max", 0},
                      {"outcome_errors", {{"accuracy/SCORE_ERROR_RULE", std::to_string(step % 3)}}},
                      {"step_seconds",
                       {{"wait", 0.8 + noise},
                        {"forward_backward", 0.6},
                        {"reduce", 0.05},
                        {"publish", 0.02}}}}
                     .dump() +
                 "\n";
    }
    for (int step : {0, 30}) {
      for (int problem = 0; problem < 3; ++problem) {
        const bool right = step > 0;
        samples += Json{{"stage", "zero"},
                        {"step", step},
                        {"purpose", "eval"},
                        {"problem", "held_out/" + std::to_string(problem)},
                        {"prompt", "<bos>5 7 6=37:"},
                        {"tokens", right ? 43 : 29},
                        {"finish_reason", "stop"},
                        {"text", std::string("<think>5*7=35,35-6=29 vs 37 no\n") +
                                     (right ? "6*5=30,30+7=37 vs 37 yes\n</think><answer>(6*5)+7"
                                            : "</think><answer>(5*7)-6") +
                                     "</answer><eos>"},
                        {"components", {{{"component", "accuracy"}, {"value", right ? 1 : 0}}}}}
                       .dump() +
                   "\n";
      }
    }
    Write("metrics.jsonl", metrics);
    Write("samples.jsonl", samples);
  }

  void Write(const std::string& name, const std::string& content) {
    std::ofstream(run_dir_ + "/" + name) << content;
  }

  std::string Page() { return base::ReadFile(run_dir_ + "/report.html").value(); }

  std::string run_dir_;
};

TEST_F(ReportTest, ShowsCurvesTranscriptsAndAccounts) {
  WriteRun();
  ASSERT_TRUE(WriteReport(run_dir_).ok());
  const std::string page = Page();
  EXPECT_THAT(page, HasSubstr("Accuracy and reward"));
  EXPECT_THAT(page, HasSubstr("20.0 % →</em> 59.0 %"));
  EXPECT_THAT(page, HasSubstr("765,432 log-probs"));
  EXPECT_THAT(page, HasSubstr("6*5=30,30+7=37 vs 37 yes"));
  EXPECT_THAT(page, HasSubstr("<td>1,760<td>960<td>800<td>0<td>0<td>0"));
  EXPECT_THAT(page, HasSubstr("accuracy/SCORE_ERROR_RULE"));
  EXPECT_THAT(page, HasSubstr("1.91 of 2"));
  EXPECT_THAT(page, HasSubstr("actor-0 3 times"));
}

TEST_F(ReportTest, NeedsNothingFromElsewhere) {
  WriteRun();
  ASSERT_TRUE(WriteReport(run_dir_).ok());
  EXPECT_THAT(Page(), Not(HasSubstr("http")));
  EXPECT_THAT(Page(), Not(HasSubstr("src=")));
}

TEST_F(ReportTest, TextOfTheRunCannotBecomeMarkup) {
  WriteRun();
  ASSERT_TRUE(WriteReport(run_dir_).ok());
  EXPECT_THAT(Page(), HasSubstr("<h1>a&lt;b</h1>"));
  EXPECT_THAT(Page(), HasSubstr("&lt;think&gt;"));
  EXPECT_THAT(Page(), Not(HasSubstr("<think>")));
}

TEST_F(ReportTest, WorksOnARunThatHasJustBegun) {
  Write("summary.json", R"({"status":"running","wall_seconds":1.5})");
  Write("metrics.jsonl", R"({"stage":"base","step":0,"loss":3.1})"
                         "\n"
                         R"({"stage":"base","st)");
  ASSERT_TRUE(WriteReport(run_dir_).ok());
  EXPECT_THAT(Page(), HasSubstr("Imitation: stage base"));
}

TEST_F(ReportTest, RefusesAFolderThatIsNoRun) {
  absl::Status status = WriteReport(run_dir_);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(run_dir_));
}

TEST_F(ReportTest, NamesTheDamagedLine) {
  WriteRun();
  Write("metrics.jsonl", "{}\nnot json\n");
  absl::Status status = WriteReport(run_dir_);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("metrics.jsonl:2"));
}

TEST(Chart, NumbersAreShortAndGrouped) {
  EXPECT_EQ(ShortNumber(1234567), "1,234,567");
  EXPECT_EQ(ShortNumber(0.61875), "0.619");
  EXPECT_EQ(ShortNumber(0), "0");
  EXPECT_EQ(ShortNumber(0.00003), "3.0e-05");
}

TEST(Chart, GapsBreakTheLine) {
  Chart chart{.title = "gap", .series = {{"a", "red", {1, 2, 3}, {1, std::nan(""), 2}}}};
  const std::string svg = RenderChart(chart);
  EXPECT_EQ(std::count(svg.begin(), svg.end(), 'M'), 2);
  EXPECT_EQ(RenderChart(Chart{.title = "none", .series = {{"a", "red", {1}, {std::nan("")}}}}), "");
}

}  // namespace
}  // namespace gyre::cli
