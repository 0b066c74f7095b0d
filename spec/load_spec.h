#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/run_spec.pb.h"
#include "spec/validate.h"

namespace gyre::spec {

// Reads a run spec, applies overrides ("stage[1].rl.steps=5"), validates it and resolves it (see
// resolve.h). NOT_FOUND: no such file. INVALID_ARGUMENT: the message has every fault on a line of
// its own, "FILE:LINE: PATH: what is wrong; what to do"; a syntax error alone, since nothing is
// known behind it. Blocks on the disk only.
absl::StatusOr<RunSpec> LoadSpec(const std::string& path,
                                 const std::vector<std::string>& overrides = {},
                                 NamedFiles files = NamedFiles::kRead);

// The same from a text; `file_name` is for messages.
absl::StatusOr<RunSpec> LoadSpecText(const std::string& file_name, const std::string& text,
                                     const std::vector<std::string>& overrides = {},
                                     NamedFiles files = NamedFiles::kRead);

// Writes the spec as a file that LoadSpec reads, atomically. Errors as base/file.h.
absl::Status WriteSpec(const RunSpec& spec, const std::string& path);

}  // namespace gyre::spec
