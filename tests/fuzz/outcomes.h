#pragma once

#include <gtest/gtest.h>

#include "absl/status/status.h"

namespace gyre {

// Counts what became of the spoilt forms, so that a test that spoils too much or too little fails.
struct Outcomes {
  int refused = 0;
  int read = 0;

  void Add(const absl::Status& status) {
    if (status.ok()) {
      ++read;
      return;
    }
    ++refused;
    EXPECT_FALSE(status.message().empty());
    EXPECT_EQ(status.message().find('\n'), status.message().npos) << "one line: " << status;
  }
};

}  // namespace gyre
