#include "rewarder/format_rule.h"

#include "absl/strings/str_cat.h"
#include "rewarder/tagged_response.h"

namespace gyre::rewarder {

Verdict FormatRule::Check(const Problem& /*problem*/, const Response& response) const {
  const auto parts = ParseTaggedResponse(response);
  if (!parts.ok()) return {0.0, absl::StrCat("format: ", parts.status().message()), ""};
  return {1.0, "format: right", ""};
}

}  // namespace gyre::rewarder
