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
                       {"samples_per_prompt", 16},
                       {"accuracy", 0.2 + 0.013 * step},
                       {"majority_accuracy", 0.3 + 0.013 * step},
                       {"pass_at_k", 0.95},
                       {"mean_response_tokens", 40 + 2.5 * step},
                       {"mean_finished_response_tokens", 40 + 2.3 * step},
                       {"truncated_fraction", 0.004 * step},
                       {"unscored_samples", step}});
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
    Write("spec.textproto",
          "name: \"a<b\"\nseed: 1\n"
          "stage { name: \"base\" sft {} }\n"
          "stage { name: \"zero\" rl { problems: \"countdown:train\" }\n"
          "  eval { problems: \"countdown:held_out\" } }\n");
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
                      {"samples", "256"},
                      {"unscored_samples", step % 3},
                      {"clip_fraction_low", 0.01},
                      {"clip_fraction_high", 0.02},
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

// A figure of the page by its title.
std::string Figure(const std::string& page, const std::string& title) {
  const size_t at = page.find("<figcaption><b>" + title + "</b>");
  if (at == std::string::npos) return "";
  return page.substr(at, page.find("</figure>", at) - at);
}

// What its hover script reads.
Json HoverOf(const std::string& figure) {
  const std::string tag = "<script type=\"application/json\">";
  const size_t begin = figure.find(tag) + tag.size();
  return Json::parse(figure.substr(begin, figure.find("</script>", begin) - begin));
}

TEST_F(ReportTest, CurvesHaveAxesUnitsAndHoverValues) {
  WriteRun();
  ASSERT_TRUE(WriteReport(run_dir_).ok());
  const std::string page = Page();
  const std::string length = Figure(page, "Response length");
  EXPECT_THAT(length, HasSubstr("<small>tokens</small>"));
  EXPECT_THAT(length, HasSubstr("text-anchor=middle>30</text>"));  // the last step
  EXPECT_THAT(length, HasSubstr("text-anchor=end>step</text>"));
  const Json hover = HoverOf(length);
  EXPECT_EQ(hover["unit"], "tokens");
  EXPECT_EQ(hover["series"].back()["name"], "all, held-out problems");
  EXPECT_EQ(hover["series"].back()["x"], Json({0, 10, 20, 30}));
  EXPECT_EQ(hover["series"].back()["y"], Json({40, 65, 90, 115}));
  EXPECT_THAT(Figure(page, "Entropy"), HasSubstr("<small>nats</small>"));
  EXPECT_EQ(HoverOf(Figure(page, "Clipped tokens"))["series"][1]["name"], "high");
  const Json phases = HoverOf(Figure(page, "Time of a step, by phase"));
  EXPECT_EQ(phases["unit"], "seconds");
  EXPECT_EQ(phases["series"].back()["name"], "wait");
}

TEST_F(ReportTest, ShowsTheSameProblemsSideBySide) {
  WriteRun();
  ASSERT_TRUE(WriteReport(run_dir_).ok());
  const std::string page = Page();
  const size_t pair = page.find("<div class=pair>");
  ASSERT_NE(pair, std::string::npos);
  const size_t before = page.find("before <b class=\"no\">wrong</b>", pair);
  const size_t after = page.find("after <b class=\"yes\">right</b>", pair);
  EXPECT_LT(before, after);
  EXPECT_LT(after, page.find("</article>", pair));
}

TEST_F(ReportTest, CountsWhatWasNotScored) {
  WriteRun();
  ASSERT_TRUE(WriteReport(run_dir_).ok());
  EXPECT_THAT(Page(), HasSubstr("Samples without a score, those of dropped groups included: 30 in "
                                "training, 60 in evaluations; groups that had effect hold 7,680 "
                                "and 12,800 samples."));
  EXPECT_THAT(Page(), HasSubstr("<th>unscored"));
}

TEST_F(ReportTest, NeverCallsANumberThatIsNotFinite0) {
  WriteRun();
  Json summary = Json::parse(base::ReadFile(run_dir_ + "/summary.json").value());
  summary["max_logprob_difference"] = nullptr;
  Write("summary.json", summary.dump());
  Write("metrics.jsonl", R"({"stage":"base","step":0,"loss":3.1})"
                         "\n"
                         R"({"stage":"base","step":1,"loss":null})"
                         "\n"
                         R"({"stage":"base","step":2,"loss":2.9})"
                         "\n");
  ASSERT_TRUE(WriteReport(run_dir_).ok());
  EXPECT_THAT(Page(), HasSubstr("<b>not finite</b><span>largest difference"));
  const Json hover = HoverOf(Figure(Page(), "Loss"));
  EXPECT_EQ(hover["series"].back()["y"][1], Json(3.1f));  // the mean of what is there
  EXPECT_EQ(HoverOf(Figure(Page(), "Loss")).dump().find("1.55"), std::string::npos);
}

TEST_F(ReportTest, AStepWithoutAScoreIsAGap) {
  WriteRun();
  Write("metrics.jsonl",
        R"({"stage":"zero","step":0,"groups":4,"samples":8,"accuracy":0.5,"reward_mean":0.5})"
        "\n"
        R"({"stage":"zero","step":1,"groups":4,"samples":8,"unscored_samples":8,"accuracy":null})"
        "\n");
  ASSERT_TRUE(WriteReport(run_dir_).ok());
  const Json hover = HoverOf(Figure(Page(), "Accuracy and reward"));
  EXPECT_EQ(hover["series"][1]["name"], "accuracy, training");
  EXPECT_EQ(hover["series"][1]["y"][1], Json(0.5));
}

TEST_F(ReportTest, SaysWhyARunFailed) {
  WriteRun();
  Write("processes.json", R"({"failure":"actor-0 failed: <no memory>","restarts":{"a":"x"}})");
  ASSERT_TRUE(WriteReport(run_dir_).ok());
  EXPECT_THAT(Page(), HasSubstr("status: failed: actor-0 failed: &lt;no memory&gt;"));
}

TEST_F(ReportTest, ComparesWithinTheLastStageThatWasEvaluatedTwice) {
  WriteRun();
  Json summary = Json::parse(base::ReadFile(run_dir_ + "/summary.json").value());
  summary["evals"].insert(summary["evals"].begin(),
                          Json{{"stage", "base"}, {"step", 0}, {"accuracy", 0.01}});
  summary["evals"].push_back({{"stage", "later"}, {"step", 0}, {"accuracy", 0.99}});
  Write("summary.json", summary.dump());
  const std::string samples = base::ReadFile(run_dir_ + "/samples.jsonl").value();
  Write("samples.jsonl", samples + R"({"stage":"later","step":0,"purpose":"eval","problem":"p"})"
                                   "\n");
  ASSERT_TRUE(WriteReport(run_dir_).ok());
  EXPECT_THAT(Page(), HasSubstr("20.0 % →</em> 59.0 %"));
  EXPECT_THAT(Page(), HasSubstr("<div class=pair>"));
}

TEST_F(ReportTest, CallsOnlyThoseProblemsHeldOutThatAre) {
  WriteRun();
  Write("spec.textproto",
        "name: \"a\" stage { name: \"zero\" rl { problems: \"countdown:held_out\" }"
        "  eval { problems: \"countdown:held_out\" } }");
  ASSERT_TRUE(WriteReport(run_dir_).ok());
  EXPECT_THAT(Page(), Not(HasSubstr("held-out problems")));
  EXPECT_THAT(Page(), HasSubstr("evaluation problems"));
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

TEST(Chart, APointAloneIsADot) {
  const Chart chart{.title = "one", .series = {{"a", "red", {1}, {0.5}}}};
  EXPECT_THAT(RenderChart(chart), HasSubstr("h0\" stroke"));
}

TEST(Chart, StepsAreWholeNumbers) {
  const Chart chart{.title = "few", .series = {{"a", "red", {1, 2}, {0.5, 0.6}}}};
  EXPECT_THAT(RenderChart(chart), Not(HasSubstr(">1.2</text>")));
  EXPECT_THAT(RenderChart(chart), HasSubstr("text-anchor=middle>2</text>"));
}

TEST(Chart, GapsBreakTheLine) {
  Chart chart{.title = "gap", .series = {{"a", "red", {1, 2, 3}, {1, std::nan(""), 2}}}};
  const std::string svg = RenderChart(chart);
  EXPECT_EQ(std::count(svg.begin(), svg.end(), 'M'), 2);
  EXPECT_EQ(RenderChart(Chart{.title = "none", .series = {{"a", "red", {1}, {std::nan("")}}}}), "");
}

}  // namespace
}  // namespace gyre::cli
