#include "coordinator/member_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace gyre::coordinator {

absl::Status MemberTable::TakeName(const std::string& name, const std::string& instance) {
  if (instance.empty()) return absl::OkStatus();
  Place& place = places_[name];
  if (place.former_instances.contains(instance)) {
    return absl::AlreadyExistsError(absl::StrCat("another process has taken the name \"", name,
                                                 "\"; give each process a --name of its own"));
  }
  if (place.instance == instance) return absl::OkStatus();
  if (!place.instance.empty()) place.former_instances.insert(place.instance);
  place.instance = instance;
  return absl::OkStatus();
}

void MemberTable::CountIn(const Member& member, int change) {
  counts_[member.role] += change;
  if (member.role != REWARDER) return;
  rewarder_addresses_.clear();
  for (const auto& [id, each] : members_) {
    if (each.role == REWARDER && !each.address.empty()) rewarder_addresses_.push_back(each.address);
  }
}

MemberTable::Member& MemberTable::Add(const JoinRequest& request, absl::Time now) {
  Member& member = members_[++joined_];
  member = {.id = joined_,
            .name = request.name(),
            .role = request.role(),
            .address = request.address(),
            .inexact_replay = request.inexact_replay(),
            .last_heard = now};
  Place& place = places_[member.name];
  place.member_id = member.id;
  ++place.joins;
  oldest_heard_ = std::min(oldest_heard_, now);
  CountIn(member, 1);
  return member;
}

const MemberTable::Member* MemberTable::FindName(const std::string& name) const {
  const auto place = places_.find(name);
  if (place == places_.end()) return nullptr;
  const auto found = members_.find(place->second.member_id);
  return found == members_.end() ? nullptr : &found->second;
}

absl::StatusOr<MemberTable::Member*> MemberTable::Hear(const MemberRef& ref, Role role,
                                                       absl::Time heard) {
  if (ref.epoch() != epoch_) {
    return absl::FailedPreconditionError(absl::StrCat("join again: the coordinator is in epoch ",
                                                      epoch_, ", the member in ", ref.epoch()));
  }
  const auto found = members_.find(ref.member_id());
  if (found == members_.end()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "join again: member ", ref.member_id(),
        " is not known; it was silent for too long, or another process took its name"));
  }
  Member& member = found->second;
  member.last_heard = std::max(member.last_heard, heard);
  if (role != ROLE_UNSPECIFIED && member.role != role) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", member.name, "\" is no ", Role_Name(role), ", which this call is for"));
  }
  return &member;
}

void MemberTable::Remove(uint64_t id) {
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  const Member member = std::move(found->second);
  members_.erase(found);
  if (Place& place = places_[member.name]; place.member_id == id) place.member_id = 0;
  CountIn(member, -1);
}

std::vector<uint64_t> MemberTable::Silent(absl::Time now, absl::Duration silence) {
  std::vector<uint64_t> silent;
  if (oldest_heard_ + silence >= now) return silent;
  oldest_heard_ = absl::InfiniteFuture();
  for (const auto& [id, member] : members_) {
    if (member.last_heard + silence < now) silent.push_back(id);
    oldest_heard_ = std::min(oldest_heard_, member.last_heard);
  }
  return silent;
}

void MemberTable::Excuse(absl::Duration gap) {
  for (auto& [id, member] : members_) member.last_heard += gap;
}

MemberRef MemberTable::RefOf(const Member& member) const {
  MemberRef ref;
  ref.set_member_id(member.id);
  ref.set_epoch(epoch_);
  return ref;
}

std::string MemberTable::NameOf(const MemberRef& ref) const {
  const auto found = members_.find(ref.member_id());
  return ref.epoch() == epoch_ && found != members_.end()
             ? found->second.name
             : absl::StrCat("member ", ref.member_id(), " of epoch ", ref.epoch());
}

uint32_t MemberTable::JoinsOf(const std::string& name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? 0 : found->second.joins;
}

}  // namespace gyre::coordinator
