#pragma once

#include <string>
#include <vector>

#include "spec/spec_text.h"

namespace gyre::spec {

// Whether the files that a spec names (models, problems, examples) are looked at. They may be
// large: every text in them is tokenized. kLeave is for a spec that was validated before, such as
// that of a run which goes on.
enum class NamedFiles { kRead, kLeave };

// Every fault of a spec at once, as sentences "FILE:LINE: PATH: what is wrong; what to do": unknown
// fields, missing and impossible values, contradictions, and files that cannot be read or are not
// what the spec says. Empty if the spec can be run. Reads no weights; blocks on the disk only.
std::vector<std::string> Validate(const SpecText& text, NamedFiles files = NamedFiles::kRead);

}  // namespace gyre::spec
