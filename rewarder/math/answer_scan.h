#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"

namespace gyre::rewarder::math {

// Bytes [begin, end) of a text.
struct Span {
  size_t begin = 0;
  size_t end = 0;
};

// A \boxed{...}: what it holds, and all of it.
struct Box {
  Span inner;
  Span outer;
};

// The boxes of a text in order, those inside others left out; a box without its closing brace
// counts to the end of its line, when there is no other.
std::vector<Box> FindBoxes(absl::string_view text);

// What the last piece of mathematics between $, $$, \( \) or \[ \] holds, with a percent sign
// behind.
std::optional<Span> FindLastMathematics(absl::string_view text);

// The last number in plain text, with sign, fraction, percent and currency signs around it.
std::optional<Span> FindLastNumber(absl::string_view text);

// What follows the last "final answer is", or else the last "answer is" or "answer:", up to the
// end of its sentence.
struct Announcement {
  Span span;
  bool is_final = false;
};
std::optional<Announcement> FindAnnouncement(absl::string_view text);

// An option's letter that has a line for itself: "B", "(B)", "B."; the last one.
std::optional<Span> FindOptionLine(absl::string_view text);

}  // namespace gyre::rewarder::math
