#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/text_format.h"
#include "proto/run_spec.pb.h"

namespace gyre::spec {

// A run spec as it was written, with where each field stands, so that a fault can name its line.
// For one thread.
//
// A field's path reads as in `stage[1].rl.steps`; indices count from 0.
class SpecText {
 public:
  // `file_name` is for messages only. INVALID_ARGUMENT "FILE:LINE:COLUMN: ..." at the first syntax
  // error; unknown fields do not stop it, they are listed in unknown_fields().
  static absl::StatusOr<SpecText> Parse(std::string file_name, const std::string& text);
  SpecText(SpecText&&) = default;
  SpecText& operator=(SpecText&&) = default;

  // Sets one field from "PATH=VALUE" (`gyre run --set`). A string may be quoted or not; messages in
  // between are made when they are not there, elements of lists are not. INVALID_ARGUMENT names the
  // part of the path that is wrong and the fields that are known there; nothing is changed then.
  absl::Status Override(absl::string_view assignment);

  const RunSpec& spec() const { return spec_; }

  // Sentences "FILE:LINE: ...", one an unknown field.
  const std::vector<std::string>& unknown_fields() const { return unknown_fields_; }

  // "FILE:LINE" of the field, or of the nearest message around it that was written; "--set PATH"
  // if an override set it.
  std::string Where(absl::string_view path) const;

 private:
  explicit SpecText(std::string file_name);

  std::string file_name_;
  RunSpec spec_;
  std::unique_ptr<google::protobuf::TextFormat::ParseInfoTree> lines_;  // not movable itself
  std::vector<std::string> unknown_fields_;
  std::vector<std::string> overridden_;  // paths
};

}  // namespace gyre::spec
