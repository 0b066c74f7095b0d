// Parameters from models on disk, and to them.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "model/parameters.h"
#include "weights/safetensors_writer.h"
#include "weights/stored_model.h"

namespace gyre::model {

// Weights of any type that is read become f32. UNIMPLEMENTED names a tensor of another type,
// INVALID_ARGUMENT one with elements that are not finite numbers.
absl::StatusOr<Parameters> LoadParameters(const weights::StoredModel& model);

// Views of all tensors, for WriteHfFolder; valid as long as the parameters are.
std::vector<weights::F32Tensor> TensorsOf(const Parameters& parameters);

}  // namespace gyre::model
