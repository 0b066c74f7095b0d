#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/json_object.h"
#include "base/status_macros.h"
#include "text/byte_level_pre_tokenizer.h"
#include "text/component_json.h"
#include "text/component_list.h"
#include "text/digits_pre_tokenizer.h"
#include "text/json_fields.h"
#include "text/regex.h"
#include "text/sequence_pre_tokenizer.h"
#include "text/split_pre_tokenizer.h"
#include "text/word_scanner.h"

namespace gyre::text {
namespace {

using nlohmann::json;

constexpr char kPreTokenizer[] = "pre_tokenizer";

absl::StatusOr<SplitBehavior> ParseBehavior(const json& split) {
  GYRE_ASSIGN_OR_RETURN(std::string name, StringField(split, "behavior", kPreTokenizer));
  if (name == "Removed") return SplitBehavior::kRemoved;
  if (name == "Isolated") return SplitBehavior::kIsolated;
  if (name == "MergedWithPrevious") return SplitBehavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::kMergedWithNext;
  if (name == "Contiguous") return SplitBehavior::kContiguous;
  return Unsupported(kPreTokenizer, absl::StrCat("behavior ", name));
}

absl::StatusOr<std::unique_ptr<TextMatcher>> ParsePattern(const json& split) {
  const json* pattern = base::FindField(split, "pattern");
  if (pattern == nullptr || !pattern->is_object() || pattern->size() != 1) {
    return WrongField(kPreTokenizer, "\"pattern\" must be {\"Regex\": …} or {\"String\": …}");
  }
  const std::string kind = pattern->begin().key();
  if (kind != "Regex" && kind != "String") {
    return Unsupported(kPreTokenizer, absl::StrCat("pattern ", kind));
  }
  GYRE_ASSIGN_OR_RETURN(std::string text, StringField(*pattern, kind.c_str(), kPreTokenizer));
  if (kind == "Regex") {
    if (std::optional<WordScanner> scanner = WordScanner::ForPattern(text)) {
      return std::make_unique<WordScanner>(*scanner);
    }
  }
  absl::StatusOr<Regex> regex =
      kind == "Regex" ? Regex::Compile(text) : Regex::CompileLiteral(text);
  if (!regex.ok()) return WrongField(kPreTokenizer, std::string(regex.status().message()));
  return std::make_unique<Regex>(*std::move(regex));
}

absl::StatusOr<std::unique_ptr<PreTokenizer>> ParseSplit(const json& split) {
  GYRE_RETURN_IF_ERROR(CheckKeys(split, {"type", "pattern", "behavior", "invert"}, kPreTokenizer));
  GYRE_ASSIGN_OR_RETURN(SplitBehavior behavior, ParseBehavior(split));
  GYRE_ASSIGN_OR_RETURN(bool invert, BoolFieldOr(split, "invert", false, kPreTokenizer));
  GYRE_ASSIGN_OR_RETURN(std::unique_ptr<TextMatcher> matcher, ParsePattern(split));
  return std::make_unique<SplitPreTokenizer>(std::move(matcher), behavior, invert);
}

absl::StatusOr<std::unique_ptr<PreTokenizer>> ParseDigits(const json& digits) {
  GYRE_RETURN_IF_ERROR(CheckKeys(digits, {"type", "individual_digits"}, kPreTokenizer));
  GYRE_ASSIGN_OR_RETURN(bool individual_digits,
                        BoolFieldOr(digits, "individual_digits", false, kPreTokenizer));
  return std::make_unique<DigitsPreTokenizer>(individual_digits);
}

absl::StatusOr<std::unique_ptr<PreTokenizer>> ParseByteLevel(const json& byte_level) {
  GYRE_RETURN_IF_ERROR(CheckKeys(
      byte_level, {"type", "add_prefix_space", "trim_offsets", "use_regex"}, kPreTokenizer));
  GYRE_ASSIGN_OR_RETURN(bool add_prefix_space,
                        BoolFieldOr(byte_level, "add_prefix_space", true, kPreTokenizer));
  GYRE_ASSIGN_OR_RETURN(bool use_regex, BoolFieldOr(byte_level, "use_regex", true, kPreTokenizer));
  return std::make_unique<ByteLevelPreTokenizer>(add_prefix_space, use_regex);
}

}  // namespace

absl::StatusOr<ParsedPreTokenizer> ParsePreTokenizer(const json* value) {
  GYRE_ASSIGN_OR_RETURN(const std::vector<Component> components,
                        ListComponents(value, "pretokenizers", kPreTokenizer));
  ParsedPreTokenizer parsed;
  std::vector<std::unique_ptr<PreTokenizer>> steps;
  for (const Component& component : components) {
    if (parsed.byte_level) {
      return Unsupported(kPreTokenizer, absl::StrCat(component.type, " behind ByteLevel"));
    }
    if (component.type == "Split") {
      GYRE_ASSIGN_OR_RETURN(steps.emplace_back(), ParseSplit(*component.value));
    } else if (component.type == "Digits") {
      GYRE_ASSIGN_OR_RETURN(steps.emplace_back(), ParseDigits(*component.value));
    } else if (component.type == "ByteLevel") {
      GYRE_ASSIGN_OR_RETURN(steps.emplace_back(), ParseByteLevel(*component.value));
      parsed.byte_level = true;
    } else {
      return Unsupported(kPreTokenizer, component.type);
    }
  }
  if (!steps.empty()) {
    parsed.pre_tokenizer = std::make_unique<SequencePreTokenizer>(std::move(steps));
  }
  return parsed;
}

}  // namespace gyre::text
