#include "model/load_network.h"

#include "base/status_macros.h"
#include "kernels/kernel_table.h"
#include "model/load_parameters.h"

namespace gyre::model {

absl::StatusOr<PackedNetwork> LoadNetwork(const weights::StoredModel& model) {
  GYRE_ASSIGN_OR_RETURN(const Parameters parameters, LoadParameters(model));
  return PackedNetwork(parameters, kernels::Kernels(kernels::BestInstructionSet()));
}

}  // namespace gyre::model
