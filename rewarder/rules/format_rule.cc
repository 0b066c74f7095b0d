#include "rewarder/rules/format_rule.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "rewarder/rules/tagged_response.h"

namespace gyre::rewarder::rules {

Verdict FormatRule::Check(const Problem& /*problem*/, const Response& response) const {
  const uint32_t faults = ParseTaggedResponse(response).faults;
  if (faults != 0) return {0.0, absl::StrCat("format: ", FaultText(faults)), ""};
  return {1.0, "format: right", ""};
}

}  // namespace gyre::rewarder::rules
