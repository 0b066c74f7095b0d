#pragma once

#include "rpc/wait_board.h"

namespace gyre::learner {

using rpc::NamedWait;
using rpc::WaitBoard;

}  // namespace gyre::learner
