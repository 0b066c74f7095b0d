#include "spec/spec_text.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"
#include "spec/field_path.h"
#include "spec/override_field.h"

namespace gyre::spec {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::TextFormat;

std::string KnownFields(const Descriptor& type) {
  std::string names;
  for (int i = 0; i < type.field_count(); ++i) {
    absl::StrAppend(&names, i == 0 ? "" : ", ", type.field(i)->name());
  }
  return names;
}

// Turns the parser's warning about an unknown field into one that says what is known.
std::string UnknownFieldSentence(const std::string& warning) {
  absl::string_view rest = warning;
  if (!absl::ConsumePrefix(&rest, "Message type \"")) return warning;
  const std::size_t type_end = rest.find('"');
  const std::size_t name_start = rest.find("named \"");
  if (type_end == absl::string_view::npos || name_start == absl::string_view::npos) return warning;
  const Descriptor* type = RunSpec::descriptor()->file()->pool()->FindMessageTypeByName(
      std::string(rest.substr(0, type_end)));
  absl::string_view name = rest.substr(name_start + 7);
  name = name.substr(0, name.find('"'));
  if (type == nullptr) return warning;
  return absl::StrCat("there is no field \"", name, "\" here; known are: ", KnownFields(*type));
}

// Keeps the first error and all warnings, which are the unknown fields.
class Complaints final : public google::protobuf::io::ErrorCollector {
 public:
  explicit Complaints(const std::string& file_name) : file_name_(file_name) {}

  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (!error_) {
      error_ = absl::StrCat(file_name_, ":", line + 1, ":", column + 1, ": ", message);
    }
  }
  void AddWarning(int line, google::protobuf::io::ColumnNumber,
                  const std::string& message) override {
    // The column is the one behind the name, which would mislead.
    warnings_.push_back(
        absl::StrCat(file_name_, ":", line + 1, ": ", UnknownFieldSentence(message)));
  }
  const std::optional<std::string>& error() const { return error_; }
  std::vector<std::string> TakeWarnings() { return std::move(warnings_); }

 private:
  const std::string file_name_;
  std::optional<std::string> error_;
  std::vector<std::string> warnings_;
};

}  // namespace

SpecText::SpecText(std::string file_name)
    : file_name_(std::move(file_name)), lines_(std::make_unique<TextFormat::ParseInfoTree>()) {}

absl::StatusOr<SpecText> SpecText::Parse(std::string file_name, const std::string& text) {
  SpecText result(file_name);
  Complaints complaints(file_name);
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&complaints);
  parser.WriteLocationsTo(result.lines_.get());
  parser.AllowUnknownField(true);
  const bool parsed = parser.ParseFromString(text, &result.spec_);
  if (!parsed || complaints.error()) {
    return absl::InvalidArgumentError(
        complaints.error().value_or(absl::StrCat(file_name, ": it is not a run spec")));
  }
  result.unknown_fields_ = complaints.TakeWarnings();
  return result;
}

absl::Status SpecText::Override(absl::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--set ", assignment, ": write it as PATH=VALUE, such as stage[1].rl.steps=5"));
  }
  const absl::string_view path = assignment.substr(0, equals);
  RunSpec changed = spec_;
  const absl::Status status = OverrideField(changed, path, assignment.substr(equals + 1));
  if (!status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--set ", status.message()));
  }
  spec_ = std::move(changed);
  overridden_.emplace_back(path);
  return absl::OkStatus();
}

std::string SpecText::Where(absl::string_view path) const {
  if (std::find(overridden_.begin(), overridden_.end(), path) != overridden_.end()) {
    return absl::StrCat("--set ", path);
  }
  int line = 0;
  const auto parts = ParseFieldPath(path);
  const TextFormat::ParseInfoTree* tree = lines_.get();
  const Descriptor* type = RunSpec::descriptor();
  for (std::size_t i = 0; parts.ok() && tree != nullptr && type != nullptr && i < parts->size();
       ++i) {
    const FieldDescriptor* field = type->FindFieldByName((*parts)[i].name);
    if (field == nullptr) break;
    const int index = field->is_repeated() ? (*parts)[i].index.value_or(0) : -1;
    const TextFormat::ParseLocation location = tree->GetLocation(field, index);
    if (location.line < 0) break;
    line = location.line;
    type = field->message_type();
    if (type != nullptr) tree = tree->GetTreeForNested(field, index);
  }
  return absl::StrCat(file_name_, ":", line + 1);
}

}  // namespace gyre::spec
