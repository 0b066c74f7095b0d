#pragma once

// Random numbers as a pure function of (key, counter): no state, so a draw does not depend on what
// was drawn before, on batching, order or process. The generator is Philox4x32-10 of Salmon,
// Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11.

#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace gyre::base {

using Uint32x4 = std::array<std::uint32_t, 4>;

// Ten rounds of Philox over a 128-bit counter (word 0 the lowest) under a 64-bit key (low word
// first).
constexpr Uint32x4 Philox4x32(Uint32x4 counter, std::uint64_t key) {
  std::uint32_t key_0 = static_cast<std::uint32_t>(key);
  std::uint32_t key_1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product_0 = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t product_1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(product_1 >> 32) ^ counter[1] ^ key_0,
               static_cast<std::uint32_t>(product_1),
               static_cast<std::uint32_t>(product_0 >> 32) ^ counter[3] ^ key_1,
               static_cast<std::uint32_t>(product_0)};
    key_0 += 0x9E3779B9;
    key_1 += 0xBB67AE85;
  }
  return counter;
}

// A bijection that scatters the bits: the output function of SplitMix64 (Steele, Lea and Flood,
// OOPSLA'14; constants of Stafford's variant 13).
constexpr std::uint64_t ScatterBits(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
  return bits ^ (bits >> 31);
}

// One part of a key: an integer or enumerator (by value, a negative one by its two's complement),
// or a string (by a hash of its bytes that is the same on every machine).
class RngKeyPart {
 public:
  template <typename T>
  requires(std::integral<T> || std::is_enum_v<T>) constexpr RngKeyPart(
      T value)  // NOLINT: implicit, for {seed, "train", slot}
      : bits_(static_cast<std::uint64_t>(value)) {}
  constexpr RngKeyPart(std::string_view text) : bits_(14695981039346656037u) {  // NOLINT: FNV-1a
    for (const char c : text) bits_ = (bits_ ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  constexpr RngKeyPart(const char* text) : RngKeyPart(std::string_view(text)) {}  // NOLINT
  RngKeyPart(const std::string& text) : RngKeyPart(std::string_view(text)) {}     // NOLINT

  constexpr std::uint64_t bits() const { return bits_; }

 private:
  std::uint64_t bits_;
};

// Draws under one key, such as CounterRng({run_seed, stage, "train", slot, attempt, sample}), at
// counters that the caller chooses, such as the position of a token. Order and number of the parts
// matter. All methods are pure: each one, called at the same counter, reads the same 128 random
// bits, so give different purposes different keys or counters.
class CounterRng {
 public:
  constexpr explicit CounterRng(std::initializer_list<RngKeyPart> parts)
      : key_(ScatterBits(kGolden + parts.size())) {
    for (const RngKeyPart& part : parts) {
      key_ = ScatterBits(key_ + kGolden + ScatterBits(part.bits() + kGolden));
    }
  }

  constexpr Uint32x4 At(std::uint64_t counter) const { return At(counter, 0); }
  // With a second counter, for draws that need two coordinates.
  constexpr Uint32x4 At(std::uint64_t counter, std::uint64_t second) const {
    return Philox4x32(
        {static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32),
         static_cast<std::uint32_t>(second), static_cast<std::uint32_t>(second >> 32)},
        key_);
  }

  // A multiple of 2^-24 in [0, 1).
  constexpr float Uniform(std::uint64_t counter) const {
    return static_cast<float>(At(counter)[0] >> 8) * 0x1p-24f;
  }
  // A multiple of 2^-53 in [0, 1).
  constexpr double UniformDouble(std::uint64_t counter) const {
    return static_cast<double>(Bits64(counter) >> 11) * 0x1p-53;
  }
  // In [0, n), n > 0. Each value's probability is off 1/n by less than 2^-64.
  constexpr std::uint64_t Below(std::uint64_t counter, std::uint64_t n) const {
    __extension__ using Uint128 = unsigned __int128;
    return static_cast<std::uint64_t>((Uint128{Bits64(counter)} * n) >> 64);
  }

  constexpr std::uint64_t key() const { return key_; }

 private:
  static constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio, odd

  constexpr std::uint64_t Bits64(std::uint64_t counter) const {
    const Uint32x4 words = At(counter);
    return words[0] | std::uint64_t{words[1]} << 32;
  }

  std::uint64_t key_;
};

}  // namespace gyre::base
