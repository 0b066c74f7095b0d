#include "weights/safetensors_header.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "weights/quoted.h"

namespace gyre::weights {
namespace {

using nlohmann::json;

constexpr char kMetadata[] = "__metadata__";

// Takes the JSON event by event, so that repeated keys are seen and depth and memory stay bounded.
// Each method returns false, with error() set, at the first event that the format does not have.
class HeaderReader : public nlohmann::json_sax<json> {
 public:
  SafetensorsHeader TakeHeader() { return std::move(header_); }
  const std::string& error() const { return error_; }

  bool null() override { return Unexpected("null"); }
  bool boolean(bool) override { return Unexpected("true or false"); }
  bool number_integer(number_integer_t) override { return Unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    return Unexpected("a number that is not a whole one of 64 bits");
  }
  bool binary(binary_t&) override { return Unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::kShape) {
      entry_.shape.push_back(value);
    } else if (place_ == Place::kOffsets && num_offsets_ < 2) {
      (num_offsets_ == 0 ? entry_.begin : entry_.end) = value;
      ++num_offsets_;
    } else {
      return Unexpected("a number");
    }
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::kMetadata) {
      header_.metadata.emplace(key_, value);
    } else if (place_ == Place::kEntry && key_ == "dtype") {
      entry_.dtype = value;
    } else {
      return Unexpected("text");
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::kOutside) {
      place_ = Place::kTop;
    } else if (place_ == Place::kTop) {
      place_ = key_ == kMetadata ? Place::kMetadata : Place::kEntry;
      keys_of_entry_.clear();
      entry_ = TensorEntryHeader();
      entry_.name = key_;
    } else {
      return Unexpected("an object");
    }
    return true;
  }

  bool key(string_t& value) override {
    std::set<std::string>& keys = place_ == Place::kTop ? keys_of_top_ : keys_of_entry_;
    if (!keys.insert(value).second) return Fail(absl::StrCat("the key ", Quoted(value), " twice"));
    if (place_ == Place::kEntry && value != "dtype" && value != "shape" &&
        value != "data_offsets") {
      return Fail(absl::StrCat("the unknown key ", Quoted(value)));
    }
    key_ = value;
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kEntry) {
      if (keys_of_entry_.size() != 3) return Fail("no dtype, shape or data_offsets");
      header_.tensors.push_back(std::move(entry_));
      place_ = Place::kTop;
    } else {
      place_ = place_ == Place::kMetadata ? Place::kTop : Place::kOutside;
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::kEntry || key_ == "dtype") return Unexpected("a list");
    place_ = key_ == "shape" ? Place::kShape : Place::kOffsets;
    num_offsets_ = 0;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::kOffsets && num_offsets_ != 2) {
      return Fail("data_offsets that are not two numbers");
    }
    place_ = Place::kEntry;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    error_ = absl::StrCat("the header is not valid JSON at its byte ", position);
    return false;
  }

 private:
  enum class Place { kOutside, kTop, kMetadata, kEntry, kShape, kOffsets };

  bool Unexpected(const std::string& what) {
    const bool in_list = place_ == Place::kShape || place_ == Place::kOffsets;
    if (place_ == Place::kEntry || place_ == Place::kMetadata || in_list) {
      return Fail(absl::StrCat(what, " in ", Quoted(key_)));
    }
    return Fail(absl::StrCat(what, " where a tensor should stand"));
  }

  bool Fail(const std::string& what) {
    const bool in_entry =
        place_ == Place::kEntry || place_ == Place::kShape || place_ == Place::kOffsets;
    const std::string where =
        in_entry ? absl::StrCat("tensor ", Quoted(entry_.name))
                 : std::string(place_ == Place::kMetadata ? kMetadata : "the header");
    error_ = absl::StrCat(where, " has ", what);
    return false;
  }

  SafetensorsHeader header_;
  std::string error_;
  Place place_ = Place::kOutside;
  std::string key_;
  TensorEntryHeader entry_;
  int num_offsets_ = 0;
  std::set<std::string> keys_of_top_;
  std::set<std::string> keys_of_entry_;
};

}  // namespace

absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(std::string_view text) {
  if (text.empty() || text.front() != '{') {
    return absl::InvalidArgumentError("the header does not begin with '{'; not a safetensors file");
  }
  HeaderReader reader;
  if (!json::sax_parse(text.begin(), text.end(), &reader)) {
    return absl::InvalidArgumentError(reader.error());
  }
  return reader.TakeHeader();
}

}  // namespace gyre::weights
