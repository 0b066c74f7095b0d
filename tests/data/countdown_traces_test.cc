#include "data/countdown_traces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "data/open_source.h"
#include "text/countdown_tokenizer.h"
#include "text/load_tokenizer.h"

namespace gyre::data {
namespace {

struct Line {
  int a = 0, b = 0, pair = 0, left = 0, right = 0, value = 0, target = 0;
  char sign = '?', second_sign = '?';
  bool yes = false;
};

// A trace, taken apart by a reader of its own.
struct Trace {
  int numbers[3];
  int target = 0;
  std::vector<Line> lines;
  std::string answer;
};

int Apply(int left, char sign, int right) {
  return sign == '+' ? left + right : sign == '*' ? left * right : left - right;
}

Line ParseLine(const std::string& text) {
  Line line;
  char verdict[4] = "";
  int size = -1;
  std::sscanf(text.c_str(), "%1d%c%1d=%d,%d%c%d=%d vs %d %3[a-z]%n", &line.a, &line.sign, &line.b,
              &line.pair, &line.left, &line.second_sign, &line.right, &line.value, &line.target,
              verdict, &size);
  EXPECT_EQ(size, static_cast<int>(text.size())) << text;
  line.yes = std::string(verdict) == "yes";
  EXPECT_TRUE(line.yes || std::string(verdict) == "no") << text;
  return line;
}

Trace Parse(const Example& example) {
  constexpr absl::string_view kEnd = "</answer><eos>", kMiddle = "</think><answer>";
  Trace trace;
  int size = -1;
  std::sscanf(example.prompt().c_str(), "<bos>%1d %1d %1d=%2d:%n", &trace.numbers[0],
              &trace.numbers[1], &trace.numbers[2], &trace.target, &size);
  EXPECT_EQ(size, static_cast<int>(example.prompt().size())) << example.prompt();

  absl::string_view rest = example.response();
  EXPECT_TRUE(absl::ConsumePrefix(&rest, "<think>") && absl::ConsumeSuffix(&rest, kEnd));
  const std::vector<std::string> parts = absl::StrSplit(rest, kMiddle);
  EXPECT_EQ(parts.size(), 2u) << example.response();
  trace.answer = parts.back();
  EXPECT_TRUE(absl::EndsWith(parts[0], "\n"));
  for (absl::string_view line : absl::StrSplit(parts[0], '\n', absl::SkipEmpty())) {
    trace.lines.push_back(ParseLine(std::string(line)));
  }
  return trace;
}

std::string Expression(const Line& line) {
  const std::string pair = absl::StrCat("(", line.a, std::string(1, line.sign), line.b, ")");
  const std::string sign(1, line.second_sign);
  return line.left == line.pair ? absl::StrCat(pair, sign, line.right)
                                : absl::StrCat(line.left, sign, pair);
}

std::unique_ptr<ExampleSource> Traces(uint64_t seed) {
  return *OpenExamples("countdown:traces", seed);
}

TEST(CountdownTraces, EveryLineIsRightAndTheAnswerIsTheLastTry) {
  const auto traces = Traces(1);
  for (uint64_t i = 0; i < 2000; ++i) {
    const Trace trace = Parse(traces->Get(i));
    ASSERT_FALSE(trace.lines.empty());
    ASSERT_LE(trace.lines.size(), 12u);
    for (size_t k = 0; k < trace.lines.size(); ++k) {
      const Line& line = trace.lines[k];
      EXPECT_EQ(Apply(line.a, line.sign, line.b), line.pair);
      EXPECT_EQ(Apply(line.left, line.second_sign, line.right), line.value);
      const int third = line.left == line.pair ? line.right : line.left;
      std::multiset<int> used = {line.a, line.b, third};
      EXPECT_EQ(used, (std::multiset<int>(trace.numbers, trace.numbers + 3)));
      EXPECT_EQ(line.target, trace.target);
      EXPECT_EQ(line.yes, line.value == trace.target);
      EXPECT_TRUE(!line.yes || k + 1 == trace.lines.size()) << "a yes ends the trace";
      EXPECT_GE(line.value, 10);
    }
    EXPECT_EQ(trace.answer, Expression(trace.lines.back()));
  }
}

TEST(CountdownTraces, TriesAreOneAValue) {
  const auto traces = Traces(2);
  for (uint64_t i = 0; i < 500; ++i) {
    std::set<int> values;
    const Trace trace = Parse(traces->Get(i));
    for (const Line& line : trace.lines) values.insert(line.value);
    EXPECT_EQ(values.size(), trace.lines.size());
  }
}

TEST(CountdownTraces, EveryTraceHasTokensAboutFortyFiveOfThemWithItsPrompt) {
  const auto tokenizer = *text::TokenizerFromFiles(text::CountdownTokenizerFiles());
  const auto traces = Traces(3);
  constexpr int kNumTraces = 5000;
  double num_tokens = 0;
  for (uint64_t i = 0; i < kNumTraces; ++i) {
    const Example trace = traces->Get(i);
    const auto prompt = tokenizer->Encode(trace.prompt());
    const auto response = tokenizer->Encode(trace.response());
    ASSERT_TRUE(prompt.ok()) << prompt.status();
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(prompt->size(), 9u);
    EXPECT_EQ(tokenizer->Decode(*response), trace.response());
    num_tokens += prompt->size() + response->size();
  }
  EXPECT_NEAR(num_tokens / kNumTraces, 45, 2);
}

TEST(CountdownTraces, AboutAThirdIsSolvedAndFewAreLong) {
  const auto traces = Traces(4);
  constexpr int kNumTraces = 5000;
  int num_solved = 0, num_long = 0;
  for (uint64_t i = 0; i < kNumTraces; ++i) {
    const Trace trace = Parse(traces->Get(i));
    num_solved += trace.lines.back().yes;
    num_long += trace.lines.size() >= 6;
  }
  EXPECT_NEAR(num_solved / double{kNumTraces}, 0.32, 0.03);
  // A tenth of the traces is patient and goes on after a wrong try with 0.95; about 0.8 of all
  // tries are wrong: 0.1 · (0.95 · 0.85)^5, and very few of the others.
  EXPECT_NEAR(num_long / double{kNumTraces}, 0.04, 0.02);
}

TEST(CountdownTraces, NeverShowAHeldOutProblem) {
  const auto held_out = *OpenProblems("countdown:held_out", 1);
  std::set<std::string> ids;
  for (uint64_t i = 0; i < held_out->size(); ++i) ids.insert(held_out->Get(i, 0).id());
  const auto traces = Traces(5);
  std::set<std::string> seen;
  for (uint64_t i = 0; i < 10000; ++i) {
    const Trace trace = Parse(traces->Get(i));
    const auto& [a, b, c] = trace.numbers;
    const std::string id = CountdownId({{a, b, c}, trace.target});
    EXPECT_FALSE(ids.contains(id)) << id;
    seen.insert(id);
  }
  EXPECT_GT(seen.size(), 1000u) << "nearly all 1,019 problems to train on are shown";
}

TEST(CountdownTraces, ArePureFunctionsOfSeedAndIndex) {
  const auto traces = Traces(6);
  const std::string at_7 = traces->Get(7).SerializeAsString();
  traces->Get(1000000007);
  EXPECT_EQ(traces->Get(7).SerializeAsString(), at_7);
  EXPECT_EQ(Traces(6)->Get(7).SerializeAsString(), at_7);
  EXPECT_NE(Traces(7)->Get(7).response(), traces->Get(7).response());
  EXPECT_NE(traces->Get(8).response(), traces->Get(7).response());
}

TEST(CountdownTraces, FollowTheirOptions) {
  CountdownTraceOptions never_solving{.p_solving_next = 0, .p_stop = 1, .patient_fraction = 0};
  CountdownTraces one_line(MakeCountdownSplit().train, 1, never_solving);
  CountdownTraces solving(MakeCountdownSplit().train, 1, {.p_solving_next = 1});
  CountdownTraces three(MakeCountdownSplit().train, 1,
                        {.p_solving_next = 0, .p_stop = 0, .patient_fraction = 0, .max_tries = 3});
  for (uint64_t i = 0; i < 200; ++i) {
    EXPECT_EQ(Parse(one_line.Get(i)).lines.size(), 1u);
    EXPECT_TRUE(Parse(solving.Get(i)).lines.at(0).yes);
    EXPECT_LE(Parse(three.Get(i)).lines.size(), 3u);
  }
}

}  // namespace
}  // namespace gyre::data
