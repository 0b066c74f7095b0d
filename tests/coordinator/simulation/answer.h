#pragma once

#include <functional>

#include "absl/status/statusor.h"

namespace gyre::coordinator::simulation {

// Gets the answer to a call, at most once; never, if it is lost.
template <typename Reply>
using Answer = std::function<void(absl::StatusOr<Reply>)>;

}  // namespace gyre::coordinator::simulation
