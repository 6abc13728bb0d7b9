// Moves particles by many steps of one rule. One thread has one particle and keeps its rows in registers throughout.
// Arrays are structures of arrays, [row][particle]: neighbouring threads read and write neighbouring numbers.
// Needs ll_step, ROWS, COLUMNS, NOISY, WATCH and TIMED, which are printed for each landscape and rule. A TIMED kernel
// notes when f first passed each of a falling list of levels; who has passed the last one stays there.

struct Bounds {
  real x0, x1, y0, y1;
};

__device__ __forceinline__ bool ll_within(real x, real y, const Bounds& bounds) {  // nan is not
  return x > bounds.x0 && x < bounds.x1 && y > bounds.y0 && y < bounds.y1;
}

__device__ __forceinline__ bool ll_near(real x, real y, const real* __restrict__ minima, int count) {
  bool near = false;
  for (int m = 0; m < count; ++m) {
    const real dx = x - minima[3 * m], dy = y - minima[3 * m + 1];
    near = near || dx * dx + dy * dy < minima[3 * m + 2];
  }
  return near;
}

// Room for two blocks on a multiprocessor leaves 128 registers. Without that number the compiler saves more of them
// than it should, for sm_100 until it spills.
extern "C" __global__ void __launch_bounds__(256, 2) ll_swarm(
    real* __restrict__ state,         // [ROWS][count]: x, y, and what the rule remembers along x and y
    real* __restrict__ watch,         // [2][count], with WATCH: since which step at a minimum; at which step lost; or -1
                                      // [3 + minima_count][count], with TIMED: the level to pass next, the lowest f, at
                                      // which step lost; then after which step each level was passed, or -1
    const real* __restrict__ table,   // [steps][COLUMNS]: what is the same for all particles
    const real* __restrict__ minima,  // [minima_count][3], with WATCH: x, y, square of the radius that counts as there
                                      // [minima_count] and -inf behind them, with TIMED: the levels
    real* __restrict__ trail,         // [steps / every][2][count]: x and y after each ``every`` steps
    const int count, const int steps, const int every,  // every 0: no trail
    const int minima_count, const int done,             // done: steps taken before this launch
    const real x0, const real x1, const real y0, const real y1,  // a particle that leaves them is lost, and stays there
    const unsigned long long seed, const unsigned long long first) {  // first: the number of particle 0
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= (unsigned int)count) return;
  const Bounds bounds = {x0, x1, y0, y1};
  real row[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; ++r) row[r] = state[(size_t)r * count + i];
  real settled = -1, lost = -1, level = 0, best = 0;
  if (TIMED) level = watch[i], best = watch[(size_t)count + i], lost = watch[2 * (size_t)count + i];
  if (WATCH) settled = watch[i], lost = watch[(size_t)count + i];
  int due = every;
  real* frame = trail + i;

  // Not unrolled: else the compiler might fuse a multiply and an add of two neighbouring steps, and results would
  // depend on how many steps a launch takes.
#pragma unroll 1
  for (int k = 0; k < steps; ++k) {
    const int t = done + k + 1;
    if (ll_within(row[0], row[1], bounds) && (!TIMED || level > -LL_INF)) {
      real draw[2] = {0, 0}, value = 0;
      const real x = row[0], y = row[1];
      if (NOISY) ll_normal(ll_noise_words(seed, first + i, t), draw);
      ll_step(row, table + (size_t)k * COLUMNS, draw, value);
      if (TIMED && value < best) best = value;
      if (TIMED && value <= level) {
        int passed = 1;
        while (passed < minima_count && value <= minima[passed]) ++passed;
        watch[(size_t)(2 + passed) * count + i] = t - 1;
        level = minima[passed];
        if (passed == minima_count) row[0] = x, row[1] = y;
      }
    }
    if (WATCH) {
      settled = !ll_near(row[0], row[1], minima, minima_count) ? real(-1) : settled < 0 ? real(t) : settled;
    }
    if ((WATCH || TIMED) && lost < 0 && !ll_within(row[0], row[1], bounds)) lost = t;
    if (--due == 0) {
      frame[0] = row[0];
      frame[count] = row[1];
      frame += 2 * (size_t)count;
      due = every;
    }
  }

#pragma unroll
  for (int r = 0; r < ROWS; ++r) state[(size_t)r * count + i] = row[r];
  if (WATCH) watch[i] = settled, watch[(size_t)count + i] = lost;
  if (TIMED) watch[i] = level, watch[(size_t)count + i] = best, watch[2 * (size_t)count + i] = lost;
}
