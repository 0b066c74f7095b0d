// The simulation must be able to see what it looks for: a coordinator that is broken on purpose is
// found out within a few seeds, and for the right reason.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/coordinator/simulation/simulation.h"

namespace gyre::coordinator::simulation {
namespace {

constexpr uint64_t kSeeds = 100;

// What the first seed that fails says.
std::string FirstViolation(Defect defect) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const SimulationResult result = Simulate({.seed = seed, .defect = defect});
    if (!result.violation.empty()) return result.violation;
  }
  return "";
}

void ExpectFound(Defect defect, const std::vector<std::string>& words) {
  const std::string violation = FirstViolation(defect);
  bool named = false;
  for (const std::string& each : words) named |= absl::StrContains(violation, each);
  EXPECT_TRUE(named) << "found: " << violation;
}

TEST(Defects, AGroupUnderAnyLease) {
  ExpectFound(Defect::kAcceptsAnyLease, {"a lie was accepted"});
}

TEST(Defects, AGroupOfAnyPolicy) {
  ExpectFound(Defect::kAcceptsOldPolicies,
              {"a lie was accepted", "which nobody published", "are allowed"});
}

TEST(Defects, AnyClaimOfALease) { ExpectFound(Defect::kKeepsAnyClaim, {"a lie was accepted"}); }

TEST(Defects, AnswersThatADiskDoesNotHold) {
  ExpectFound(Defect::kAnswersBeforeTheDisk, {"is not written", "not written", "are written"});
}

TEST(Defects, ARowThatIsLost) {
  ExpectFound(Defect::kLosesARow, {"other rows than were written", "otherwise than written"});
}

TEST(Defects, ARowThatIsWrittenTwice) {
  ExpectFound(Defect::kWritesARowTwice, {"was accepted twice"});
}

TEST(Defects, PayloadsThatAreNotSynced) {
  ExpectFound(Defect::kForgetsPayloads, {"is lost or another's"});
}

TEST(Defects, PayloadsOfOtherGroups) {
  ExpectFound(Defect::kSwapsPayloads, {"is lost or another's"});
}

TEST(Defects, ARunThatStandsStill) {
  ExpectFound(Defect::kLeasesNothing, {"the run is not finished"});
}

TEST(Defects, LeasesWithoutRoom) { ExpectFound(Defect::kLeasesWithoutRoom, {"for room of"}); }

TEST(Defects, LeasesThatEndTooEarly) {
  ExpectFound(Defect::kEndsLeasesEarly, {"is lost too early"});
}

TEST(Defects, AStepWithoutOneOfItsGroups) {
  ExpectFound(Defect::kDropsMember, {"is handed out with"});
}

TEST(Defects, ACommitThatIsStoredOtherwise) {
  ExpectFound(Defect::kCommitsAnother,
              {"another policy than", "is not what the ledger says", "the run failed"});
}

TEST(Defects, ScoresThatAreNotTheGroups) {
  ExpectFound(Defect::kScoresOtherwise, {"came out otherwise than without faults"});
}

TEST(Defects, GroupsThatAreDroppedWithoutReason) {
  ExpectFound(Defect::kDropsWhatIsGood, {"otherwise than without faults"});
}

TEST(Defects, ACommitThatIsTakenUnseen) {
  ExpectFound(Defect::kTrustsRanks, {"a rank's lie was taken for true", "is not written"});
}

}  // namespace
}  // namespace gyre::coordinator::simulation
