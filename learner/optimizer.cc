#include "learner/optimizer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "kernels/double_math.h"

namespace gyre::learner {
namespace {

int64_t RowSize(const model::TensorPlace& tensor) { return tensor.size / tensor.rows(); }

}  // namespace

double SumOfSquares(const kernels::KernelTable& kernels, absl::Span<const float> values) {
  return kernels.sum_of_squares(values.data(), static_cast<int64_t>(values.size()));
}

Optimizer::Optimizer(std::shared_ptr<const model::ParameterLayout> layout,
                     const OptimizerSpec& spec, const kernels::KernelTable& kernels)
    : layout_(std::move(layout)),
      spec_(spec),
      kernels_(kernels),
      first_moment_(static_cast<size_t>(layout_->size()), 0.0f),
      second_moment_(first_moment_) {
  for (const model::TensorPlace& tensor : layout_->tensors()) {
    const float decay = tensor.is_matrix() ? spec.weight_decay() : 0.0f;
    if (!runs_.empty() && runs_.back().weight_decay == decay) {
      runs_.back().size += tensor.size;
    } else {
      runs_.push_back({tensor.offset, tensor.size, decay});
    }
  }
}

void Optimizer::Update(absl::Span<float> parameters, absl::Span<const float> gradient,
                       double gradient_scale, double learning_rate) {
  ++counts_.updates;
  counts_.nonfinite_in_a_row = 0;
  const auto correction = [&](float beta) {
    return 1 - kernels::DoublePower(static_cast<double>(beta), counts_.updates);
  };
  const double correction1 = correction(spec_.beta1());
  const double correction2 = correction(spec_.beta2());
  for (const Run& run : runs_) {
    kernels_.adamw({.parameter = parameters.data() + run.offset,
                    .gradient = gradient.data() + run.offset,
                    .first_moment = first_moment_.data() + run.offset,
                    .second_moment = second_moment_.data() + run.offset,
                    .size = run.size,
                    .gradient_scale = static_cast<float>(gradient_scale),
                    .learning_rate = static_cast<float>(learning_rate),
                    .beta1 = spec_.beta1(),
                    .beta2 = spec_.beta2(),
                    .epsilon = spec_.epsilon(),
                    .weight_decay = run.weight_decay,
                    .correction1 = static_cast<float>(correction1),
                    .correction2 = static_cast<float>(correction2)});
  }
}

std::vector<OptimizerShard> Optimizer::Export() const {
  std::vector<OptimizerShard> shards;
  for (const model::TensorPlace& tensor : layout_->tensors()) {
    const size_t offset = static_cast<size_t>(tensor.offset);
    const size_t size = static_cast<size_t>(tensor.size);
    shards.push_back({tensor.name, 0, tensor.rows(),
                      absl::MakeConstSpan(first_moment_).subspan(offset, size),
                      absl::MakeConstSpan(second_moment_).subspan(offset, size)});
  }
  return shards;
}

absl::Status Optimizer::Import(const OptimizerCounts& counts,
                               absl::Span<const OptimizerShard> shards) {
  std::vector<float> first(first_moment_.size());
  std::vector<float> second(first_moment_.size());
  std::vector<bool> have(first_moment_.size(), false);
  for (const OptimizerShard& shard : shards) {
    const model::TensorPlace* tensor = layout_->Find(shard.tensor);
    if (tensor == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("optimizer state has tensor ", shard.tensor, ", which the model has not"));
    }
    if (shard.first_row < 0 || shard.num_rows < 0 ||
        shard.num_rows > tensor->rows() - shard.first_row) {
      return absl::InvalidArgumentError(
          absl::StrCat("optimizer state of ", shard.tensor, " has rows ", shard.first_row, " to ",
                       shard.first_row + shard.num_rows, ", but the tensor has ", tensor->rows()));
    }
    const size_t size = static_cast<size_t>(shard.num_rows * RowSize(*tensor));
    if (shard.first_moment.size() != size || shard.second_moment.size() != size) {
      return absl::InvalidArgumentError(
          absl::StrCat("optimizer state of ", shard.tensor, " has ", shard.first_moment.size(),
                       " and ", shard.second_moment.size(), " numbers where ", size, " are right"));
    }
    const int64_t offset = tensor->offset + shard.first_row * RowSize(*tensor);
    std::copy(shard.first_moment.begin(), shard.first_moment.end(), first.begin() + offset);
    std::copy(shard.second_moment.begin(), shard.second_moment.end(), second.begin() + offset);
    std::fill_n(have.begin() + offset, size, true);
  }
  for (const model::TensorPlace& tensor : layout_->tensors()) {
    const auto begin = have.begin() + tensor.offset;
    if (std::find(begin, begin + tensor.size, false) != begin + tensor.size) {
      return absl::InvalidArgumentError(
          absl::StrCat("optimizer state lacks rows of ", tensor.name));
    }
  }
  first_moment_ = std::move(first);
  second_moment_ = std::move(second);
  counts_ = counts;
  return absl::OkStatus();
}

}  // namespace gyre::learner
