#include "data/jsonl.h"

#include <google/protobuf/util/json_util.h>

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/file_writer.h"
#include "base/status_macros.h"
#include "data/check_message.h"

namespace gyre::data {
namespace {

absl::Status Check(const Problem& problem) { return CheckProblem(problem); }
absl::Status Check(const Example& example) { return CheckExample(example); }

absl::Status AtLine(const std::string& path, size_t line, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ":", line, ": ", what));
}

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// Calls `visit(line, number from 1)` for each line that is not blank, until it fails.
template <typename Visit>
absl::Status ForEachLine(std::string_view text, const Visit& visit) {
  size_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (IsBlank(line)) continue;
    GYRE_RETURN_IF_ERROR(visit(line, number));
  }
  return absl::OkStatus();
}

template <typename Message>
absl::StatusOr<std::vector<Message>> Read(const std::string& path) {
  GYRE_ASSIGN_OR_RETURN(const std::string text, base::ReadFile(path));
  std::vector<Message> messages;
  std::map<std::string, size_t> line_of_id;
  GYRE_RETURN_IF_ERROR(ForEachLine(text, [&](std::string_view line, size_t number) {
    Message message;
    const google::protobuf::util::Status parsed =
        google::protobuf::util::JsonStringToMessage({line.data(), line.size()}, &message);
    if (!parsed.ok()) return AtLine(path, number, parsed.message().ToString());
    if (absl::Status status = Check(message); !status.ok()) {
      return AtLine(path, number, std::string(status.message()));
    }
    if (message.id().empty()) message.set_id(absl::StrCat(path, ":", number));
    auto [earlier, is_new] = line_of_id.emplace(message.id(), number);
    if (!is_new) {
      return AtLine(path, number,
                    absl::StrCat("the id \"", message.id(), "\" stands on line ", earlier->second,
                                 " already"));
    }
    messages.push_back(std::move(message));
    return absl::OkStatus();
  }));
  if (messages.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": is empty"));
  return messages;
}

// Protobuf writes < and > as \u003c and \u003e, for HTML; here they are most of the tags.
std::string WithPlainBrackets(std::string_view json) {
  std::string plain;
  for (size_t i = 0; i < json.size();) {
    const std::string_view escape = json.substr(i, 6);
    if (escape == "\\u003c" || escape == "\\u003e") {
      plain.push_back(escape.back() == 'c' ? '<' : '>');
      i += 6;
      continue;
    }
    const size_t size = json[i] == '\\' ? 2 : 1;  // "\\" must not begin an escape with what follows
    plain.append(json.substr(i, size));
    i += size;
  }
  return plain;
}

template <typename Message>
absl::StatusOr<std::string> ToLine(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const google::protobuf::util::Status printed =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!printed.ok()) return absl::InvalidArgumentError(printed.message().ToString());
  return WithPlainBrackets(json) + "\n";
}

template <typename Message>
absl::Status Write(const std::string& path, uint64_t count,
                   const std::function<Message(uint64_t)>& make) {
  GYRE_ASSIGN_OR_RETURN(base::FileWriter file, base::FileWriter::Create(path));
  for (uint64_t i = 0; i < count; ++i) {
    const Message message = make(i);
    if (absl::Status status = Check(message); !status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", message.id(), "\" ", std::string(status.message())));
    }
    GYRE_ASSIGN_OR_RETURN(const std::string line, ToLine(message));
    GYRE_RETURN_IF_ERROR(file.Append(line));
  }
  return file.Commit();
}

}  // namespace

absl::StatusOr<std::vector<Problem>> ReadProblems(const std::string& path) {
  return Read<Problem>(path);
}
absl::StatusOr<std::vector<Example>> ReadExamples(const std::string& path) {
  return Read<Example>(path);
}
absl::Status WriteProblems(const std::string& path, const std::vector<Problem>& problems) {
  return WriteProblems(path, problems.size(), [&](uint64_t i) { return problems[i]; });
}
absl::Status WriteExamples(const std::string& path, const std::vector<Example>& examples) {
  return WriteExamples(path, examples.size(), [&](uint64_t i) { return examples[i]; });
}
absl::Status WriteProblems(const std::string& path, uint64_t count,
                           const std::function<Problem(uint64_t)>& make) {
  return Write<Problem>(path, count, make);
}
absl::Status WriteExamples(const std::string& path, uint64_t count,
                           const std::function<Example(uint64_t)>& make) {
  return Write<Example>(path, count, make);
}

}  // namespace gyre::data
