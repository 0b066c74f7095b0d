#include "model/cuda_weights.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/status_macros.h"

namespace gyre::model {
namespace {

using kernels::cuda::Bf16;
using kernels::cuda::ElementType;
using kernels::cuda::kFloatBytes;

// Elements that are rounded before they are copied: 8 MiB.
constexpr int64_t kStagedElements = int64_t{4} << 20;

}  // namespace

CudaWeights::CudaWeights(kernels::cuda::Device& device,
                         std::shared_ptr<const ParameterLayout> layout, ElementType type)
    : device_(device), layout_(std::move(layout)), type_(type), all_(device), floats_(device) {
  for (const TensorPlace& place : layout_->tensors()) {
    if (place.is_matrix()) continue;
    vectors_.emplace_back(place.offset, vector_floats_);
    vector_floats_ += place.size;
  }
}

absl::Status CudaWeights::Load(const Parameters& parameters) {
  GYRE_CHECK(parameters.config() == layout_->config(), "weights are loaded into their own shape");
  GYRE_RETURN_IF_ERROR(all_.Reserve(layout_->size() * kernels::cuda::BytesOf(type_)));
  GYRE_RETURN_IF_ERROR(floats_.Reserve(vector_floats_ * kFloatBytes));
  if (type_ == ElementType::kF32) {
    device_.Upload(parameters.flat().data(), layout_->size() * kFloatBytes, all_.data());
  } else {
    UploadRounded(parameters);
  }
  std::vector<float> vectors;
  vectors.reserve(static_cast<size_t>(vector_floats_));
  for (const TensorPlace& place : layout_->tensors()) {
    if (place.is_matrix()) continue;
    const float* first = parameters.flat().data() + place.offset;
    vectors.insert(vectors.end(), first, first + place.size);
  }
  device_.Upload(vectors.data(), vector_floats_ * kFloatBytes, floats_.data());
  return device_.Wait();
}

void CudaWeights::UploadRounded(const Parameters& parameters) {
  const float* values = parameters.flat().data();
  std::vector<Bf16> staged(static_cast<size_t>(std::min(kStagedElements, layout_->size())));
  for (int64_t first = 0; first < layout_->size(); first += kStagedElements) {
    const int64_t count = std::min(kStagedElements, layout_->size() - first);
    for (int64_t i = 0; i < count; ++i)
      kernels::cuda::Store(values[first + i], &staged[static_cast<size_t>(i)]);
    device_.Upload(staged.data(), count * kernels::cuda::BytesOf(type_),
                   static_cast<Bf16*>(all_.data()) + first);
  }
}

const void* CudaWeights::Matrix(int64_t offset) const {
  return static_cast<const std::byte*>(all_.data()) + offset * kernels::cuda::BytesOf(type_);
}

const float* CudaWeights::Vector(int64_t offset) const {
  const auto at = std::lower_bound(vectors_.begin(), vectors_.end(), std::pair(offset, int64_t{0}));
  GYRE_CHECK(at != vectors_.end() && at->first == offset, "a vector begins at the offset");
  return floats_.floats() + at->second;
}

}  // namespace gyre::model
