#include "learner/read_share.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "google/protobuf/util/message_differencer.h"
#include "learner/share.h"

namespace gyre::learner {

absl::StatusOr<std::vector<std::vector<TrainGroup>>> ReadShare(CoordinatorSession& session,
                                                               const NextStepReply::Rl& step,
                                                               uint32_t mini_batches) {
  std::vector<GroupCost> costs;
  for (const StepGroup& group : step.groups()) {
    costs.push_back(
        {.train_tokens = group.train_tokens(), .sequence_tokens = group.sequence_tokens()});
  }
  const GroupShares shares = AssignShares(costs, session.world_size(), mini_batches);
  std::vector<GroupId> wanted;
  for (const auto& mini_batch : shares) {
    for (const uint32_t index : mini_batch[session.rank()]) {
      wanted.push_back(step.groups(static_cast<int>(index)).id());
    }
  }
  std::vector<TrainGroup> groups;
  if (!wanted.empty()) {
    GYRE_ASSIGN_OR_RETURN(groups, session.ReadShare(wanted));
  }
  bool same = groups.size() == wanted.size();
  for (size_t i = 0; same && i < wanted.size(); ++i) {
    same = google::protobuf::util::MessageDifferencer::Equals(groups[i].id(), wanted[i]);
  }
  if (!same) {
    return absl::InternalError(absl::StrCat("Coordinator.ReadShare sent ", groups.size(),
                                            " groups, not the ", wanted.size(),
                                            " that were asked for"));
  }
  std::vector<std::vector<TrainGroup>> share;
  size_t next = 0;
  for (const auto& mini_batch : shares) {
    std::vector<TrainGroup>& own = share.emplace_back();
    for (size_t i = 0; i < mini_batch[session.rank()].size(); ++i) {
      own.push_back(std::move(groups[next++]));
    }
  }
  return share;
}

}  // namespace gyre::learner
