#pragma once

#include <string>
#include <vector>

#include "spec/spec_text.h"

namespace gyre::spec {

// Every fault of a spec at once, as sentences "FILE:LINE: PATH: what is wrong; what to do": unknown
// fields, missing and impossible values, contradictions, and files that cannot be read. Empty if
// the spec can be run. Reads the files that the spec names (not the weights); blocks on the disk
// only.
std::vector<std::string> Validate(const SpecText& text);

}  // namespace gyre::spec
