#pragma once

#include <atomic>
#include <optional>
#include <stop_token>

#include "actor/coordinator_client.h"
#include "actor/ending.h"
#include "actor/group_starter.h"
#include "actor/group_table.h"
#include "actor/policy_store.h"
#include "rpc/wait_board.h"

namespace gyre::actor {

// Asks for leases whenever there is room and puts them into the group table.
class LeaseLoop {
 public:
  LeaseLoop(CoordinatorClient& coordinator, GroupTable& groups, PolicyStore& policies,
            GroupStarter& starter, Ending& ending, rpc::WaitBoard& waits)
      : coordinator_(coordinator),
        groups_(groups),
        policies_(policies),
        starter_(starter),
        ending_(ending),
        waits_(waits) {}

  // The body of a thread.
  void Run(std::stop_token stop);

  // Any thread. Leases that had to be returned are likely to come again: after each one in a row
  // the next is asked for later, until a group is accepted.
  void NoteReturned() { ++returned_in_row_; }
  void NoteAccepted() { returned_in_row_ = 0; }

 private:
  // Both: false if a stop is requested first.
  bool Pause(std::stop_token stop);
  bool AwaitRoom(std::stop_token stop);
  absl::StatusOr<LeaseGroupsReply> Ask(std::stop_token stop);
  void Take(const Lease& lease, std::stop_token stop);

  CoordinatorClient& coordinator_;
  GroupTable& groups_;
  PolicyStore& policies_;
  GroupStarter& starter_;
  Ending& ending_;
  rpc::WaitBoard& waits_;
  std::atomic<int> returned_in_row_ = 0;
  // Of the loop's thread.
  std::optional<rpc::NamedWait> lease_wait_;  // over all questions until a lease comes
  uint32_t group_samples_ = 1;  // of the last lease: with less room there is no use in asking
};

}  // namespace gyre::actor
