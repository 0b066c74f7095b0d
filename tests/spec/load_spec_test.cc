#include "spec/load_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "spec/resolve.h"
#include "spec/run_estimate.h"
#include "tests/base/temporary_folder.h"
#include "tests/spec/spec_texts.h"

namespace gyre::spec {
namespace {

using ::testing::HasSubstr;

RunSpec Loaded(const std::vector<std::string>& overrides = {}) {
  auto spec = LoadSpecText("a.textproto", ValidSpec(), overrides);
  EXPECT_TRUE(spec.ok()) << spec.status();
  return *spec;
}

TEST(LoadSpec, WritesEveryDefaultOut) {
  const RunSpec spec = Loaded();
  EXPECT_TRUE(spec.has_seed());
  EXPECT_EQ(spec.model().new_().num_kv_heads(), 2u);
  EXPECT_EQ(spec.model().new_().head_size(), 16u);
  EXPECT_TRUE(spec.stage(1).rl().grpo().has_clip_high());
  EXPECT_EQ(spec.stage(1).eval().max_response_tokens(), 64u);
  EXPECT_EQ(spec.stage(1).eval().interim_samples_per_prompt(), 2u);
  EXPECT_TRUE(spec.limits().has_lease_seconds());
  EXPECT_EQ(spec.local().actors(), 1u);
  EXPECT_FALSE(spec.stage(1).rl().has_overlong());
  EXPECT_FALSE(spec.stage(0).has_eval());
  EXPECT_FALSE(spec.stage(1).has_start_from());
}

TEST(LoadSpec, ReadsWhatItWrote) {
  const base::TemporaryFolder folder;
  const std::string path = folder.path() + "/spec.textproto";
  ASSERT_TRUE(WriteSpec(Loaded(), path).ok());
  const auto again = LoadSpec(path);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(SpecToText(*again), SpecToText(Loaded()));
}

TEST(LoadSpec, GivesAllFaultsOfOverridesAndFileTogether) {
  const auto spec = LoadSpecText("f", SpecWith("steps: 6", "steps: 0"), {"sed=4", "name=a b"});
  EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(spec.status().message());
  EXPECT_THAT(message, HasSubstr("--set sed: there is no field"));
  EXPECT_THAT(message, HasSubstr("\n--set name: \"a b\" may hold"));
  EXPECT_THAT(message, HasSubstr("\nf:21: stage[1].rl.steps: it is 0"));
}

TEST(LoadSpec, NamesAMissingFile) {
  const auto spec = LoadSpec("/nowhere/spec.textproto");
  EXPECT_EQ(spec.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(spec.status().message()), HasSubstr("/nowhere/spec.textproto"));
}

TEST(LoadSpec, MakesPathsAbsolute) {
  const base::TemporaryFolder folder;
  ASSERT_TRUE(base::WriteFileAtomically(folder.path() + "/p.jsonl",
                                        R"({"id":"a","kind":"countdown","prompt":"<bos>5 7 6=37:",)"
                                        R"("countdown":{"numbers":[5,7,6],"target":37}})"
                                        "\n")
                  .ok());
  const std::string relative = std::filesystem::relative(folder.path() + "/p.jsonl").string();
  const RunSpec spec = Loaded({"stage[1].rl.problems=" + relative});
  EXPECT_EQ(spec.stage(1).rl().problems(),
            std::filesystem::absolute(folder.path() + "/p.jsonl").lexically_normal());
  EXPECT_EQ(spec.stage(1).eval().problems(), "countdown:held_out");
}

TEST(LoadSpec, NamesTheProblemWhosePromptTheTokenizerRefuses) {
  const base::TemporaryFolder folder;
  const std::string path = folder.path() + "/p.jsonl";
  ASSERT_TRUE(base::WriteFileAtomically(path, R"({"id":"a7","kind":"countdown","prompt":"hello",)"
                                              R"("countdown":{"numbers":[5,7,6],"target":37}})"
                                              "\n")
                  .ok());
  const auto spec = LoadSpecText("f", ValidSpec(), {"stage[1].rl.problems=" + path});
  EXPECT_THAT(std::string(spec.status().message()),
              HasSubstr("the model's tokenizer refuses the prompt of problem a7"));
}

TEST(SpecDigest, DependsOnTheRanksWhichChangeTheOrderOfSums) {
  EXPECT_NE(SpecDigest(Loaded()), SpecDigest(Loaded({"local.learner_ranks=2"})));
}

TEST(SpecDigest, LeavesOutWhatChangesNoWeights) {
  EXPECT_EQ(SpecDigest(Loaded()), SpecDigest(Loaded({"local.actors=3", "local.rewarders=2"})));
}

TEST(SpecDigest, DependsOnEverythingElse) {
  const auto digest = SpecDigest(Loaded());
  EXPECT_NE(digest, SpecDigest(Loaded({"seed=2"})));
  EXPECT_NE(digest, SpecDigest(Loaded({"stage[1].rl.optimizer.learning_rate=1.0001e-4"})));
  EXPECT_NE(digest, SpecDigest(Loaded({"limits.lease_seconds=11"})));
}

TEST(SpecDigest, DoesNotDependOnWhetherADefaultIsWritten) {
  EXPECT_EQ(SpecDigest(Loaded()), SpecDigest(Loaded({"seed=1", "stage[1].rl.temperature=1"})));
}

TEST(RunEstimate, CountsWhatTheRunWillDo) {
  const RunSpec spec = Loaded();
  const auto estimate = EstimateRun(spec);
  ASSERT_TRUE(estimate.ok()) << estimate.status();
  // Two layers of 4·32·32 (attention) + 3·32·64 (SwiGLU) + 2·32 (norms), the last norm, embedding
  // and head of 119 rows.
  EXPECT_EQ(estimate->parameters, 2 * (4096 + 6144 + 64) + 32 + 2 * 119 * 32);
  ASSERT_EQ(estimate->stages.size(), 2u);
  EXPECT_EQ(estimate->stages[0].train_samples, 80u);
  EXPECT_EQ(estimate->stages[1].train_samples, 96u);
  EXPECT_EQ(estimate->stages[1].train_tokens_bound, 96u * 64);
  EXPECT_EQ(estimate->stages[1].evaluations, 3u);  // at 0, 3 and 6
  EXPECT_EQ(estimate->stages[1].eval_samples, 60u);
  EXPECT_TRUE(estimate->files.empty());
  EXPECT_THAT(FormatEstimate(spec, *estimate), HasSubstr("28,256 parameters"));
}

}  // namespace
}  // namespace gyre::spec
