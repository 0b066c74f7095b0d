#pragma once

namespace gyre::rpc {

// In this variable of the environment a role finds what its coordinator must know it by: other
// users of the machine can read command lines.
inline constexpr char kRunTokenVariable[] = "GYRE_RUN_TOKEN";

}  // namespace gyre::rpc
