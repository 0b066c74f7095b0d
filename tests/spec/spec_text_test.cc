#include "spec/spec_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/spec/spec_texts.h"

namespace gyre::spec {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

SpecText Parsed() { return *SpecText::Parse("a.textproto", ValidSpec()); }

std::string OverrideError(const std::string& assignment) {
  SpecText text = Parsed();
  const absl::Status status = text.Override(assignment);
  EXPECT_FALSE(status.ok()) << assignment;
  EXPECT_EQ(text.spec().SerializeAsString(), Parsed().spec().SerializeAsString());
  return std::string(status.message());
}

TEST(SpecText, StopsAtTheFirstSyntaxError) {
  const auto text = SpecText::Parse("a.textproto", "name: \"x\"\nmodel {\n  new { ]\n}\nseed: x");
  EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(text.status().message()), StartsWith("a.textproto:3:9: "));
  EXPECT_THAT(std::string(text.status().message()), ::testing::Not(HasSubstr("\n")));
}

TEST(SpecText, NamesTheLineOfAValueOfAnotherType) {
  EXPECT_THAT(std::string(SpecText::Parse("a.textproto", "name: 5").status().message()),
              StartsWith("a.textproto:1:7: "));
  EXPECT_THAT(std::string(SpecText::Parse("f", "stage { start: SIDEWAYS }").status().message()),
              AllOf(StartsWith("f:1:"), HasSubstr("SIDEWAYS")));
}

TEST(SpecText, ListsUnknownFieldsWithTheKnownOnes) {
  const auto text = SpecText::Parse("f", "checkpoint {\n  kep: 2 every_step: 3\n}\n");
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(text->unknown_fields(),
              ::testing::ElementsAre(
                  "f:2: there is no field \"kep\" here; known are: every_steps, keep",
                  "f:2: there is no field \"every_step\" here; known are: every_steps, keep"));
}

TEST(SpecText, OverridesAFieldDeepInside) {
  SpecText text = Parsed();
  ASSERT_TRUE(text.Override("stage[1].rl.steps=5").ok());
  ASSERT_TRUE(text.Override("stage[1].rl.optimizer.learning_rate=2.5e-4").ok());
  ASSERT_TRUE(text.Override("stage[0].sft.optimizer.schedule=COSINE").ok());
  ASSERT_TRUE(text.Override("name=other-name").ok());
  ASSERT_TRUE(text.Override("stage[1].rl.problems=\"quoted.jsonl\"").ok());
  ASSERT_TRUE(text.Override("local.actors=3").ok());
  EXPECT_EQ(text.spec().stage(1).rl().steps(), 5u);
  EXPECT_FLOAT_EQ(text.spec().stage(1).rl().optimizer().learning_rate(), 2.5e-4f);
  EXPECT_EQ(text.spec().stage(0).sft().optimizer().schedule(), OptimizerSpec::COSINE);
  EXPECT_EQ(text.spec().name(), "other-name");
  EXPECT_EQ(text.spec().stage(1).rl().problems(), "quoted.jsonl");
  EXPECT_EQ(text.spec().local().actors(), 3u);
}

TEST(SpecText, SaysWhatIsWrongWithAnOverride) {
  EXPECT_THAT(OverrideError("stage[1].rl.stpes=5"),
              AllOf(StartsWith("--set stage[1].rl.stpes: there is no field \"stpes\" here"),
                    HasSubstr("known are: problems, template, prompts_per_step")));
  EXPECT_THAT(OverrideError("stage[2].name=x"), HasSubstr("stage has 2 elements"));
  EXPECT_THAT(OverrideError("stage.name=x"), HasSubstr("stage has 2 elements"));
  EXPECT_THAT(OverrideError("model=x"), HasSubstr("set one of its fields: path, new"));
  EXPECT_THAT(OverrideError("seed=minus one"), HasSubstr("\"minus one\" is not a value"));
  EXPECT_THAT(OverrideError("seed=-1"), HasSubstr("\"-1\" is not a value"));
  EXPECT_THAT(OverrideError("seed="), HasSubstr("is not a value"));
  EXPECT_THAT(OverrideError("seed.x=1"), HasSubstr("seed is a single value"));
  EXPECT_THAT(OverrideError("seed[0]=1"), HasSubstr("seed is not a list"));
  EXPECT_THAT(OverrideError("seed"), HasSubstr("PATH=VALUE"));
  EXPECT_THAT(OverrideError("sta ge=1"), HasSubstr("is not a path"));
  EXPECT_THAT(OverrideError("=1"), HasSubstr("is not a path"));
}

TEST(SpecText, RefusesToTurnAStageIntoAnotherKind) {
  EXPECT_THAT(OverrideError("stage[0].rl.steps=5"), HasSubstr("it has sft, not rl"));
}

TEST(SpecText, KnowsWhereAFieldStands) {
  SpecText text = Parsed();
  EXPECT_EQ(text.Where("name"), "a.textproto:1");
  EXPECT_EQ(text.Where("stage[1].rl.steps"), "a.textproto:21");
  EXPECT_EQ(text.Where("stage[1].rl.temperature"), "a.textproto:14");
  EXPECT_EQ(text.Where("limits.lease_seconds"), "a.textproto:1");
  ASSERT_TRUE(text.Override("stage[1].rl.steps=9").ok());
  EXPECT_EQ(text.Where("stage[1].rl.steps"), "--set stage[1].rl.steps");
}

}  // namespace
}  // namespace gyre::spec
