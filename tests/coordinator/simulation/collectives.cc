#include "tests/coordinator/simulation/collectives.h"

#include <algorithm>

namespace gyre::coordinator::simulation {

void Collectives::Arrive(Arrival arrival) {
  const Key key{arrival.attempt, arrival.call};
  const uint32_t world_size = arrival.world_size;
  std::vector<Arrival>& arrived = calls_[key];
  if (!arrived.empty() && arrived.front().agreed != arrival.agreed) {
    world_.Violate("ranks of attempt ", arrival.attempt, " differ at ", arrival.call, ": ",
                   arrived.front().agreed, " against ", arrival.agreed);
  }
  if (broken_.contains(arrival.attempt)) {
    // Its connection to the lost one is closed.
    world_.schedule.After(absl::Milliseconds(10),
                          [then = std::move(arrival.then)] { then(std::nullopt); });
    return;
  }
  arrived.push_back(std::move(arrival));
  if (arrived.size() < world_size) {
    const auto patience = absl::Seconds(world_.setup.spec.limits().collective_seconds());
    world_.schedule.After(patience, [this, key] {
      if (calls_.contains(key)) world_.counts.Add("collective timed out");
      Break(key);
    });
    return;
  }
  uint64_t sum = 0;
  for (const Arrival& each : arrived) sum += each.summand;
  std::vector<Arrival> done = std::move(arrived);
  calls_.erase(key);
  for (const Arrival& each : done) {
    world_.schedule.After(absl::Milliseconds(world_.dice.Between(1, 5)),
                          [sum, then = each.then] { then(sum); });
  }
}

void Collectives::Break(const Key& key) {
  const auto found = calls_.find(key);
  if (found == calls_.end()) return;
  const std::vector<Arrival> waiting = std::move(found->second);
  calls_.erase(found);
  for (const Arrival& each : waiting) each.then(std::nullopt);
}

void Collectives::ProcessGone(const std::string& process, uint32_t attempt) {
  for (auto& [key, arrived] : calls_) {
    if (key.first != attempt) continue;
    std::erase_if(arrived, [&](const Arrival& each) { return each.process == process; });
  }
  // Its connections are reset, or just fall silent.
  if (world_.dice.Chance(0.4)) return;
  broken_.insert(attempt);
  std::vector<Key> open;
  for (const auto& [key, arrived] : calls_) {
    if (key.first == attempt) open.push_back(key);
  }
  for (const Key& key : open) {
    world_.schedule.After(absl::Milliseconds(20), [this, key] { Break(key); });
  }
}

}  // namespace gyre::coordinator::simulation
