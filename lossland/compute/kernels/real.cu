// Functions that CUDA's library has not, or has with another meaning. As in lossland.expression.

__device__ __forceinline__ real ll_sign(real a) { return a != a ? a : real(a > 0) - real(a < 0); }

// nan if one is nan; the first if they are equal
__device__ __forceinline__ real ll_min(real a, real b) { return a <= b || a != a ? a : b; }
__device__ __forceinline__ real ll_max(real a, real b) { return a >= b || a != a ? a : b; }

// with the sign of b; nan where a / b, or what is taken away, is infinite
__device__ __forceinline__ real ll_mod(real a, real b) {
  const real whole = b * floor(a / b);
  return fabs(whole) < LL_INF ? a - whole : LL_NAN;
}
