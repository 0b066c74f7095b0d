#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tests/coordinator/simulation/coordinator_host.h"
#include "tests/coordinator/simulation/fake_actor.h"
#include "tests/coordinator/simulation/fake_rank.h"
#include "tests/coordinator/simulation/fake_rewarder.h"
#include "tests/coordinator/simulation/world.h"

namespace gyre::coordinator::simulation {

// Kills, hangs and cuts off at random times, as often as the mix says, until faults stop.
class FaultInjector {
 public:
  FaultInjector(World& world, CoordinatorHost& host,
                const std::vector<std::unique_ptr<FakeActor>>& actors,
                const std::vector<std::unique_ptr<FakeRank>>& ranks,
                const std::vector<std::unique_ptr<FakeRewarder>>& rewarders)
      : world_(world), host_(host), actors_(actors), ranks_(ranks), rewarders_(rewarders) {}

  void Start();

 private:
  // `fault` again and again, `every` so long on average.
  void Repeat(absl::Duration every, std::function<void()> fault);
  template <typename Member>
  void Hit(const std::vector<std::unique_ptr<Member>>& members, const char* kind,
           const std::function<void(Member&)>& fault);
  // A time to be away: mostly short, sometimes past every limit.
  absl::Duration Away();

  World& world_;
  CoordinatorHost& host_;
  const std::vector<std::unique_ptr<FakeActor>>& actors_;
  const std::vector<std::unique_ptr<FakeRank>>& ranks_;
  const std::vector<std::unique_ptr<FakeRewarder>>& rewarders_;
};

}  // namespace gyre::coordinator::simulation
