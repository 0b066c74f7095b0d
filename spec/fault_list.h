#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "spec/spec_text.h"

namespace gyre::spec {

// The faults that validation finds, as sentences "FILE:LINE: PATH: what is wrong; what to do", or
// "--set PATH: what ..." where an override set the field. For one thread. Paths read as in
// `stage[1].rl.steps`.
class FaultList {
 public:
  explicit FaultList(const SpecText& text) : text_(text), faults_(text.unknown_fields()) {}

  void Add(absl::string_view path, absl::string_view what);

  // A fault unless the whole number in the field of the message at `path` is set and more than 0.
  void RequirePositive(const google::protobuf::Message& message, const std::string& path,
                       std::initializer_list<absl::string_view> fields);
  // A fault if the field of the message at `path` is more than that.
  void RequireAtMost(const google::protobuf::Message& message, const std::string& path,
                     absl::string_view field, double maximum);
  // A fault unless minimum ≤ value ≤ maximum, set or by default. Not a number is a fault.
  void RequireRange(const google::protobuf::Message& message, const std::string& path,
                    absl::string_view field, double minimum, double maximum);
  // The same with minimum < value.
  void RequireAbove(const google::protobuf::Message& message, const std::string& path,
                    absl::string_view field, double minimum, double maximum);
  // A fault unless the string is set and has only letters, digits, '-' and '_'. It becomes part of
  // file names.
  void RequireName(const google::protobuf::Message& message, const std::string& path,
                   absl::string_view field);

  const std::vector<std::string>& faults() const { return faults_; }

 private:
  const SpecText& text_;
  std::vector<std::string> faults_;
};

// "rl.steps", or "steps" of the spec itself, whose path is empty.
std::string FieldPath(absl::string_view path, absl::string_view field);

}  // namespace gyre::spec
