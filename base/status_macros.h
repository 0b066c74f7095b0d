#pragma once

// Early returns for absl::Status and absl::StatusOr.
//
//   GYRE_RETURN_IF_ERROR(file.Sync());
//   GYRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
//
// Both work in functions that return absl::Status or absl::StatusOr<T>. A type with a comma in it
// (a map, a pair) is written `auto` on the left side.

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define GYRE_RETURN_IF_ERROR(expression)                                \
  do {                                                                  \
    if (::absl::Status gyre_status = (expression); !gyre_status.ok()) { \
      return gyre_status;                                               \
    }                                                                   \
  } while (false)

#define GYRE_ASSIGN_OR_RETURN(left, expression) \
  GYRE_ASSIGN_OR_RETURN_WITH(GYRE_JOIN(gyre_result_, __LINE__), left, expression)

#define GYRE_ASSIGN_OR_RETURN_WITH(result, left, expression) \
  auto result = (expression);                                \
  if (!result.ok()) {                                        \
    return std::move(result).status();                       \
  }                                                          \
  left = *std::move(result)

#define GYRE_JOIN(a, b) GYRE_JOIN_EXPANDED(a, b)
#define GYRE_JOIN_EXPANDED(a, b) a##b
