#include "rewarder/math/preset.h"

namespace gyre::rewarder::math {

std::optional<Preset> PresetNamed(absl::string_view name) {
  Preset preset;
  if (name == "default") return preset;
  if (name == "strict") {
    preset.percent_may_be_left_out = false;
    preset.units_may_be_left_out = false;
    preset.name_may_be_left_out = false;
    preset.interval_may_be_inequality = false;
    preset.tuple_may_be_list = false;
    preset.lists_have_no_order = false;
    preset.choice_may_have_text = false;
    preset.rounded_digits = 0;
    return preset;
  }
  if (name == "math_verify") {
    preset.percent_may_be_left_out = false;
    preset.units_are_converted = false;
    preset.compared_places = 6;
    return preset;
  }
  if (name == "minerva") {
    preset.units_are_converted = false;
    preset.interval_may_be_inequality = false;
    preset.lists_have_no_order = false;
    preset.base_may_be_left_out = true;
    return preset;
  }
  return std::nullopt;
}

}  // namespace gyre::rewarder::math
