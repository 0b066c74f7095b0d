#include "spec/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "spec/model_shape.h"
#include "tests/base/temporary_folder.h"
#include "tests/spec/spec_texts.h"
#include "weights/config_json.h"

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
                          HasSubstr("a.textproto:2: model.path: there is no /nowhere"),
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
        Case{"Epsilon", "max_positions: 256", "max_positions: 256 rms_norm_epsilon: -1",
             "model.new.rms_norm_epsilon: it is -1; it must be above 0 and at most 1"},
        Case{"RopeTheta", "max_positions: 256", "max_positions: 256 rope_theta: nan",
             "model.new.rope_theta: it is nan; it must be from 1 to "},
        Case{"RopeThetaBelow1", "max_positions: 256", "max_positions: 256 rope_theta: 0.5",
             "model.new.rope_theta: it is 0.5; it must be from 1 to "},
        Case{"TooManySamples", "samples_per_prompt: 4", "samples_per_prompt: 3000000",
             "stage[1].rl.samples_per_prompt: it is 3000000; it must be at most 65536"},
        Case{"TooManyPrompts", "prompts_per_step: 4", "prompts_per_step: 3000000000",
             "stage[1].rl.prompts_per_step: it is 3000000000; it must be at most 1048576"},
        Case{"TooManyExamples", "examples_per_step: 4", "examples_per_step: 3000000000",
             "stage[0].sft.examples_per_step: it is 3000000000"},
        Case{"TooManySteps", "steps: 6", "steps: 4000000000",
             "stage[1].rl.steps: it is 4000000000"},
        Case{"TooManyAttempts", "steps: 6", "steps: 6 max_attempts: 1000000",
             "stage[1].rl.max_attempts: it is 1000000; it must be at most 1000"},
        Case{"TooManyEvalSamples", "samples_per_prompt: 2 every", "samples_per_prompt: 70000 every",
             "stage[1].eval.samples_per_prompt: it is 70000"},
        Case{"TooManySequences", "name: \"small\"",
             "name: \"small\" local { max_sequences_per_actor: 100000 }",
             "local.max_sequences_per_actor: it is 100000; it must be from 1 to 65536"},
        Case{"NoActors", "name: \"small\"", "name: \"small\" local { actors: 0 }",
             "local.actors: it is 0"},
        Case{"AbsoluteBelowLease", "name: \"small\"",
             "name: \"small\" limits { lease_absolute_seconds: 5 }",
             "limits.lease_absolute_seconds: it is 5"},
        Case{"LeaseShorterThanHeartbeats", "name: \"small\"",
             "name: \"small\" limits { lease_seconds: 1.5 }", "limits.lease_seconds: it is 1.5"}),
    [](const auto& info) { return std::string(info.param.description); });

TEST(Validate, LooksAtEachExampleOfAFile) {
  const base::TemporaryFolder folder;
  const auto faults = [&](const std::string& line) {
    const std::string path = folder / "e.jsonl";
    const std::string good = R"({"prompt":"<bos>2 1 9=11:","response":"<eos>"})";
    EXPECT_TRUE(base::WriteFileAtomically(path, good + "\n" + line + "\n").ok());
    return FaultsOf(ValidSpec(), {"stage[0].sft.examples=" + path, "stage[0].sft.max_tokens=12"});
  };
  EXPECT_THAT(faults(""), IsEmpty());
  EXPECT_THAT(faults(R"({"id":"a","prompt":"<bos>2 1 9=11:","response":"hello"})"),
              ElementsAre(HasSubstr("stage[0].sft.examples: example a: the model's tokenizer "
                                    "refuses it")));
  EXPECT_THAT(
      faults(R"({"id":"b","prompt":"<bos>2 1 9=11:","response":"<think><think><think><eos>"})"),
      ElementsAre(HasSubstr("example b: it has 13 tokens, more than max_tokens, 12")));
  EXPECT_THAT(faults(R"({"id":"c","messages":[{"role":"user","content":"2"}],"response":"<eos>"})"),
              ElementsAre(HasSubstr("example c: it has chat messages")));
}

TEST(Validate, LeavesNamedFilesAloneWhenItIsToldTo) {
  const std::string text = R"(name: "x"
model { path: "/nowhere/model" }
stage {
  name: "base"
  start_from: "/nowhere/folder"
  sft { examples: "/nowhere/e.jsonl" steps: 0 examples_per_step: 1 max_tokens: 8
        optimizer { learning_rate: 1 } }
}
stage {
  name: "zero"
  rl { problems: "/nowhere/p.jsonl" prompts_per_step: 0 samples_per_prompt: 4 steps: 1
       max_response_tokens: 8 reward { component: "accuracy" } optimizer { learning_rate: 1 } }
  eval { problems: "/nowhere/p.jsonl" }
}
)";
  const auto spec = SpecText::Parse("a", text);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_THAT(Validate(*spec, NamedFiles::kLeave),
              ElementsAre(HasSubstr("stage[0].sft.steps: it is 0"),
                          HasSubstr("stage[1].rl.prompts_per_step: it is 0")));
  const auto shape = SpecText::Parse("a", SpecWith("num_heads: 2", "num_heads: 0"));
  ASSERT_TRUE(shape.ok()) << shape.status();
  EXPECT_THAT(Validate(*shape, NamedFiles::kLeave),
              ElementsAre(HasSubstr("model.new.num_heads: it is 0")));
}

TEST(Validate, RefusesToStartFromAFolderWithoutWeights) {
  const base::TemporaryFolder folder;
  const auto config = ModelShape(SpecText::Parse("f", ValidSpec())->spec().model());
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_TRUE(base::WriteFileAtomically(folder / "config.json", weights::ConfigJson(*config)).ok());
  EXPECT_THAT(FaultsOf(ValidSpec(), {"stage[0].start_from=" + folder.path()}),
              ElementsAre(AllOf(StartsWith("--set stage[0].start_from: "),
                                HasSubstr("model.safetensors"))));
}

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
