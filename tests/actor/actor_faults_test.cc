// What an actor does when others fail, lie or go away.
#include <limits>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/actor/actor_stage.h"

namespace gyre::actor {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ActorFaults : public ActorStage {};

TEST_F(ActorFaults, CorruptedBlockIsRefusedAndFetchedAgain) {
  policies_.corrupt_fetches = 1;
  Offer(MakeLease(1));
  Start();
  ASSERT_TRUE(WaitForSubmissions(1));
  EXPECT_EQ(actor_->metrics().digest_mismatches(), 1);
  EXPECT_EQ(policies_.fetches, 2);
  const int tensors = policies_.Manifest(1).tensors_size();
  EXPECT_EQ(policies_.blocks_sent, tensors + 1) << "the other blocks are not fetched again";
  EXPECT_EQ(Of(1).header.probe_difference(), 0);
}

TEST_F(ActorFaults, CorruptedTokenizerIsRefusedAndFetchedAgain) {
  policies_.corrupt_tokenizers = 1;
  Offer(MakeLease(1));
  Start();
  ASSERT_TRUE(WaitForSubmissions(1));
  EXPECT_EQ(actor_->metrics().digest_mismatches(), 1);
}

TEST_F(ActorFaults, ManifestThatBeliesItsDigestIsNeverInstalled) {
  PolicyManifest other = policies_.Manifest(2);
  *other.mutable_id() = policies_.Manifest(1).id();
  coordinator_.Change([&](auto& state) { state.bad_manifests = {other, other}; });
  Offer(MakeLease(1));
  Start();
  ASSERT_TRUE(WaitForSubmissions(1));
  EXPECT_EQ(actor_->metrics().digest_mismatches(), 2);
  EXPECT_EQ(policies_.fetches, 1);
  EXPECT_EQ(Of(1).header.probe_difference(), 0);
}

TEST_F(ActorFaults, PolicyThatNeverComesWholeEndsTheActor) {
  policies_.corrupt_fetches = 1000;
  Offer(MakeLease(1));
  Start();
  const absl::Status end = Join();
  EXPECT_EQ(end.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(end.message()),
              AllOf(HasSubstr("policy 1 came spoilt 4 times: wrong bytes from 127.0.0.1:"),
                    HasSubstr("block 0 of tensor "), HasSubstr("--resume")));
}

TEST_F(ActorFaults, ManifestThatAlwaysBeliesItsDigestEndsTheActor) {
  PolicyManifest other = policies_.Manifest(2);
  *other.mutable_id() = policies_.Manifest(1).id();
  coordinator_.Change([&](auto& state) { state.bad_manifests.assign(1000, other); });
  Offer(MakeLease(1));
  Start();
  EXPECT_EQ(Join().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(policies_.fetches, 0);
}

TEST_F(ActorFaults, SourceThatIsGoneIsFollowedByTheNext) {
  coordinator_.Change([&](auto& state) {
    PolicyManifest& manifest = state.manifests[1];
    const std::string address = manifest.sources(0).address();
    manifest.mutable_sources(0)->set_address("127.0.0.1:1");
    manifest.add_sources()->set_address(address);
  });
  Offer(MakeLease(1));
  Start();
  EXPECT_TRUE(WaitForSubmissions(1));
}

TEST_F(ActorFaults, LearnerThatDoesNotServeYetIsAskedAgain) {
  policies_.refuse_fetches = 2;
  Offer(MakeLease(1));
  Start();
  EXPECT_TRUE(WaitForSubmissions(1));
}

TEST_F(ActorFaults, LeaseWhosePolicyNobodyHasGoesBack) {
  coordinator_.Change([](auto& state) { state.manifests.erase(2); });
  Offer(MakeLease(1, /*version=*/2));
  Offer(MakeLease(2, /*version=*/1));
  Start();
  ASSERT_TRUE(WaitForReturn(1));
  EXPECT_THAT(coordinator_.Look().returned[1], HasSubstr("policy not to be had"));
  EXPECT_THAT(coordinator_.Look().cannot_be_made, IsEmpty()) << "another may have it";
  EXPECT_TRUE(WaitForSubmissions(1)) << "other groups go on";
}

TEST_F(ActorFaults, PolicyWhoseLogProbsAreNoNumbersIsRefused) {
  coordinator_.Change([](auto& state) {
    state.manifests[1].mutable_probe()->mutable_sequences(0)->set_log_probs(
        0, std::numeric_limits<float>::quiet_NaN());
  });
  Offer(MakeLease(1));
  Start();
  ASSERT_TRUE(WaitForReturn(1));
  EXPECT_THAT(coordinator_.Look().returned[1],
              HasSubstr("problem-1: policy not to be had: version 1 gives log-probs that are no"));
  EXPECT_THAT(coordinator_.Look().cannot_be_made, ElementsAre(1));
}

TEST_F(ActorFaults, PromptThatDoesNotFitGoesBackWithTheReason) {
  Lease lease = MakeLease(1);
  std::string prompt = "<bos>";
  for (int i = 0; i < 80; ++i) prompt += "5 ";
  lease.mutable_problem()->set_prompt(prompt);
  Offer(lease);
  lease = MakeLease(2);
  lease.mutable_problem()->set_prompt("no such tokens");
  Offer(lease);
  Offer(MakeLease(3));
  Start();
  ASSERT_TRUE(WaitForReturn(1));
  ASSERT_TRUE(WaitForReturn(2));
  EXPECT_THAT(coordinator_.Look().returned[1], HasSubstr("problem-1: "));
  EXPECT_THAT(coordinator_.Look().returned[1], HasSubstr("128 positions"));
  EXPECT_THAT(coordinator_.Look().returned[2], HasSubstr("problem-2: "));
  EXPECT_THAT(coordinator_.Look().cannot_be_made, ElementsAre(1, 2)) << "anywhere";
  EXPECT_TRUE(WaitForSubmissions(1));
}

TEST_F(ActorFaults, ImpossibleLeaseGoesBack) {
  Lease lease = MakeLease(1);
  lease.mutable_group()->set_stage(9);
  Offer(lease);
  lease = MakeLease(2);
  lease.mutable_policy()->set_root_digest("short");
  Offer(lease);
  lease = MakeLease(3);
  lease.mutable_sampling()->set_samples(0);
  Offer(lease);
  Start();
  EXPECT_TRUE(WaitForReturn(1));
  EXPECT_TRUE(WaitForReturn(2));
  EXPECT_TRUE(WaitForReturn(3));
}

TEST_F(ActorFaults, LostLeaseIsWorkedOnNoMore) {
  rewarder_.Close();
  Offer(MakeLease(1));
  Start();
  ASSERT_TRUE(WaitUntilMade(1));
  coordinator_.Change([](auto& state) { state.lost.insert(1); });
  ASSERT_TRUE(coordinator_.WaitFor(
      [](const auto& state) { return state.last_heartbeat.leases_size() == 0; }));
  EXPECT_TRUE(rewarder_.WaitForCancelled(1)) << "nobody waits for its outcomes any more";
  rewarder_.Open();
  Offer(MakeLease(2));
  ASSERT_TRUE(WaitForSubmissions(1));
  EXPECT_EQ(coordinator_.Look().submissions.size(), 1u);
  EXPECT_EQ(coordinator_.Look().submissions[0].header.lease_id(), 2u);
}

TEST_F(ActorFaults, RewarderThatFailsIsLeftForAnother) {
  FakeRewarder broken;
  broken.Fail(absl::UnavailableError("stopping"));
  coordinator_.Change([&](auto& state) {
    state.rewarders = {broken.address(), "127.0.0.1:1", rewarder_.address()};
  });
  for (uint64_t id = 1; id <= 6; ++id) Offer(MakeLease(id));
  Start();
  ASSERT_TRUE(WaitForSubmissions(6));
  EXPECT_GT(broken.calls, 0);
  for (const Submission& group : coordinator_.Look().submissions) {
    for (const Sample& sample : group.samples) {
      EXPECT_EQ(sample.outcome().components(0).value(), FakeRewarder::ValueOf(sample.text()));
    }
  }
}

TEST_F(ActorFaults, RewarderWithTooMuchToDoIsLeftForAnother) {
  FakeRewarder busy;
  busy.Fail(absl::ResourceExhaustedError("this rewarder judges 1 calls at once"));
  coordinator_.Change([&](auto& state) {
    state.rewarders = {busy.address(), rewarder_.address()};
  });
  for (uint64_t id = 1; id <= 6; ++id) Offer(MakeLease(id));
  Start();
  ASSERT_TRUE(WaitForSubmissions(6));
  EXPECT_GT(busy.calls, 0);
  EXPECT_THAT(coordinator_.Look().returned, IsEmpty());
}

TEST_F(ActorFaults, RewarderThatIsNotNamedForAMomentEndsItsCallsWell) {
  rewarder_.Close();
  Offer(MakeLease(1));
  Start();
  ASSERT_TRUE(WaitUntilMade(1));
  ASSERT_TRUE(rewarder_.WaitForCalls(1));
  const auto wait_for_heartbeats = [this] {
    const uint64_t seen = coordinator_.Look().heartbeats;
    return coordinator_.WaitFor([&](const auto& state) { return state.heartbeats >= seen + 3; });
  };
  // As after a restart of the coordinator: nobody has joined again yet.
  coordinator_.Change([](auto& state) { state.rewarders.clear(); });
  ASSERT_TRUE(wait_for_heartbeats());
  coordinator_.Change([&](auto& state) { state.rewarders = {rewarder_.address()}; });
  ASSERT_TRUE(wait_for_heartbeats());
  rewarder_.Open();
  ASSERT_TRUE(WaitForSubmissions(1));
  EXPECT_EQ(rewarder_.NumCancelled(), 0) << "none was begun anew";
}

TEST_F(ActorFaults, RewarderThatHangsIsLeftWhenItIsNamedNoMore) {
  FakeRewarder hung;
  hung.Close();
  coordinator_.Change([&](auto& state) {
    state.spec = absl::StrCat("limits { score_seconds: 3600 member_seconds: 1 } ", kStages);
    state.rewarders = {hung.address()};
  });
  Offer(MakeLease(1));
  Start();
  ASSERT_TRUE(WaitUntilMade(1));
  ASSERT_TRUE(hung.WaitForCalls(1));
  coordinator_.Change([&](auto& state) { state.rewarders = {rewarder_.address()}; });
  EXPECT_TRUE(WaitForSubmissions(1));
}

TEST_F(ActorFaults, RewarderThatAnswersNonsenseIsLeftForAnother) {
  const std::vector<std::function<void(ScoreReply&)>> spoils = {
      [](ScoreReply& reply) { reply.mutable_scored()->RemoveLast(); },
      [](ScoreReply& reply) { reply.mutable_scored(0)->set_index(77); },
      [](ScoreReply& reply) {
        reply.mutable_scored(0)->mutable_outcome()->mutable_components(1)->set_component("x");
      },
      [](ScoreReply& reply) {
        reply.mutable_scored(0)->mutable_outcome()->mutable_components(0)->clear_result();
      },
      [](ScoreReply& reply) {
        reply.mutable_scored(0)->mutable_outcome()->mutable_components(0)->set_value(
            std::numeric_limits<double>::quiet_NaN());
      }};
  FakeRewarder broken;
  coordinator_.Change([&](auto& state) {
    state.rewarders = {broken.address(), rewarder_.address()};
  });
  Start();
  uint64_t id = 0;
  for (const auto& spoil : spoils) {
    broken.Spoil(spoil);
    const int calls = broken.calls;
    // Two groups in turn, so that each rewarder has one.
    while (broken.calls == calls) {
      Offer(MakeLease(++id));
      ASSERT_TRUE(WaitForSubmissions(id));
    }
  }
  for (const Submission& group : coordinator_.Look().submissions) {
    for (const Sample& sample : group.samples) {
      EXPECT_EQ(sample.outcome().components(0).value(), FakeRewarder::ValueOf(sample.text()));
    }
  }
}

TEST_F(ActorFaults, ErrorOfARuleIsAnOutcome) {
  rewarder_.Spoil([](ScoreReply& reply) {
    reply.mutable_scored(0)->mutable_outcome()->mutable_components(0)->set_error(SCORE_ERROR_RULE);
  });
  Offer(MakeLease(1));
  Start();
  ASSERT_TRUE(WaitForSubmissions(1));
  int errors = 0;
  for (const Sample& sample : Of(1).samples) errors += sample.outcome().components(0).has_error();
  EXPECT_GE(errors, 1);
}

TEST_F(ActorFaults, RequestThatTheRewarderRefusesGivesTheLeaseBack) {
  rewarder_.Fail(absl::InvalidArgumentError("no such kind"));
  Offer(MakeLease(1));
  Start();
  ASSERT_TRUE(WaitForReturn(1));
  EXPECT_THAT(coordinator_.Look().returned[1], HasSubstr("no such kind"));
  EXPECT_THAT(coordinator_.Look().cannot_be_made, ElementsAre(1));
}

TEST_F(ActorFaults, BackPressureIsWaitedOutAndALostLeaseIsNot) {
  coordinator_.Change([](auto& state) {
    state.refusals[1] = absl::ResourceExhaustedError("too many at once");
    state.refusals[2] = absl::FailedPreconditionError("lease lost: the group was leased again");
    state.refusals[3] = absl::InvalidArgumentError("a sample is missing");
  });
  for (uint64_t id = 1; id <= 3; ++id) Offer(MakeLease(id));
  Start();
  ASSERT_TRUE(WaitForSubmissions(1));
  ASSERT_TRUE(WaitForReturn(3));
  ASSERT_TRUE(coordinator_.WaitFor([](const auto& state) {
    return state.refusals.empty() && state.last_heartbeat.leases_size() == 0;
  }));
  const auto state = coordinator_.Look();
  ASSERT_EQ(state.submissions.size(), 1u);
  EXPECT_EQ(state.submissions[0].header.lease_id(), 1u);
  EXPECT_EQ(state.returned.size(), 1u);
  EXPECT_THAT(state.cannot_be_made, ElementsAre(3));
}

}  // namespace
}  // namespace gyre::actor
