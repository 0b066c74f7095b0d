#pragma once

#include <string>

namespace gyre::cli {

// A line on standard error that is written over while work goes on, if standard error is a
// terminal; otherwise nothing is shown. For one thread.
class ProgressLine {
 public:
  ProgressLine();

  bool is_terminal() const { return is_terminal_; }
  void Show(const std::string& text) const;
  // Takes the line away, so that what follows begins a line of its own.
  void Clear() const;

 private:
  const bool is_terminal_;
};

}  // namespace gyre::cli
