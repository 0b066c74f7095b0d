// Spoils a real file at random. Whatever comes out is refused with a reason or read with all its
// bytes in reach; the address sanitizer watches over the second half of that sentence.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "base/counter_rng.h"
#include "base/file.h"
#include "tests/weights/tiny_model.h"
#include "weights/safetensors_file.h"
#include "weights/safetensors_writer.h"

namespace gyre::weights {
namespace {

std::string RealFile() {
  const TinyWeights weights(TinyModelConfig());
  const std::string path = testing::TempDir() + "/corruption_test.safetensors";
  EXPECT_TRUE(WriteSafetensors(path, weights.tensors()).ok());
  return *base::ReadFile(path);
}

class Draws {
 public:
  explicit Draws(uint64_t iteration) : rng_({"corruption", iteration}) {}
  uint64_t Below(uint64_t n) { return rng_.Below(counter_++, n); }

 private:
  base::CounterRng rng_;
  uint64_t counter_ = 0;
};

uint64_t HeaderSize(const std::string& file) {
  uint64_t size;
  std::memcpy(&size, file.data(), sizeof(size));
  return size;
}

// One random change, most of them in the header.
void Spoil(std::string& file, Draws& draws) {
  const std::string kTokens[] = {
      "{",  "}",  "[", "]",    ",",    ":",     "\"", "0",
      "-1", "99", "1", "1e99", "null", "\\ud8", "a",  "18446744073709551615"};
  if (file.size() < 16) return;
  const uint64_t header_end = std::min<uint64_t>(8 + HeaderSize(file), file.size());
  const uint64_t at = draws.Below(header_end);
  switch (draws.Below(8)) {
    case 0:  // a bit
      file[at] = static_cast<char>(file[at] ^ (1 << draws.Below(8)));
      break;
    case 1:  // a byte
      file[at] = static_cast<char>(draws.Below(256));
      break;
    case 2:  // a digit, so that numbers stay numbers
      for (uint64_t i = at; i < header_end; ++i) {
        if (file[i] < '0' || file[i] > '9') continue;
        file[i] = static_cast<char>('0' + draws.Below(10));
        break;
      }
      break;
    case 3:  // cut off
      file.resize(draws.Below(file.size()));
      break;
    case 4:  // longer
      file.append(1 + draws.Below(9), '\0');
      break;
    case 5:  // another header size
      file[draws.Below(8)] = static_cast<char>(draws.Below(256));
      break;
    case 6:  // a piece of JSON in place of what is there
      file.replace(at, draws.Below(4), kTokens[draws.Below(std::size(kTokens))]);
      break;
    case 7: {  // a stretch of the file once more somewhere else
      const std::string stretch = file.substr(draws.Below(header_end), draws.Below(200));
      file.insert(at, stretch);
      break;
    }
  }
}

// The header size that fits what the header has become, so that the JSON is reached.
void MendHeaderSize(std::string& file, uint64_t original_data_bytes) {
  if (file.size() < 8 + original_data_bytes) return;
  const uint64_t size = file.size() - 8 - original_data_bytes;
  std::memcpy(file.data(), &size, sizeof(size));
}

TEST(SafetensorsCorruption, NoBytesReadOutsideTheFile) {
  const std::string real = RealFile();
  const uint64_t data_bytes = real.size() - 8 - HeaderSize(real);
  int num_refused = 0, num_read = 0;
  for (uint64_t iteration = 0; iteration < 20000; ++iteration) {
    Draws draws(iteration);
    std::string spoilt = real;
    const uint64_t num_changes = 1 + draws.Below(3);
    for (uint64_t i = 0; i < num_changes; ++i) Spoil(spoilt, draws);
    if (draws.Below(2) == 0) MendHeaderSize(spoilt, data_bytes);
    // On the heap without slack, so that a byte too far is seen.
    const std::unique_ptr<char[]> exact(new char[spoilt.size()]);
    std::memcpy(exact.get(), spoilt.data(), spoilt.size());
    absl::StatusOr<SafetensorsContent> content = ParseSafetensors({exact.get(), spoilt.size()});
    if (!content.ok()) {
      EXPECT_FALSE(content.status().message().empty());
      ++num_refused;
      continue;
    }
    ++num_read;
    volatile char sink = 0;
    uint64_t total = 0;
    for (const TensorView& tensor : content->tensors) {
      for (char byte : tensor.bytes) sink = static_cast<char>(sink ^ byte);
      total += tensor.bytes.size();
    }
    EXPECT_LE(total, spoilt.size());
  }
  EXPECT_GT(num_refused, 10000);
  EXPECT_GT(num_read, 100) << "changes of names and of padding are harmless";
}

TEST(SafetensorsCorruption, EveryLengthOfACutFileIsRefused) {
  const std::string real = RealFile();
  const std::string path = testing::TempDir() + "/corruption_test_cut.safetensors";
  for (size_t size = 0; size < real.size(); size += size < 2000 ? 97 : 997) {
    ASSERT_TRUE(base::WriteFileAtomically(path, real.substr(0, size)).ok());
    EXPECT_EQ(SafetensorsFile::Open(path).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace gyre::weights
