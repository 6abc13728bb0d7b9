// A landscape on a band of a grid: f, and with PARTS 6 its gradient and Hessian from the same pass.
// Needs ll_surface and PARTS, which are printed for each landscape.

extern "C" __global__ void __launch_bounds__(256) ll_grid(
    const real* __restrict__ x,   // [across]
    const real* __restrict__ y,   // [down]
    real* __restrict__ value,     // [down][across]
    real* __restrict__ gradient,  // [down][across][2]
    real* __restrict__ hessian,   // [down][across][3]: xx, xy, yy
    const int across, const int down) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const int j = blockIdx.y * blockDim.y + threadIdx.y;
  if (i >= across || j >= down) return;
  real part[PARTS];
  ll_surface(x[i], y[j], part);
  const size_t at = (size_t)j * across + i;
  value[at] = part[0];
  if (PARTS == 6) {
    for (int p = 0; p < 2; ++p) gradient[2 * at + p] = part[1 + p];
    for (int p = 0; p < 3; ++p) hessian[3 * at + p] = part[3 + p];
  }
}
