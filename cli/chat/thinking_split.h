#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gyre::cli {

enum class ReplyPart { kThinking, kAnswer };

struct ReplySegment {
  ReplyPart part = ReplyPart::kAnswer;
  std::string text;

  bool operator==(const ReplySegment&) const = default;
};

// Parts a model's reply, as it comes, into its thinking and its answer. The thinking stands in
// front, between <think> and </think>; a tag anywhere else is text. The tags are left out, and so
// are the line ends around each part. What may yet become a tag is held back. For one reply, on one
// thread.
class ThinkingSplit {
 public:
  // `begins_thinking`: the prompt has opened the thinking already. Should the model open it once
  // more, that is left out, too.
  explicit ThinkingSplit(bool begins_thinking);

  // Pieces of any size; a character is in one piece. The segments may not be merged.
  std::vector<ReplySegment> Add(std::string_view text);
  // What was held back; nothing comes any more.
  std::vector<ReplySegment> Finish();

  // Whether anything of the answer has come out.
  bool has_answer() const { return has_answer_; }

 private:
  // Each does what it can with held_; false if more text has to come first.
  bool PassStart();
  bool PassThinking();
  // Takes held_[0, size) away and gives it out.
  void Emit(size_t size);

  bool may_open_ = true;  // nothing but white space has come
  ReplyPart part_;
  std::string held_;
  std::string line_ends_;    // behind the last segment: of no use if the part ends here
  bool part_begun_ = false;  // whether anything of part_ has come out
  bool has_answer_ = false;
  std::vector<ReplySegment> segments_;
};

}  // namespace gyre::cli
