// Parameters from and to Hugging Face folders (weights/hf_folder.h).
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "model/parameters.h"
#include "weights/hf_folder.h"
#include "weights/safetensors_writer.h"

namespace gyre::model {

// F32, BF16 or F16 weights become f32. UNIMPLEMENTED names a tensor of another type,
// INVALID_ARGUMENT one with elements that are not finite numbers.
absl::StatusOr<Parameters> LoadParameters(const weights::HfFolder& folder);

// Views of all tensors, for WriteHfFolder; valid as long as the parameters are.
std::vector<weights::F32Tensor> TensorsOf(const Parameters& parameters);

}  // namespace gyre::model
