#pragma once

#include <cstdint>
#include <vector>

#include "engine/generation_request.h"
#include "proto/group.pb.h"

namespace gyre::actor {

// What the engine made, as the message that is handed in; text and outcome come later.
Sample ToSample(const engine::FinishedSample& finished);

// The tokens of all spans.
std::vector<int32_t> TokensOf(const Sample& sample);

}  // namespace gyre::actor
