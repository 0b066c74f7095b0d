// Element types of GGUF files. All but the floats store a row in blocks of kGgmlBlockSize weights:
//   Q8_0  f16 d, 32 × i8 q                      weight = q · d
//   Q4_0  f16 d, 16 bytes of two nibbles q      weight = d · (q - 8)
//   Q4_1  f16 d, f16 m, 16 bytes of nibbles q   weight = d · q + m
// where the low nibbles are weights 0 to 15 of the block, and the high ones 16 to 31.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gyre::weights {

inline constexpr int64_t kGgmlBlockSize = 32;

// By their numbers in the file.
enum class GgmlType : uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ8_0 = 8,
  kBF16 = 30,
};

// None: not one of these.
std::optional<GgmlType> GgmlTypeOf(uint32_t number);

// "Q4_K": also of types that are not supported, "12" of unknown ones; for errors.
std::string GgmlTypeName(uint32_t number);

// Weights that stand together: 1 or kGgmlBlockSize; and their bytes.
int64_t GgmlBlockSize(GgmlType type);
int64_t GgmlBlockBytes(GgmlType type);

// Weights as f32, the same bits as the `gguf` package gives. `bytes` holds as many whole blocks as
// make up `values`.
void Dequantize(GgmlType type, std::string_view bytes, std::span<float> values);

}  // namespace gyre::weights
