#include "cli/chat/thinking_split.h"

#include <algorithm>
#include <utility>

namespace gyre::cli {
namespace {

constexpr std::string_view kOpen = "<think>";
constexpr std::string_view kClose = "</think>";

// How many bytes at the end of `text` are the beginning of `tag`, but not all of it.
size_t UnfinishedTag(std::string_view text, std::string_view tag) {
  for (size_t size = std::min(text.size(), tag.size() - 1); size > 0; --size) {
    if (text.ends_with(tag.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

ThinkingSplit::ThinkingSplit(bool begins_thinking)
    : part_(begins_thinking ? ReplyPart::kThinking : ReplyPart::kAnswer) {}

std::vector<ReplySegment> ThinkingSplit::Add(std::string_view text) {
  held_.append(text);
  if (may_open_ && !PassStart()) return {};
  if (part_ == ReplyPart::kAnswer || PassThinking()) Emit(held_.size());
  return std::exchange(segments_, {});
}

std::vector<ReplySegment> ThinkingSplit::Finish() {
  Emit(held_.size());
  return std::exchange(segments_, {});
}

bool ThinkingSplit::PassStart() {
  const size_t begin = held_.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return false;
  const std::string_view rest = std::string_view(held_).substr(begin);
  if (rest.starts_with(kOpen)) {
    held_.erase(0, begin + kOpen.size());
    part_ = ReplyPart::kThinking;
  } else if (kOpen.starts_with(rest)) {
    return false;
  }
  may_open_ = false;
  return true;
}

bool ThinkingSplit::PassThinking() {
  const size_t close = held_.find(kClose);
  if (close == std::string::npos) {
    Emit(held_.size() - UnfinishedTag(held_, kClose));
    return false;
  }
  Emit(close);
  held_.erase(0, kClose.size());
  part_ = ReplyPart::kAnswer;
  part_begun_ = false;
  line_ends_.clear();
  return true;
}

void ThinkingSplit::Emit(size_t size) {
  std::string text = std::move(line_ends_) + held_.substr(0, size);
  held_.erase(0, size);
  if (!part_begun_) text.erase(0, text.find_first_not_of("\r\n"));
  const size_t end = text.find_last_not_of("\r\n") + 1;
  line_ends_ = text.substr(end);
  text.resize(end);
  if (text.empty()) return;
  part_begun_ = true;
  has_answer_ = part_ == ReplyPart::kAnswer;
  segments_.push_back({part_, std::move(text)});
}

}  // namespace gyre::cli
