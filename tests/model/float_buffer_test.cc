#include "model/float_buffer.h"

#include <cstdint>
#include <utility>

#include "gtest/gtest.h"

namespace gyre::model {
namespace {

TEST(FloatBuffer, StandsOnACacheLineAndKeepsItsMemory) {
  FloatBuffer buffer(100);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 64, 0u);
  float* const data = buffer.data();
  buffer.Reserve(50);
  EXPECT_EQ(buffer.data(), data);
  EXPECT_GE(buffer.capacity(), 100);
}

TEST(FloatBuffer, MovedFromIsEmptyAndMayBeUsedAgain) {
  FloatBuffer from(100);
  from.data()[99] = 7;
  FloatBuffer to = std::move(from);
  EXPECT_EQ(to.data()[99], 7);
  EXPECT_EQ(from.capacity(), 0);
  from.Reserve(10);
  from.data()[9] = 1;
  from = std::move(to);
  EXPECT_EQ(from.data()[99], 7);
  EXPECT_EQ(to.capacity(), 0);
}

}  // namespace
}  // namespace gyre::model
