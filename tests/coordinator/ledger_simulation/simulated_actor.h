#pragma once

#include <map>
#include <string>

#include "tests/coordinator/ledger_simulation/world.h"

namespace gyre::coordinator::simulation {

// An actor as the protocol wants it, and sometimes worse: it repeats, comes late, returns leases,
// and hands in groups that are not what they should be.
class SimulatedActor final : public Process {
 public:
  SimulatedActor(World& world, std::string name) : world_(world), name_(std::move(name)) {}
  void Start() override;
  std::string name() const override { return name_; }

 private:
  struct Work {
    LeaseGrant grant;
    uint64_t tokens = 0;
    uint64_t tokens_to_make = 0;
    bool finished = false;
    bool waits_for_rewarder = false;
  };

  void Join();
  void HeartbeatSoon();
  void AskSoon();
  void Ask();
  void Begin(const LeaseGrant& grant);
  void Generate(uint64_t lease_id);
  void Submit(uint64_t lease_id);
  void SendSubmission(uint64_t lease_id, Submission submission, bool is_lie);
  Submission TrueSubmission(const Work& work);
  void Distort(Submission& submission);
  void Return(uint64_t lease_id);
  uint32_t UsedSequences() const;
  std::weak_ptr<Process> self() { return weak_from_this(); }

  World& world_;
  const std::string name_;
  const uint32_t capacity_ = 8;
  MemberRef member_;
  PolicyKey newest_policy_;
  bool joining_ = false;
  bool asking_ = false;
  std::map<uint64_t, Work> works_;  // by lease id
};

}  // namespace gyre::coordinator::simulation
