# CUDA from PyPI's wheels that ./dev build cuda unpacked: nvcc, the runtime and cuBLAS, without an installed toolkit. The
# compiler is called by hand, since CMake's own CUDA language looks for a toolkit's folders.
set(GYRE_SITE_PACKAGES "" CACHE PATH "site-packages folder that holds torch/ and nvidia/")
set(GYRE_CUDA_ARCHITECTURES 80 90 CACHE STRING "Compute capabilities to compile for; the last one's PTX serves later GPUs")
set(cuda_dir ${GYRE_SITE_PACKAGES}/nvidia/cu13)
foreach(part bin/nvcc nvvm/bin/cicc include/cublas_v2.h lib/libcudart.so.13 lib/libcublas.so.13)
  if(NOT EXISTS ${cuda_dir}/${part})
    message(FATAL_ERROR "GYRE_SITE_PACKAGES='${GYRE_SITE_PACKAGES}' has no nvidia/cu13/${part}; run ./dev build cuda")
  endif()
endforeach()

add_library(gyre_cuda_toolkit INTERFACE)
add_library(gyre::cuda_toolkit ALIAS gyre_cuda_toolkit)
target_include_directories(gyre_cuda_toolkit SYSTEM INTERFACE ${cuda_dir}/include)
target_link_libraries(gyre_cuda_toolkit INTERFACE ${cuda_dir}/lib/libcudart.so.13 ${cuda_dir}/lib/libcublas.so.13)
target_link_options(gyre_cuda_toolkit INTERFACE "LINKER:-rpath,${cuda_dir}/lib" "LINKER:-rpath-link,${cuda_dir}/lib")

# What nvcc may not do to the bodies' arithmetic is what g++ may not: fuse a*b+c. Division and square root are IEEE
# operations by default.
set(cuda_flags -std=c++20 -O3 -fmad=false -Werror all-warnings -Xcompiler=-Wall,-Wextra,-Werror,-fPIC,-ffp-contract=off)
foreach(architecture ${GYRE_CUDA_ARCHITECTURES})
  list(APPEND cuda_flags -gencode arch=compute_${architecture},code=sm_${architecture})
endforeach()
list(GET GYRE_CUDA_ARCHITECTURES -1 newest)
list(APPEND cuda_flags -gencode arch=compute_${newest},code=compute_${newest})

# gyre_cuda_sources(gyre_kernels_cuda a.cu b.cu)
function(gyre_cuda_sources target)
  foreach(source ${ARGN})
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${source}.o)
    add_custom_command(OUTPUT ${object} DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source} DEPFILE ${object}.d
      COMMAND ${cuda_dir}/bin/nvcc ${cuda_flags} -I${CMAKE_SOURCE_DIR} -I${cuda_dir}/include -MD -MF ${object}.d
              -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
      COMMENT "Building CUDA object ${source}" VERBATIM)
    target_sources(${target} PRIVATE ${object})
    set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  endforeach()
endfunction()
