#include "spec/override_field.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "spec/field_path.h"

namespace gyre::spec {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string FieldNames(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return absl::StrJoin(names, ", ");
}

// Collects the first complaint about a value.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, google::protobuf::io::ColumnNumber, const std::string& message) override {
    if (text_.empty()) text_ = message;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::Status SetScalar(Message& message, const FieldDescriptor& field, absl::string_view path,
                       absl::string_view value) {
  const bool quoted = !value.empty() && (value.front() == '"' || value.front() == '\'');
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING && !quoted) {
    message.GetReflection()->SetString(&message, &field, std::string(value));
    return absl::OkStatus();
  }
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (value.empty() || !parser.ParseFieldValueFromString(std::string(value), &field, &message)) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": \"", value, "\" is not a value of type ",
        field.enum_type() != nullptr ? field.enum_type()->name() : field.cpp_type_name(),
        error.text().empty() ? "" : ": ", error.text()));
  }
  return absl::OkStatus();
}

// The message that `part` leads to from `message`.
absl::StatusOr<Message*> Descend(Message& message, const FieldDescriptor& field,
                                 const FieldPathPart& part, absl::string_view path) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    const int size = reflection.FieldSize(message, &field);
    if (!part.index || *part.index >= size) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", part.name, " has ", size,
                                                     " elements; name one as in ", part.name,
                                                     "[0], counting from 0"));
    }
    return reflection.MutableRepeatedMessage(&message, &field, *part.index);
  }
  const google::protobuf::OneofDescriptor* oneof = field.real_containing_oneof();
  const FieldDescriptor* chosen =
      oneof == nullptr ? nullptr : reflection.GetOneofFieldDescriptor(message, oneof);
  if (chosen != nullptr && chosen != &field) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": it has ", chosen->name(), ", not ", field.name()));
  }
  return reflection.MutableMessage(&message, &field);
}

}  // namespace

absl::Status OverrideField(Message& message, absl::string_view path, absl::string_view value) {
  GYRE_ASSIGN_OR_RETURN(const std::vector<FieldPathPart> parts, ParseFieldPath(path));
  Message* place = &message;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const FieldPathPart& part = parts[i];
    const FieldDescriptor* field = place->GetDescriptor()->FindFieldByName(part.name);
    if (field == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": there is no field \"", part.name,
                       "\" here; known are: ", FieldNames(*place->GetDescriptor())));
    }
    if (part.index && !field->is_repeated()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", part.name, " is not a list"));
    }
    const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (i + 1 == parts.size()) {
      if (is_message) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ": set one of its fields: ", FieldNames(*field->message_type())));
      }
      return SetScalar(*place, *field, path, value);
    }
    if (!is_message) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": ", part.name, " is a single value and has no fields"));
    }
    GYRE_ASSIGN_OR_RETURN(place, Descend(*place, *field, part, path));
  }
  return absl::OkStatus();
}

}  // namespace gyre::spec
