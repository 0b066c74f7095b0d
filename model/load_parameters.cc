#include "model/load_parameters.h"

#include <span>

#include "absl/strings/str_cat.h"

namespace gyre::model {

absl::StatusOr<Parameters> LoadParameters(const weights::StoredModel& model) {
  Parameters parameters(model.config());
  for (const TensorPlace& place : parameters.layout().tensors()) {
    const std::span<float> values(parameters.flat().data() + place.offset,
                                  static_cast<size_t>(place.size));
    const absl::Status status = model.CopyTensor(place.name, values);
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat(model.FileOf(place.name), ": tensor ",
                                                      place.name, ": ", status.message()));
    }
  }
  if (const TensorPlace* place = parameters.FindNonfinite(); place != nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(model.FileOf(place->name), ": tensor ",
                                                   place->name,
                                                   " has elements that are not finite numbers"));
  }
  return parameters;
}

std::vector<weights::F32Tensor> TensorsOf(const Parameters& parameters) {
  std::vector<weights::F32Tensor> tensors;
  for (const TensorPlace& place : parameters.layout().tensors())
    tensors.push_back({place.name, place.shape, parameters.flat().data() + place.offset});
  return tensors;
}

}  // namespace gyre::model
