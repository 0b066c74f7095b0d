#pragma once

namespace gyre::rpc {

// Keeps gRPC initialised until the process ends. Otherwise it shuts itself down whenever its last
// object goes, which at times takes ten seconds (gRPC 1.51, after large messages): main() would
// hang after its work was done. It also sets how often gRPC looks after channels that no call waits
// on, which gRPC reads at that moment only. Called by whatever makes the first object; any thread,
// any number of times.
void KeepGrpcInitialised();

}  // namespace gyre::rpc
