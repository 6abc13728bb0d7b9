// Philox4x32-10 (Salmon et al. 2011): four random words from a counter. The same words as lossland.compute.philox.

struct Words {
  unsigned int w[4];
};

__device__ __forceinline__ Words ll_philox(Words c, unsigned int key0, unsigned int key1) {
#pragma unroll
  for (int round = 0; round < 10; ++round) {
    const unsigned int high0 = __umulhi(0xD2511F53u, c.w[0]), low0 = 0xD2511F53u * c.w[0];
    const unsigned int high1 = __umulhi(0xCD9E8D57u, c.w[2]), low1 = 0xCD9E8D57u * c.w[2];
    c = {{high1 ^ c.w[1] ^ key0, low1, high0 ^ c.w[3] ^ key1, low0}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return c;
}

// The words of one particle at one step; the last word of the counter is the purpose, 1 for noise.
__device__ __forceinline__ Words ll_noise_words(unsigned long long seed, unsigned long long particle, unsigned int step) {
  const Words counter = {{(unsigned int)particle, (unsigned int)(particle >> 32), step, 1u}};
  return ll_philox(counter, (unsigned int)seed, (unsigned int)(seed >> 32));
}

// Two standard normal draws (Box & Muller 1958). In double, whatever real is: so that they are those of the arrays.
__device__ __forceinline__ void ll_normal(const Words& words, real (&draw)[2]) {
  const double cell = 1.0 / 4294967296.0;  // a word is the middle of its cell when (0, 1) is cut into 2^32 cells
  const double radius = sqrt(-2.0 * log((words.w[0] + 0.5) * cell));
  const double half_turns = 2.0 * ((words.w[1] + 0.5) * cell);
  draw[0] = real(radius * cospi(half_turns));
  draw[1] = real(radius * sinpi(half_turns));
}
