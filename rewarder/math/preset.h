#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace gyre::rewarder::math {

// What counts as the same answer where graders differ. docs/rewards.md has the table.
struct Preset {
  bool percent_may_be_left_out = true;     // 28 for a reference of 28 %
  bool units_may_be_left_out = true;       // 5 for 5 cm, and the other way
  bool units_are_converted = true;         // 500 cm for 5 m; else two units are ignored
  bool name_may_be_left_out = true;        // 5 for x = 5, and the other way
  bool interval_may_be_inequality = true;  // -1 < x < 2 for a reference of (-1, 2)
  bool tuple_may_be_list = true;           // 1, 2 for (1, 2)
  bool lists_have_no_order = true;         // 2, 1 for a reference of 1, 2
  bool base_may_be_left_out = false;       // 204 for 204_5
  bool choice_may_have_text = true;        // (A) 12 for A
  // A decimal with at least so many significant digits stands for what rounds to it; 0: none does.
  int rounded_digits = 6;
  // Decimals are compared when rounded to so many places; -1: exactly.
  int compared_places = -1;
};

// "default", "strict", "math_verify" or "minerva"; nothing for another name.
std::optional<Preset> PresetNamed(absl::string_view name);

}  // namespace gyre::rewarder::math
