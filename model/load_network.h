#pragma once

#include "absl/status/statusor.h"
#include "model/network.h"
#include "weights/stored_model.h"

namespace gyre::model {

// The network of a model on disk, ready to run on this machine. Errors as LoadParameters. The
// parameters themselves are gone when it returns: a process that only runs the network holds its
// weights once.
absl::StatusOr<PackedNetwork> LoadNetwork(const weights::StoredModel& model);

}  // namespace gyre::model
