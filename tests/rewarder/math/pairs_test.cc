// Pairs of a reference and an answer with the right verdict: the published test cases of other
// graders (each line names its source, and why where its verdict is corrected) and our own by kind.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "rewarder/math/grade.h"

namespace gyre::rewarder::math {
namespace {

using nlohmann::json;

struct Score {
  int pairs = 0;
  int right = 0;
  int wrong_yes = 0;
};

Grade GradePair(const json& pair) {
  const Preset preset = *PresetNamed(pair.value("preset", "default"));
  const std::string gold = pair.at("gold");
  if (pair.contains("answer"))
    return GradeAnswer(gold, pair.at("answer").get<std::string>(), preset);
  return GradeCompletion(gold, pair.at("completion").get<std::string>(), preset);
}

// Grades every pair of a file; those that come out wrong are printed.
Score GradeFile(const std::string& name) {
  const std::string path = std::string(GYRE_SOURCE_DIR) + "/tests/rewarder/math/data/" + name;
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  Score score;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const json pair = json::parse(line);
    const Grade grade = GradePair(pair);
    const bool is_equal = grade.sameness == Sameness::kEqual;
    const bool is_right = is_equal == pair.at("equal").get<bool>();
    ++score.pairs;
    score.right += is_right;
    score.wrong_yes += is_equal && !is_right;
    if (!is_right) {
      std::printf("%s:%d: wrong %s (%s): %s\n", name.c_str(), number, is_equal ? "yes" : "no",
                  grade.rule.c_str(), line.substr(0, 300).c_str());
    }
  }
  return score;
}

void ExpectRight(const std::string& name, int least_pairs) {
  const Score score = GradeFile(name);
  EXPECT_GE(score.pairs, least_pairs);
  EXPECT_EQ(score.wrong_yes, 0);
  EXPECT_GE(score.right, 0.99 * score.pairs) << score.right << " of " << score.pairs;
}

TEST(Pairs, OfMathVerify) { ExpectRight("math_verify.jsonl", 250); }
TEST(Pairs, OfLatex2Sympy) { ExpectRight("latex2sympy2_extended.jsonl", 900); }
TEST(Pairs, OfMath) { ExpectRight("math.jsonl", 16); }
TEST(Pairs, OfPrm800k) { ExpectRight("prm800k.jsonl", 19); }

}  // namespace
}  // namespace gyre::rewarder::math
