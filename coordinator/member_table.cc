#include "coordinator/member_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace gyre::coordinator {

MemberTable::Member& MemberTable::Add(const JoinRequest& request, absl::Time now) {
  Member member{.id = ++joined_,
                .name = request.name(),
                .role = request.role(),
                .address = request.address(),
                .inexact_replay = request.inexact_replay(),
                .last_heard = now};
  ++joins_[member.name];
  return members_.insert_or_assign(member.id, std::move(member)).first->second;
}

const MemberTable::Member* MemberTable::FindName(const std::string& name) const {
  for (const auto& [id, member] : members_) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

absl::StatusOr<MemberTable::Member*> MemberTable::Hear(const MemberRef& ref, Role role,
                                                       absl::Time now) {
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
  member.last_heard = std::max(member.last_heard, now);
  if (role != ROLE_UNSPECIFIED && member.role != role) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", member.name, "\" is no ", Role_Name(role), ", which this call is for"));
  }
  return &member;
}

void MemberTable::Remove(uint64_t id) { members_.erase(id); }

std::vector<uint64_t> MemberTable::Silent(absl::Time now, absl::Duration silence) const {
  std::vector<uint64_t> silent;
  for (const auto& [id, member] : members_) {
    if (member.last_heard + silence < now) silent.push_back(id);
  }
  return silent;
}

MemberRef MemberTable::RefOf(const Member& member) const {
  MemberRef ref;
  ref.set_member_id(member.id);
  ref.set_epoch(epoch_);
  return ref;
}

uint64_t MemberTable::CountOf(Role role) const {
  return std::count_if(members_.begin(), members_.end(),
                       [&](const auto& entry) { return entry.second.role == role; });
}

std::vector<std::string> MemberTable::AddressesOf(Role role) const {
  std::vector<std::string> addresses;
  for (const auto& [id, member] : members_) {
    if (member.role == role && !member.address.empty()) addresses.push_back(member.address);
  }
  return addresses;
}

uint32_t MemberTable::JoinsOf(const std::string& name) const {
  const auto found = joins_.find(name);
  return found == joins_.end() ? 0 : found->second;
}

}  // namespace gyre::coordinator
