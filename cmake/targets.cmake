# One function a kind of target. Every target has the same warnings, and no target contracts a*b+c into an FMA behind
# the source's back: the kernels' bits depend on it (docs/numerics.md).
# -Wrestrict is off because GCC 12 sees overlaps in std::string's assignment of literals that cannot be (GCC bug 105651).
add_library(gyre_flags INTERFACE)
target_compile_options(gyre_flags INTERFACE -Wall -Wextra -Wno-restrict -Werror -ffp-contract=off -fno-math-errno)
target_include_directories(gyre_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
if(GYRE_SANITIZE)
  # GCC 12 warns falsely of code that the sanitizers instrument; the release build has the same warnings as errors.
  target_compile_options(gyre_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
    -Wno-error)
  target_link_options(gyre_flags INTERFACE -fsanitize=address,undefined)
endif()

# gyre_library(rpc SOURCES a.cc b.cc PUBLIC gyre::base PRIVATE gRPC::grpc++)
function(gyre_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(gyre_${name} STATIC ${arg_SOURCES})
  add_library(gyre::${name} ALIAS gyre_${name})
  target_link_libraries(gyre_${name} PUBLIC gyre_flags ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
endfunction()

# What a user runs: everything in build/bin, without tests and benchmarks.
add_custom_target(programs)

# gyre_binary(gyre-coordinator SOURCES main.cc DEPS gyre::coordinator): stands in build/bin.
function(gyre_binary name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE gyre_flags ${arg_DEPS})
  add_dependencies(programs ${name})
endfunction()

# gyre_test(ledger_test LABEL unit DEPS gyre::coordinator [SOURCES ledger_test.cc] [TIMEOUT seconds]). LABEL is one of
# unit, service, simulation, process, golden, lint.
function(gyre_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;DEPS" ${ARGN})
  if(NOT arg_SOURCES)
    set(arg_SOURCES ${name}.cc)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE gyre_flags ${arg_DEPS} GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_compile_definitions(${name} PRIVATE
    GYRE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" GYRE_BINARY_DIR="${CMAKE_BINARY_DIR}/bin")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()

# gyre_python_test(tokenizer_oracle_test LABEL golden): tests/.../NAME.py, run by the test environment's Python; ends with exit 0.
function(gyre_python_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  add_test(NAME ${name} COMMAND ${GYRE_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/${name}.py)
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "GYRE_SOURCE_DIR=${CMAKE_SOURCE_DIR};GYRE_BINARY_DIR=${CMAKE_BINARY_DIR}/bin")
endfunction()
