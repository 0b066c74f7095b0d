#include "spec/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/spec/spec_texts.h"

namespace gyre::spec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<std::string> FaultsOf(const std::string& text,
                                  const std::vector<std::string>& overrides = {}) {
  auto spec = SpecText::Parse("a.textproto", text);
  EXPECT_TRUE(spec.ok()) << spec.status();
  if (!spec.ok()) return {spec.status().ToString()};
  for (const std::string& assignment : overrides) {
    EXPECT_TRUE(spec->Override(assignment).ok()) << assignment;
  }
  return Validate(*spec);
}

TEST(Validate, FindsNothingInAValidSpec) { EXPECT_THAT(FaultsOf(ValidSpec()), IsEmpty()); }

TEST(Validate, AcceptsTheRecipesOfTheRepository) {
  std::ifstream file(std::string(GYRE_SOURCE_DIR) + "/recipes/countdown_zero.textproto");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  ASSERT_FALSE(text.empty());
  EXPECT_THAT(FaultsOf(text), IsEmpty());
}

TEST(Validate, NamesTheLineOfAWrongValue) {
  EXPECT_THAT(FaultsOf(SpecWith("samples_per_prompt: 4", "samples_per_prompt: 1")),
              ElementsAre("a.textproto:17: stage[1].rl.samples_per_prompt: it is 1; a sample is "
                          "judged against its group, so a group needs at least 2"));
}

TEST(Validate, NamesTheOverrideThatIsWrong) {
  EXPECT_THAT(FaultsOf(ValidSpec(), {"stage[1].rl.steps=0"}),
              ElementsAre("--set stage[1].rl.steps: it is 0; it must be at "
                          "least 1"));
}

TEST(Validate, PointsAtTheMessageThatLacksAField) {
  EXPECT_THAT(FaultsOf(SpecWith("    steps: 6\n", "")),
              ElementsAre("a.textproto:14: stage[1].rl.steps: it is required; set it"));
}

TEST(Validate, ReportsAllFaultsTogether) {
  const auto faults = FaultsOf(R"(nmae: "x"
model { path: "/nowhere" }
stage { name: "a" sft { examples: "missing.jsonl" examples_per_step: 0 optimizer {} } }
checkpoint { keep: 1 }
)");
  EXPECT_THAT(faults,
              ElementsAre(HasSubstr("a.textproto:1: there is no field \"nmae\" here; known are: "
                                    "name, seed, model"),
                          HasSubstr("a.textproto:1: name: it is required"),
                          HasSubstr("a.textproto:2: model.path: there is no folder /nowhere"),
                          StartsWith("a.textproto:3: stage[0].sft.steps: it is required"),
                          StartsWith("a.textproto:3: stage[0].sft.examples_per_step: it is 0"),
                          AllOf(StartsWith("a.textproto:3: stage[0].sft.examples: "),
                                HasSubstr("missing.jsonl")),
                          StartsWith("a.textproto:3: stage[0].sft.optimizer.learning_rate: it is "
                                     "required"),
                          StartsWith("a.textproto:4: checkpoint.keep: it is 1; at least 2")));
}

TEST(Validate, SurvivesAnEmptySpec) {
  EXPECT_THAT(FaultsOf(""),
              ElementsAre(StartsWith("a.textproto:1: name"), StartsWith("a.textproto:1: model"),
                          StartsWith("a.textproto:1: stage")));
}

// One change to the valid spec, and the one fault that it makes.
struct Case {
  const char* description;
  const char* from;
  const char* to;
  const char* fault;
};

class ValidateCase : public ::testing::TestWithParam<Case> {};

TEST_P(ValidateCase, IsOneFault) {
  EXPECT_THAT(FaultsOf(SpecWith(GetParam().from, GetParam().to)),
              ElementsAre(HasSubstr(GetParam().fault)));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, ValidateCase,
    ::testing::Values(
        Case{"NameWithASlash", "name: \"small\"", "name: \"a/b\"", "may hold only letters"},
        Case{"DuplicateStageName", "name: \"zero\"", "name: \"base\"",
             "stage[1].name: an earlier stage is called \"base\""},
        Case{"NoKind",
             "  sft {\n    examples: \"countdown:traces\" steps: 20 examples_per_step: 4 "
             "max_tokens: 256\n    optimizer { learning_rate: 1e-3 warmup_updates: 2 }\n"
             "  }\n",
             "", "stage[0]: it has no kind"},
        Case{"UnknownSource", "countdown:train\"", "countdown:trian\"", "stage[1].rl.problems: "},
        Case{"UnknownExamples", "countdown:traces", "countdown:trace", "stage[0].sft.examples: "},
        Case{"UnknownComponent", "component: \"accuracy\"", "component: \"beauty\"",
             "there is no component \"beauty\"; known are: accuracy, format"},
        Case{"ComponentTwice", "reward { component: \"accuracy\" }",
             "reward { component: \"accuracy\" } reward { component: \"accuracy\" }",
             "reward[1].component: \"accuracy\" is there twice"},
        Case{"NoReward", "reward { component: \"accuracy\" }", "", "stage[1].rl.reward: "},
        Case{"WarmupLongerThanTheStage", "warmup_updates: 2", "warmup_updates: 21",
             "a warm-up of 21 updates is longer than the stage, which has 20"},
        Case{"TooManyUpdates", "steps: 6", "steps: 6 updates_per_step: 5",
             "stage[1].rl.updates_per_step: it is 5"},
        Case{"Temperature", "steps: 6", "steps: 6 temperature: 0", "stage[1].rl.temperature"},
        Case{"NotANumber", "steps: 6", "steps: 6 temperature: nan", "stage[1].rl.temperature"},
        Case{"ClipLow", "steps: 6", "steps: 6 grpo { clip_low: 1.5 }", "grpo.clip_low: it is 1.5"},
        Case{"ClipHigh", "steps: 6", "steps: 6 grpo { clip_high: -1 }", "grpo.clip_high"},
        Case{"ReferenceWithoutKl", "steps: 6", "steps: 6 grpo { reference_every_steps: 2 }",
             "grpo.reference_every_steps: with kl_coefficient 0"},
        Case{"Overlong", "steps: 6", "steps: 6 overlong { max_tokens: 60 cache_tokens: 60 }",
             "overlong.cache_tokens: it is 60"},
        Case{"OverlongPastTheCut", "steps: 6",
             "steps: 6 overlong { max_tokens: 100 cache_tokens: 10 }",
             "overlong.max_tokens: it is 100"},
        Case{"EvalOfSftWithoutLength", "warmup_updates: 2 }\n  }\n",
             "warmup_updates: 2 }\n  }\n  eval { problems: \"countdown:held_out\" }\n",
             "stage[0].eval.max_response_tokens: an sft stage has no length"},
        Case{"GreedySamples", "every_steps: 3", "every_steps: 3 temperature: 0",
             "stage[1].eval.samples_per_prompt: greedy samples"},
        Case{"OddHeadSize", "num_heads: 2", "num_heads: 2 head_size: 15", "model.new.head_size"},
        Case{"HeadsThatDoNotDivide", "num_heads: 2", "num_heads: 3", "model.new.hidden_size"},
        Case{"KvHeads", "num_heads: 2", "num_heads: 2 num_kv_heads: 3", "model.new.num_kv_heads"},
        Case{"NoLayers", "num_layers: 2", "num_layers: 0", "model.new.num_layers: it is 0"},
        Case{"BothModels", "model {", "model { path: \"x\"", "set exactly one of path and new"},
        Case{"Tokenizer", "max_positions: 256", "max_positions: 256 tokenizer: \"/nowhere\"",
             "model.new.tokenizer: "},
        Case{"StartFromLaterStage", "name: \"base\"", "name: \"base\" start_from: \"stage:zero\"",
             "no stage before this one is called \"zero\""},
        Case{"StartFromNowhere", "name: \"base\"", "name: \"base\" start_from: \"/nowhere\"",
             "stage[0].start_from: "},
        Case{"StartTwice", "name: \"zero\"",
             "name: \"zero\" start: MODEL start_from: \"stage:base\"", "start is set, too"},
        Case{"NoActors", "name: \"small\"", "name: \"small\" local { actors: 0 }",
             "local.actors: it is 0"},
        Case{"AbsoluteBelowLease", "name: \"small\"",
             "name: \"small\" limits { lease_absolute_seconds: 5 }",
             "limits.lease_absolute_seconds: it is 5"},
        Case{"LeaseShorterThanHeartbeats", "name: \"small\"",
             "name: \"small\" limits { lease_seconds: 1.5 }", "limits.lease_seconds: it is 1.5"}),
    [](const auto& info) { return std::string(info.param.description); });

TEST(Validate, RefusesResponsesThatDoNotFitTheModel) {
  EXPECT_THAT(FaultsOf(ValidSpec(), {"stage[1].rl.max_response_tokens=250"}),
              ElementsAre(AllOf(HasSubstr("stage[1].rl.problems: the prompt of "),
                                HasSubstr("has 9 tokens; with a response of 250 it does not fit "
                                          "the model's 256 positions")),
                          HasSubstr("stage[1].eval.problems: ")));
  EXPECT_THAT(FaultsOf(ValidSpec(), {"stage[0].sft.max_tokens=257"}),
              ElementsAre(HasSubstr("stage[0].sft.max_tokens: it is 257")));
}

}  // namespace
}  // namespace gyre::spec
