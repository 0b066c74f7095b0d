#include "rewarder/rules/tagged_response.h"

#include <array>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace gyre::rewarder::rules {
namespace {

constexpr std::size_t kTags = 4;
constexpr std::array<absl::string_view, kTags> kTag = {"<think>", "</think>", "<answer>",
                                                       "</answer>"};

// Where each tag stands first, and how often it is there.
struct Tags {
  std::array<std::size_t, kTags> starts = {};
  std::array<std::size_t, kTags> counts = {};
};

Tags FindTags(absl::string_view text) {
  Tags tags;
  for (std::size_t at = text.find('<'); at != absl::string_view::npos;
       at = text.find('<', at + 1)) {
    for (std::size_t tag = 0; tag < kTags; ++tag) {
      if (text.substr(at, kTag[tag].size()) != kTag[tag]) continue;
      if (tags.counts[tag]++ == 0) tags.starts[tag] = at;
    }
  }
  return tags;
}

bool IsBlank(absl::string_view text) { return absl::StripLeadingAsciiWhitespace(text).empty(); }

// Takes the end mark off the end.
uint32_t TakeEndMark(absl::string_view mark, absl::string_view& text) {
  if (mark.empty()) return 0;
  uint32_t faults = 0;
  if (absl::EndsWith(text, mark)) {
    text.remove_suffix(mark.size());
  } else {
    faults |= kNoEndMark;
  }
  if (absl::StrContains(text, mark)) faults |= kEndMarkInside;
  return faults;
}

}  // namespace

TaggedResponse ParseTaggedResponse(const Response& response) {
  TaggedResponse parsed;
  absl::string_view text = response.text;
  parsed.faults |= TakeEndMark(response.end_mark, text);
  if (response.finish_reason != STOP) parsed.faults = (parsed.faults & ~kNoEndMark) | kTruncated;
  Tags tags = FindTags(text);
  std::array<std::size_t, kTags> ends;
  for (std::size_t tag = 0; tag < kTags; ++tag) ends[tag] = tags.starts[tag] + kTag[tag].size();
  if (response.thought_is_open) {
    ++tags.counts[0];
    tags.starts[0] = ends[0] = 0;
  }
  for (std::size_t tag = 0; tag < kTags; ++tag) {
    if (tags.counts[tag] == 0) parsed.faults |= kNoThink << tag;
    if (tags.counts[tag] > 1) parsed.faults |= kManyThink << tag;
  }
  constexpr uint32_t kEachTagOnce =
      (kNoThink << kTags) - kNoThink + (kManyThink << kTags) - kManyThink;
  if ((parsed.faults & kEachTagOnce) != 0) return parsed;
  for (std::size_t tag = 0; tag + 1 < kTags; ++tag)
    if (tags.starts[tag + 1] < ends[tag]) parsed.faults |= kWrongOrder;
  if ((parsed.faults & kWrongOrder) != 0) return parsed;
  const auto between = [&](std::size_t from, std::size_t to) {
    return text.substr(from, to - from);
  };
  if (!IsBlank(between(0, tags.starts[0]))) parsed.faults |= kTextBefore;
  if (!IsBlank(between(ends[1], tags.starts[2]))) parsed.faults |= kTextBetween;
  if (!IsBlank(text.substr(ends[3]))) parsed.faults |= kTextAfter;
  parsed.thought = between(ends[0], tags.starts[1]);
  parsed.answer = between(ends[2], tags.starts[3]);
  if (IsBlank(parsed.thought)) parsed.faults |= kEmptyThought;
  if (IsBlank(parsed.answer)) parsed.faults |= kEmptyAnswer;
  return parsed;
}

std::string FaultText(uint32_t faults) {
  constexpr std::array<absl::string_view, 17> kTexts = {"truncated",
                                                        "no end mark",
                                                        "an end mark inside",
                                                        "no <think>",
                                                        "no </think>",
                                                        "no <answer>",
                                                        "no </answer>",
                                                        "more than one <think>",
                                                        "more than one </think>",
                                                        "more than one <answer>",
                                                        "more than one </answer>",
                                                        "tags in a wrong order",
                                                        "text before <think>",
                                                        "text between </think> and <answer>",
                                                        "text after </answer>",
                                                        "an empty thought",
                                                        "an empty answer"};
  std::string text;
  for (std::size_t bit = 0; bit < kTexts.size(); ++bit)
    if ((faults >> bit & 1) != 0) absl::StrAppend(&text, text.empty() ? "" : ", ", kTexts[bit]);
  return text;
}

}  // namespace gyre::rewarder::rules
