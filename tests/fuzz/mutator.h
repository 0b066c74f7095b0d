// Spoils bytes at random, always in the same way for the same number: what a fuzzer does, without
// one. A test feeds a reader with some thousand spoilt forms of a sound file; the sanitizers' build
// sees whether anything is read or written out of bounds.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/counter_rng.h"

namespace gyre {

class Mutator {
 public:
  // `words` are put in place of what is there: the tokens of the format.
  Mutator(std::string_view target, uint64_t number, const std::vector<std::string>& words)
      : rng_({"mutator", std::string(target), number}), words_(words) {}

  uint64_t Below(uint64_t n) { return rng_.Below(counter_++, n); }

  // One to four changes, most of them in the first `header_bytes`.
  std::string Spoil(std::string bytes, size_t header_bytes) {
    const uint64_t num_changes = 1 + Below(4);
    for (uint64_t i = 0; i < num_changes; ++i) {
      const size_t reach = Below(8) == 0 ? bytes.size() : std::min(header_bytes, bytes.size());
      if (reach > 0) Change(bytes, Below(reach));
    }
    return bytes;
  }

 private:
  void Change(std::string& bytes, size_t at) {
    switch (Below(8)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << Below(8)));
        return;
      case 1:
        bytes[at] = static_cast<char>(Below(256));
        return;
      case 2:
        bytes.resize(Below(bytes.size()));
        return;
      case 3: {  // a stretch once more somewhere else
        const std::string stretch = bytes.substr(Below(bytes.size()), Below(100));
        bytes.insert(at, stretch);
        return;
      }
      case 4:
        bytes.erase(at, 1 + Below(16));
        return;
      case 5: {  // a number of 4 bytes
        const uint32_t number = static_cast<uint32_t>(EdgeNumber());
        bytes.replace(at, sizeof(number), reinterpret_cast<const char*>(&number), sizeof(number));
        return;
      }
      case 6: {  // of 8
        const uint64_t number = EdgeNumber();
        bytes.replace(at, sizeof(number), reinterpret_cast<const char*>(&number), sizeof(number));
        return;
      }
      default:
        if (words_.empty()) return;
        bytes.replace(at, Below(12), words_[Below(words_.size())]);
        return;
    }
  }

  // Around the powers of two, where sums and products overflow.
  uint64_t EdgeNumber() {
    const uint64_t power = uint64_t{1} << Below(64);
    switch (Below(4)) {
      case 0:
        return power;
      case 1:
        return power - 1;
      case 2:
        return -power;
      default:
        return Below(64);
    }
  }

  base::CounterRng rng_;
  uint64_t counter_ = 0;
  const std::vector<std::string>& words_;
};

// Bytes on the heap without slack, so that the address sanitizer sees a byte too far.
class ExactBytes {
 public:
  explicit ExactBytes(std::string_view bytes) : size_(bytes.size()), copy_(new char[size_]) {
    std::memcpy(copy_.get(), bytes.data(), size_);
  }
  std::string_view view() const { return {copy_.get(), size_}; }

 private:
  size_t size_;
  std::unique_ptr<char[]> copy_;
};

}  // namespace gyre
