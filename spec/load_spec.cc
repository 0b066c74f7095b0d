#include "spec/load_spec.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "spec/resolve.h"
#include "spec/spec_text.h"

namespace gyre::spec {

absl::StatusOr<RunSpec> LoadSpecText(const std::string& file_name, const std::string& text,
                                     const std::vector<std::string>& overrides, NamedFiles files) {
  GYRE_ASSIGN_OR_RETURN(SpecText spec_text, SpecText::Parse(file_name, text));
  std::vector<std::string> faults;
  for (const std::string& assignment : overrides) {
    const absl::Status status = spec_text.Override(assignment);
    if (!status.ok()) faults.emplace_back(status.message());
  }
  for (std::string& fault : Validate(spec_text, files)) faults.push_back(std::move(fault));
  if (!faults.empty()) return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
  RunSpec spec = spec_text.spec();
  Resolve(spec);
  return spec;
}

absl::StatusOr<RunSpec> LoadSpec(const std::string& path, const std::vector<std::string>& overrides,
                                 NamedFiles files) {
  GYRE_ASSIGN_OR_RETURN(const std::string text, base::ReadFile(path));
  return LoadSpecText(path, text, overrides, files);
}

absl::Status WriteSpec(const RunSpec& spec, const std::string& path) {
  return base::WriteFileAtomically(
      path, absl::StrCat("# The run's spec, resolved: every default is written out.\n",
                         SpecToText(spec)));
}

}  // namespace gyre::spec
