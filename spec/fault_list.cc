#include "spec/fault_list.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "google/protobuf/descriptor.h"

namespace gyre::spec {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

const FieldDescriptor& FieldOf(const Message& message, absl::string_view name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(std::string(name));
  GYRE_CHECK(field != nullptr, absl::StrCat("run_spec.proto has a field ", name));
  return *field;
}

double NumberOf(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<double>(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.GetFloat(message, &field);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.GetDouble(message, &field);
    default:
      GYRE_CHECK(false, absl::StrCat(field.full_name(), " is a number"));
  }
  return 0;
}

// Whole numbers with all their digits, others as short as they can be.
std::string Text(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return absl::StrFormat("%.0f", value);
  return absl::StrCat(value);
}

}  // namespace

std::string FieldPath(absl::string_view path, absl::string_view field) {
  return path.empty() ? std::string(field) : absl::StrCat(path, ".", field);
}

void FaultList::Add(absl::string_view path, absl::string_view what) {
  const std::string where = text_.Where(path);
  // An override names the path itself.
  const bool names_path = absl::StartsWith(where, "--set");
  faults_.push_back(absl::StrCat(where, ": ", names_path ? "" : absl::StrCat(path, ": "), what));
}

void FaultList::RequirePositive(const Message& message, const std::string& path,
                                std::initializer_list<absl::string_view> fields) {
  for (const absl::string_view name : fields) {
    const FieldDescriptor& field = FieldOf(message, name);
    if (!message.GetReflection()->HasField(message, &field) && !field.has_default_value()) {
      Add(FieldPath(path, name), "it is required; set it");
    } else if (!(NumberOf(message, field) > 0)) {
      Add(FieldPath(path, name), "it is 0; it must be at least 1");
    }
  }
}

void FaultList::RequireAtMost(const Message& message, const std::string& path,
                              absl::string_view field, double maximum) {
  const double value = NumberOf(message, FieldOf(message, field));
  if (value > maximum) {
    Add(FieldPath(path, field),
        absl::StrCat("it is ", Text(value), "; it must be at most ", Text(maximum)));
  }
}

void FaultList::RequireRange(const Message& message, const std::string& path,
                             absl::string_view field, double minimum, double maximum) {
  const double value = NumberOf(message, FieldOf(message, field));
  if (!(value >= minimum && value <= maximum)) {
    Add(FieldPath(path, field), absl::StrCat("it is ", Text(value), "; it must be from ",
                                             Text(minimum), " to ", Text(maximum)));
  }
}

void FaultList::RequireAbove(const Message& message, const std::string& path,
                             absl::string_view field, double minimum, double maximum) {
  const double value = NumberOf(message, FieldOf(message, field));
  if (!(value > minimum && value <= maximum)) {
    Add(FieldPath(path, field), absl::StrCat("it is ", Text(value), "; it must be above ",
                                             Text(minimum), " and at most ", Text(maximum)));
  }
}

void FaultList::RequireName(const Message& message, const std::string& path,
                            absl::string_view field) {
  const std::string name = message.GetReflection()->GetString(message, &FieldOf(message, field));
  if (name.empty()) {
    Add(FieldPath(path, field), "it is required; set it");
    return;
  }
  for (const char c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') {
      Add(FieldPath(path, field),
          absl::StrCat("\"", name, "\" may hold only letters, digits, '-' and '_'"));
      return;
    }
  }
}

}  // namespace gyre::spec
