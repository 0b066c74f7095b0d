#include "rewarder/math/grade.h"

#include <gtest/gtest.h>

#include <string>

namespace gyre::rewarder::math {
namespace {

Sameness Compared(const std::string& gold, const std::string& answer,
                  const char* preset = "default") {
  return GradeAnswer(gold, answer, *PresetNamed(preset)).sameness;
}

void ExpectEqual(const std::string& gold, const std::string& answer) {
  EXPECT_EQ(Compared(gold, answer), Sameness::kEqual) << gold << " and " << answer;
}

void ExpectNotEqual(const std::string& gold, const std::string& answer) {
  EXPECT_NE(Compared(gold, answer), Sameness::kEqual) << gold << " and " << answer;
}

TEST(Grade, TellsNumbersApartHoweverCloseTheyAre) {
  ExpectNotEqual("1e-7", "2e-7");
  ExpectNotEqual("\\frac{1}{2^{99}}", "\\frac{1}{2^{98}}");
  ExpectNotEqual("\\frac{1}{2004!}", "\\frac{1}{2006!}");
  ExpectNotEqual("1", "1 + 10^{-4000}");
  ExpectNotEqual("\\sqrt{2}", "\\sqrt{2} + 10^{-4000}");
  ExpectNotEqual("1", "\\tanh(1000)");
  ExpectNotEqual("1", "\\tanh(100000)");
  ExpectNotEqual("\\frac{\\pi}{2}", "\\arctan(10^{3000})");
  ExpectNotEqual("e^{\\pi\\sqrt{163}}", "262537412640768744");
  ExpectNotEqual("x", "x + 10^{-2000}");
  ExpectNotEqual("0", "10^{-100000}");
}

TEST(Grade, HoldsTowersWithoutBuildingThem) {
  ExpectEqual("2003^{2002^{2001}}", "2003^{2002^{2001}}");
  EXPECT_EQ(Compared("2003^{2002^{2001}}", "2003^{2002^{2000}}"), Sameness::kDifferent);
  EXPECT_EQ(Compared("2^{3^{4^{5}}}", "2^{3^{4^{6}}}"), Sameness::kDifferent);
  ExpectEqual("4^{10^{50}}", "2^{2 \\cdot 10^{50}}");
  ExpectNotEqual("9^{9^{9^{9^9}}}", "9^{9^{9^{9^8}}}");
  ExpectNotEqual("10^{10^{10^{10^{10}}}}", "1");
}

TEST(Grade, ProvesEqualitiesOfRadicals) {
  ExpectEqual("\\sqrt{5+2\\sqrt{6}}", "\\sqrt{2}+\\sqrt{3}");
  ExpectEqual("\\sqrt[3]{2+\\sqrt{5}}+\\sqrt[3]{2-\\sqrt{5}}", "1");
  ExpectEqual("\\frac{1}{\\sqrt{3}-\\sqrt{2}}", "\\sqrt{3}+\\sqrt{2}");
  ExpectEqual("\\cos\\frac{\\pi}{5}", "\\frac{1+\\sqrt{5}}{4}");
  EXPECT_EQ(GradeAnswer("\\cos 36^\\circ", "\\frac{1+\\sqrt{5}}{4}", Preset()).rule, "algebraic");
}

TEST(Grade, SaysWhatAReferenceIsNot) {
  const Grade grade = GradeAnswer("\\frac{1}{", "1", Preset());
  EXPECT_EQ(grade.sameness, Sameness::kUnknown);
  EXPECT_TRUE(grade.is_reference_unreadable) << grade.rule;
  EXPECT_TRUE(GradeAnswer(" ", "1", Preset()).is_reference_unreadable);
  EXPECT_FALSE(GradeAnswer("1", "\\frac{1}{", Preset()).is_reference_unreadable);
  EXPECT_EQ(FaultOfReference("\\frac{1}{2}"), "");
  EXPECT_NE(FaultOfReference(""), "");
}

TEST(Grade, LeavesToPresetsWhatGradersDifferIn) {
  EXPECT_EQ(Compared("28\\%", "28"), Sameness::kEqual);
  EXPECT_EQ(Compared("28\\%", "28", "strict"), Sameness::kDifferent);
  EXPECT_EQ(Compared("x = 5", "5", "strict"), Sameness::kDifferent);
  EXPECT_EQ(Compared("5 \\text{ m}", "500 \\text{ cm}"), Sameness::kEqual);
  EXPECT_EQ(Compared("1, 2", "2, 1"), Sameness::kEqual);
  EXPECT_EQ(Compared("1, 2", "2, 1", "minerva"), Sameness::kDifferent);
  EXPECT_EQ(Compared("0.333333", "1/3"), Sameness::kEqual);
  EXPECT_EQ(Compared("0.333333", "1/3", "strict"), Sameness::kDifferent);
  EXPECT_EQ(Compared("0.33", "1/3"), Sameness::kDifferent);
  EXPECT_FALSE(PresetNamed("lenient").has_value());
}

TEST(Grade, BearsHostileAnswers) {
  const std::string many(1 << 20, '(');
  ExpectNotEqual("1", many);
  ExpectNotEqual("1", std::string(9'000, '{'));
  ExpectNotEqual("1", std::string(9'000, '-') + "2");
  ExpectNotEqual("1", std::string(9'000, '9') + "!");
  ExpectNotEqual("1", std::string("\xff\xfe\x00", 3));
  std::string tower;
  for (int i = 0; i < 100; ++i) tower += "9^{";
  ExpectNotEqual("1", tower + "9" + std::string(100, '}'));
  std::string roots;
  for (int i = 0; i < 100; ++i) roots += "\\sqrt{2+";
  ExpectNotEqual("1", roots + "2" + std::string(100, '}'));
}

}  // namespace
}  // namespace gyre::rewarder::math
