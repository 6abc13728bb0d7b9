// A landscape on a band of a grid: f and whatever else is asked for, in one pass. Needs ll_point, and ARRAYS and NAMES,
// the arrays as parameters and as arguments, which are printed for each landscape.

extern "C" __global__ void __launch_bounds__(256) ll_grid(
    const real* __restrict__ x,  // [across]
    const real* __restrict__ y,  // [down]
    const int across, const int down,
    ARRAYS) {  // each [down][across][width]
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const int j = blockIdx.y * blockDim.y + threadIdx.y;
  if (i < across && j < down) ll_point(x[i], y[j], (size_t)j * across + i, NAMES);
}
