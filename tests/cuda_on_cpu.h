// CUDA C++ for g++, as far as our kernels need it: threads run one after the other. Only for kernels whose threads do
// not look at each other.
#include <cmath>
#include <cstdint>
#include <cstring>

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)

struct Index {
  unsigned int x, y, z;
};
static thread_local Index threadIdx, blockIdx, blockDim;

static inline float __int_as_float(int bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
static inline double __longlong_as_double(long long bits) {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
static inline unsigned int __umulhi(unsigned int a, unsigned int b) { return (uint64_t(a) * b) >> 32; }

// sin and cos of pi times x: the reduction to [-1, 1] is exact.
static inline double sinpi(double x) { return std::sin(M_PI * std::remainder(x, 2.0)); }
static inline double cospi(double x) { return std::cos(M_PI * std::remainder(x, 2.0)); }
static inline float sinpif(float x) { return float(sinpi(double(x))); }
static inline float cospif(float x) { return float(cospi(double(x))); }

// Runs a kernel with its arguments, given as addresses; tells how many bytes each of them has.
template <class... Args>
struct Kernel {
  void (*function)(Args...);

  template <size_t... I>
  void call(void** arguments, std::index_sequence<I...>) const {
    function(*static_cast<std::remove_const_t<Args>*>(arguments[I])...);
  }

  void run(const Index& grid, const Index& block, void** arguments) const {
    blockDim = block;
    for (unsigned int by = 0; by < grid.y; ++by)
      for (unsigned int bx = 0; bx < grid.x; ++bx)
        for (unsigned int ty = 0; ty < block.y; ++ty)
          for (unsigned int tx = 0; tx < block.x; ++tx) {
            blockIdx = {bx, by, 0};
            threadIdx = {tx, ty, 0};
            call(arguments, std::index_sequence_for<Args...>{});
          }
  }

  int sizes(int* bytes) const {
    int count = 0;
    ((bytes[count++] = sizeof(Args)), ...);
    return count;
  }
};
template <class... Args>
Kernel(void (*)(Args...)) -> Kernel<Args...>;

#define EXPORT(name, function)                                                                    \
  extern "C" void run_##name(const Index* grid, const Index* block, void** arguments) {           \
    Kernel{function}.run(*grid, *block, arguments);                                               \
  }                                                                                               \
  extern "C" int sizes_##name(int* bytes) { return Kernel{function}.sizes(bytes); }
