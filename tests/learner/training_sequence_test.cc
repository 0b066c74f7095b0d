#include "learner/training_sequence.h"

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace gyre::learner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr SequenceLimits kLimits = {.vocab_size = 100, .max_tokens = 8};

TrainGroup Group() {
  TrainGroup group;
  const bool parsed = google::protobuf::TextFormat::ParseFromString(
      R"pb(
        id { stage: 1 purpose: TRAIN slot: 9 attempt: 2 }
        prompt_token_ids: [ 1, 2 ]
        samples {
          index: 0
          spans {
            origin: POLICY
            policy { version: 3 root_digest: "a" }
            token_ids: [ 5, 6 ]
            log_probs: [ -0.5, -0.25 ]
          }
          spans {
            origin: ENVIRONMENT
            token_ids: [ 7 ]
          }
          spans {
            origin: POLICY
            policy { version: 3 root_digest: "a" }
            token_ids: [ 8 ]
            log_probs: [ -1 ]
          }
        }
        samples {
          index: 1
          spans {
            origin: POLICY
            policy { version: 3 root_digest: "a" }
            token_ids: [ 5 ]
            log_probs: [ -0.5 ]
          }
        }
        samples {
          index: 2
          spans {
            origin: POLICY
            policy { version: 3 root_digest: "a" }
            token_ids: [ 9 ]
            log_probs: [ -0.5 ]
          }
          spans {
            origin: POLICY
            policy { version: 2 root_digest: "b" }
            token_ids: [ 4 ]
            log_probs: [ -0.75 ]
          }
        }
        totals {
          samples { scored: true total: 3 policy_tokens: 3 }
          samples { scored: false total: 100 policy_tokens: 1 }
          samples { scored: true total: 1 policy_tokens: 2 }
          scored_samples: 2
          train_tokens: 5
        }
        temperature: 1
      )pb",
      &group);
  EXPECT_TRUE(parsed);
  return group;
}

RlSpec Spec() {
  RlSpec spec;
  spec.mutable_grpo()->set_std(GrpoSpec::NONE);
  return spec;
}

PolicyId Current() {
  PolicyId id;
  id.set_version(3);
  id.set_root_digest("a");
  return id;
}

TEST(TrainingSequence, CoversPolicySpansOfScoredSamplesOnly) {
  std::vector<TrainingSequence> sequences;
  ASSERT_TRUE(AppendSequencesOf(Group(), Spec(), Current(), kLimits, sequences).ok());
  ASSERT_THAT(sequences, SizeIs(2));
  EXPECT_THAT(sequences[0].token_ids, ElementsAre(1, 2, 5, 6, 7, 8));
  EXPECT_THAT(sequences[0].target_positions, ElementsAre(2, 3, 5));
  EXPECT_THAT(sequences[0].behaviour_log_probs, ElementsAre(-0.5f, -0.25f, -1.0f));
  EXPECT_THAT(sequences[1].token_ids, ElementsAre(1, 2, 9, 4));
  // The unscored sample's total has no part in the mean.
  EXPECT_EQ(sequences[0].advantage, 1);
  EXPECT_EQ(sequences[1].advantage, -1);
}

TEST(TrainingSequence, KnowsWhatOnlyTheCurrentPolicyMade) {
  std::vector<TrainingSequence> sequences;
  ASSERT_TRUE(AppendSequencesOf(Group(), Spec(), Current(), kLimits, sequences).ok());
  EXPECT_TRUE(sequences[0].by_current_policy);
  EXPECT_FALSE(sequences[1].by_current_policy);
  PolicyId other = Current();
  other.set_root_digest("z");
  sequences.clear();
  ASSERT_TRUE(AppendSequencesOf(Group(), Spec(), other, kLimits, sequences).ok());
  EXPECT_FALSE(sequences[0].by_current_policy);
}

TEST(TrainingSequence, AGroupWithoutGradientHasNone) {
  TrainGroup group = Group();
  group.mutable_totals()->set_train_tokens(0);
  std::vector<TrainingSequence> sequences;
  ASSERT_TRUE(AppendSequencesOf(group, Spec(), Current(), kLimits, sequences).ok());
  EXPECT_THAT(sequences, IsEmpty());
}

TEST(TrainingSequence, RefusesBrokenGroupsByName) {
  const auto refusal = [](const TrainGroup& group) {
    std::vector<TrainingSequence> sequences;
    const absl::Status status = AppendSequencesOf(group, Spec(), Current(), kLimits, sequences);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("slot 9, attempt 2"));
    return std::string(status.message());
  };
  TrainGroup group = Group();
  group.set_temperature(0.5f);
  EXPECT_THAT(refusal(group), HasSubstr("temperature 0.5"));
  group = Group();
  group.mutable_samples(2)->mutable_spans(0)->clear_log_probs();
  EXPECT_THAT(refusal(group), HasSubstr("0 log-probs for 1 tokens"));
  group = Group();
  group.mutable_samples(0)->mutable_spans(0)->set_token_ids(0, 100);
  EXPECT_THAT(refusal(group), HasSubstr("token 100"));
  group = Group();
  for (int i = 0; i < 5; ++i) group.add_prompt_token_ids(1);
  EXPECT_THAT(refusal(group), HasSubstr("11 tokens"));
  group = Group();
  group.clear_prompt_token_ids();
  EXPECT_THAT(refusal(group), HasSubstr("empty prompt"));
  group = Group();
  group.mutable_totals()->mutable_samples()->RemoveLast();
  EXPECT_THAT(refusal(group), HasSubstr("2 totals"));
}

TEST(TrainingSequence, OfAnExampleCoversTheResponse) {
  const auto sequence = SequenceOf({{1, 2, 3, 4}, 3}, kLimits);
  ASSERT_TRUE(sequence.ok());
  EXPECT_THAT(sequence->target_positions, ElementsAre(3));
  EXPECT_FALSE(SequenceOf({{1, 2, 3, 4}, 4}, kLimits).ok());
  EXPECT_FALSE(SequenceOf({{1, 2, 3, 4}, 0}, kLimits).ok());
  EXPECT_FALSE(SequenceOf({std::vector<int32_t>(9, 1), 1}, kLimits).ok());
  EXPECT_FALSE(SequenceOf({{1, -2}, 1}, kLimits).ok());
}

TEST(CutIntoMicroBatches, FillsEachUpToTheBudget) {
  std::vector<TrainingSequence> sequences(5);
  const size_t lengths[] = {4, 4, 3, 20, 1};
  for (size_t i = 0; i < 5; ++i) sequences[i].token_ids.resize(lengths[i]);
  EXPECT_THAT(CutIntoMicroBatches(sequences, 8), ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(CutIntoMicroBatches(sequences, 1), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(CutIntoMicroBatches(sequences, 1000), ElementsAre(5));
  EXPECT_THAT(CutIntoMicroBatches({}, 8), IsEmpty());
}

}  // namespace
}  // namespace gyre::learner
