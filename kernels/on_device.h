// Marks a function that both the processor and a CUDA device run: one source, two compilations.
#pragma once

#ifdef __CUDACC__
#define GYRE_ON_DEVICE __host__ __device__
#else
#define GYRE_ON_DEVICE
#endif
