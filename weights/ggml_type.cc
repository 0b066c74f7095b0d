#include "weights/ggml_type.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "weights/half_floats.h"

namespace gyre::weights {
namespace {

uint16_t Read16(const char* bytes) {
  uint16_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

// Each reads one block.

void FromFloat32Bytes(const char* block, float* values) {
  std::memcpy(values, block, sizeof(float));
}

void FromFloat16Bytes(const char* block, float* values) { *values = FromFloat16(Read16(block)); }

void FromBFloat16Bytes(const char* block, float* values) { *values = FromBFloat16(Read16(block)); }

void FromQ8_0(const char* block, float* values) {
  const float scale = FromFloat16(Read16(block));
  for (int i = 0; i < kGgmlBlockSize; ++i) {
    values[i] = static_cast<float>(static_cast<int8_t>(block[2 + i])) * scale;
  }
}

template <typename ValueOf>
void FromNibbles(const char* nibbles, float* values, ValueOf value_of) {
  constexpr int kHalf = kGgmlBlockSize / 2;
  for (int i = 0; i < kHalf; ++i) {
    const int both = static_cast<unsigned char>(nibbles[i]);
    values[i] = value_of(both & 15);
    values[kHalf + i] = value_of(both >> 4);
  }
}

void FromQ4_0(const char* block, float* values) {
  const float scale = FromFloat16(Read16(block));
  FromNibbles(block + 2, values, [&](int q) { return scale * static_cast<float>(q - 8); });
}

void FromQ4_1(const char* block, float* values) {
  const float scale = FromFloat16(Read16(block));
  const float least = FromFloat16(Read16(block + 2));
  FromNibbles(block + 4, values, [&](int q) { return scale * static_cast<float>(q) + least; });
}

struct Traits {
  GgmlType type;
  int64_t block_size;
  int64_t block_bytes;
  void (*dequantize_block)(const char* block, float* values);
};

constexpr Traits kTraits[] = {{GgmlType::kF32, 1, 4, FromFloat32Bytes},
                              {GgmlType::kF16, 1, 2, FromFloat16Bytes},
                              {GgmlType::kBF16, 1, 2, FromBFloat16Bytes},
                              {GgmlType::kQ8_0, kGgmlBlockSize, 34, FromQ8_0},
                              {GgmlType::kQ4_0, kGgmlBlockSize, 18, FromQ4_0},
                              {GgmlType::kQ4_1, kGgmlBlockSize, 20, FromQ4_1}};

const Traits* FindTraits(uint32_t number) {
  for (const Traits& traits : kTraits) {
    if (static_cast<uint32_t>(traits.type) == number) return &traits;
  }
  return nullptr;
}

const Traits& TraitsOf(GgmlType type) {
  const Traits* traits = FindTraits(static_cast<uint32_t>(type));
  GYRE_CHECK(traits != nullptr, "every type of GgmlType has its traits");
  return *traits;
}

}  // namespace

std::optional<GgmlType> GgmlTypeOf(uint32_t number) {
  const Traits* traits = FindTraits(number);
  if (traits == nullptr) return std::nullopt;
  return traits->type;
}

std::string GgmlTypeName(uint32_t number) {
  // By number; the gaps were removed from the format.
  static constexpr const char* kNames[] = {
      "F32",     "F16",    "Q4_0",    "Q4_1",  "4",      "5",     "Q5_0",  "Q5_1",
      "Q8_0",    "Q8_1",   "Q2_K",    "Q3_K",  "Q4_K",   "Q5_K",  "Q6_K",  "Q8_K",
      "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS",
      "I8",      "I16",    "I32",     "I64",   "F64",    "IQ1_M", "BF16"};
  return number < std::size(kNames) ? kNames[number] : absl::StrCat(number);
}

int64_t GgmlBlockSize(GgmlType type) { return TraitsOf(type).block_size; }

int64_t GgmlBlockBytes(GgmlType type) { return TraitsOf(type).block_bytes; }

void Dequantize(GgmlType type, std::string_view bytes, std::span<float> values) {
  const Traits& traits = TraitsOf(type);
  const int64_t num_blocks = static_cast<int64_t>(values.size()) / traits.block_size;
  GYRE_CHECK(num_blocks * traits.block_size == static_cast<int64_t>(values.size()) &&
                 num_blocks * traits.block_bytes == static_cast<int64_t>(bytes.size()),
             "weights are converted in whole blocks");
  const char* block = bytes.data();
  float* next = values.data();
  for (int64_t i = 0; i < num_blocks; ++i) {
    traits.dequantize_block(block, next);
    block += traits.block_bytes;
    next += traits.block_size;
  }
}

}  // namespace gyre::weights
