#pragma once

namespace gyre::coordinator::simulation {

// A fault of the coordinator that the tests put into it, one at a time, to see that the simulation
// finds it. Most are such as a change of the ledger or of what stands around it could bring.
enum class Defect {
  kNone,
  kAcceptsAnyLease,       // a group is accepted under whatever lease it names
  kAcceptsOldPolicies,    // a group is accepted whatever it was sampled with
  kKeepsAnyClaim,         // a member that joins keeps whatever leases it says it holds
  kAnswersBeforeTheDisk,  // an answer does not wait for its rows
  kLosesARow,             // a round writes all rows but one
  kWritesARowTwice,       // a group's row is written again
  kForgetsPayloads,       // a payload is not synced before its row
  kSwapsPayloads,         // a share is read from another place
  kLeasesNothing,         // actors get no leases once faults have stopped
  kLeasesWithoutRoom,     // an actor gets more sequences than it has room for
  kEndsLeasesEarly,       // a report of progress is answered with "lost"
  kDropsMember,           // a step is handed out without one of its groups
  kCommitsAnother,        // a commit's digest is stored otherwise
  kScoresOtherwise,       // an evaluation counts a group as solved that is not
  kDropsWhatIsGood,       // an evaluation's group is dropped as if it were not scored
  kTrustsRanks,           // a commit is answered with OK whatever the ledger says
};

}  // namespace gyre::coordinator::simulation
