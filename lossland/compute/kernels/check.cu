// A first kernel for a device that has not computed anything yet: random words, known to the bit.

extern "C" __global__ void ll_check(
    unsigned int* __restrict__ words,  // [count][4]
    const int count, const unsigned long long seed, const unsigned int step) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Words drawn = ll_noise_words(seed, i, step);
  for (int k = 0; k < 4; ++k) words[4 * i + k] = drawn.w[k];
}
