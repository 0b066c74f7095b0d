#include "rewarder/rules/language_rule.h"

#include <gtest/gtest.h>

#include <string>

#include "rewarder/rules/language_share.h"

namespace gyre::rewarder::rules {
namespace {

constexpr char kEnglish[] =
    "First we look at the numbers and try to find two of them whose product is close to the "
    "target. "
    "Then we subtract what is left, and we check whether each number was used exactly once. ";
constexpr char kGerman[] =
    "Zuerst betrachten wir die Zahlen und suchen zwei davon, deren Produkt nahe am Ziel liegt. "
    "Danach ziehen wir den Rest ab und prüfen, ob jede Zahl genau einmal verwendet wurde. ";
constexpr char kChinese[] =
    "首先我们看看这些数字，找出两个乘积接近目标的数。然后减去剩下的数，检查每个数字是否只用了一次"
    "。";
constexpr char kJapanese[] =
    "まず数字を見て、積が目標に近い二つの数を探します。次に残りを引いて、すべての数が一度だけ使われ"
    "たか確認します。";
constexpr char kRussian[] =
    "Сначала посмотрим на числа и найдём два, произведение которых близко к цели. Затем вычтем "
    "остаток и проверим, что каждое число использовано один раз. ";

double Share(const std::string& text, const std::string& language) {
  const auto share = ShareOfLanguage(text, language);
  EXPECT_TRUE(share.ok()) << share.status();
  return share.ok() ? share->ratio() : -1;
}

TEST(LanguageShare, IsOneForTheLanguageAndZeroForOthers) {
  const std::pair<const char*, const char*> texts[] = {
      {"en", kEnglish}, {"de", kGerman}, {"zh", kChinese}, {"ja", kJapanese}, {"ru", kRussian}};
  for (const auto& [language, text] : texts) {
    for (const auto& [other, unused] : texts) {
      if (std::string(language) == other) {
        EXPECT_GE(Share(text, other), 0.97) << language;
      } else {
        EXPECT_LE(Share(text, other), 0.1) << language << " as " << other;
      }
    }
  }
}

TEST(LanguageShare, IsTheShareOfWordsInAMixture) {
  const auto english = ShareOfLanguage(kEnglish, "en"), chinese = ShareOfLanguage(kChinese, "zh");
  const std::string both = std::string(kEnglish) + kChinese;
  const double words = static_cast<double>(english->words + chinese->words);
  EXPECT_NEAR(Share(both, "en"), static_cast<double>(english->words) / words, 0.02);
  EXPECT_NEAR(Share(both, "zh"), static_cast<double>(chinese->words) / words, 0.02);
  std::string mixture;
  for (int i = 0; i < 6; ++i) mixture += std::string(kEnglish) + kEnglish + kGerman + kGerman;
  EXPECT_NEAR(Share(mixture, "en"), 0.5, 0.15);
  EXPECT_NEAR(Share(mixture, "de"), 0.5, 0.15);
}

TEST(LanguageShare, LeavesOutWhatIsOfNoLanguage) {
  const auto plain = ShareOfLanguage(kEnglish, "en");
  const auto mixed =
      ShareOfLanguage(std::string(kEnglish) + " $Zahl + Rest$ `für wort` 3 + x_1 = 12 α", "en");
  EXPECT_EQ(mixed->words, plain->words);
  EXPECT_EQ(ShareOfLanguage("x = 3, y = 4", "en")->words, 0);
  EXPECT_EQ(Share("", "en"), 0);
  EXPECT_EQ(Share("```\nwe hide all the words in code\n```", "en"), 0);
}

TEST(LanguageShare, CountsAWordOfSeveralScriptsAsForeign) {
  const auto share = ShareOfLanguage("we сheck the numbеr twice", "en");  // Cyrillic с and е
  EXPECT_EQ(share->words, 5);
  EXPECT_EQ(share->of_target, 3);
}

TEST(LanguageRule, LooksAtTheThoughtAndAtTheProblemsLanguage) {
  Problem problem;
  problem.set_id("p");
  const std::string text =
      std::string("<think>") + kEnglish + "</think><answer>" + kChinese + "</answer>";
  EXPECT_GE(std::get<double>(LanguageRule().Check(problem, {text, STOP}).result), 0.97);
  problem.set_language("zh");
  const Verdict foreign = LanguageRule().Check(problem, {text, STOP});
  EXPECT_EQ(std::get<double>(foreign.result), 0);
  EXPECT_EQ(foreign.rule.substr(0, 14), "language: 0 of");
}

TEST(LanguageRule, AnswersALanguageThatIsNotKnownByAnError) {
  Problem problem;
  problem.set_language("Englisch");
  const Verdict verdict = LanguageRule().Check(problem, {kEnglish, STOP});
  EXPECT_EQ(std::get<ScoreErrorKind>(verdict.result), SCORE_ERROR_PROBLEM);
  EXPECT_NE(verdict.rule.find("\"Englisch\" is no language"), std::string::npos) << verdict.rule;
}

TEST(LanguageRule, HasAVerdictForAnyBytes) {
  for (const std::string& text :
       {std::string("\xff\xfe\x80"), std::string(3'000'000, '{'), std::string("a\0b", 3)}) {
    EXPECT_EQ(std::get<double>(LanguageRule().Check(Problem(), {text, STOP}).result), 0);
  }
}

}  // namespace
}  // namespace gyre::rewarder::rules
