# LibTorch from the PyPI wheel that ./dev setup unpacked. find_package(Torch) of that wheel demands a CUDA toolkit, so the
# targets are made by hand: libtorch_cpu and libc10 only. The wheel carries headers of an older protobuf; with -idirafter the
# system's are found first.
set(GYRE_SITE_PACKAGES "" CACHE PATH "site-packages folder that holds torch/ and nvidia/")
if(NOT EXISTS ${GYRE_SITE_PACKAGES}/torch/lib/libtorch_cpu.so)
  message(FATAL_ERROR "GYRE_SITE_PACKAGES='${GYRE_SITE_PACKAGES}' has no torch/lib/libtorch_cpu.so; run ./dev setup, then ./dev build")
endif()
set(torch_dir ${GYRE_SITE_PACKAGES}/torch)
set(cuda_lib_dir ${GYRE_SITE_PACKAGES}/nvidia/cu13/lib)

add_library(gyre_torch INTERFACE)
add_library(gyre::torch ALIAS gyre_torch)
target_compile_options(gyre_torch INTERFACE
  "SHELL:-idirafter ${torch_dir}/include/torch/csrc/api/include" "SHELL:-idirafter ${torch_dir}/include")
target_compile_definitions(gyre_torch INTERFACE USE_DISTRIBUTED USE_C10D_GLOO)
target_link_libraries(gyre_torch INTERFACE ${torch_dir}/lib/libtorch_cpu.so ${torch_dir}/lib/libc10.so)
target_link_options(gyre_torch INTERFACE
  "LINKER:-rpath,${torch_dir}/lib:${cuda_lib_dir}" "LINKER:-rpath-link,${cuda_lib_dir}")
