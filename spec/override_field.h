#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace gyre::spec {

// Sets the field at `path` ("stage[1].rl.steps") of `message` to what `value` says; see
// SpecText::Override.
absl::Status OverrideField(google::protobuf::Message& message, absl::string_view path,
                           absl::string_view value);

}  // namespace gyre::spec
