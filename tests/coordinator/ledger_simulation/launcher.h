#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/coordinator/ledger_simulation/simulated_rank.h"
#include "tests/coordinator/ledger_simulation/world.h"

namespace gyre::coordinator::simulation {

// Starts the members and starts again what has ended; while the surroundings are faulty it also
// kills and hangs them, and kills the coordinator.
class Launcher {
 public:
  explicit Launcher(World& world);

 private:
  struct Place {
    std::function<std::shared_ptr<Process>()> make;
    std::shared_ptr<Process> process;  // null while nobody runs there
  };

  void Launch(Place& place);
  void Watch();
  void Harm();

  World& world_;
  std::vector<Place> places_;
};

}  // namespace gyre::coordinator::simulation
