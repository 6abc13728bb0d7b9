/* The limit: the benchmark's swarms and grids written by hand in C, and loops that measure what the processor can do.

   A swarm goes in chunks of CHUNK particles whose state stays in the first-level cache while they take all their steps;
   the inner loop runs over particles, so that the compiler can put them side by side into vector registers. What is
   the same for all particles, such as 1 / (1 - beta^t), is computed once a step. There are no checks for particles that
   leave. Compiled twice: -O3 -march=native -fopenmp -fno-math-errno, and with -ffast-math, which lets GCC use vector sin,
   cos and exp, and approximate quotients and roots. */

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#define CHUNK 512
#define TAU 6.28318530717958647692f

/* GCC joins the sine and the cosine of one angle into sincosf, of which there is no vector version. */
#ifdef __FAST_MATH__
#define COSINE(angle) sinf((angle) + 0.25f * TAU)
#else
#define COSINE(angle) cosf(angle)
#endif

/* ------------------------------------------------------------------------------------------------- landscapes */

#define ROSENBROCK(x, y, gx, gy)                                                                                       \
    float a = (y) - (x) * (x), gx = -2.0f * (1.0f - (x)) - 400.0f * (x) * a, gy = 200.0f * a
#define ROSENBROCK_VALUE(x, y) ((1.0f - (x)) * (1.0f - (x)) + 100.0f * a * a)

#define RASTRIGIN(x, y, gx, gy)                                                                                        \
    float gx = 2.0f * (x) + 10.0f * TAU * sinf(TAU * (x)), gy = 2.0f * (y) + 10.0f * TAU * sinf(TAU * (y))
#define RASTRIGIN_VALUE(x, y) (20.0f + (x) * (x) - 10.0f * COSINE(TAU * (x)) + (y) * (y) - 10.0f * COSINE(TAU * (y)))

#define ACKLEY(x, y, gx, gy)                                                                                           \
    float r = sqrtf(0.5f * ((x) * (x) + (y) * (y))), far = 20.0f * expf(-0.2f * r), slope = 0.1f * far / r;            \
    float ripple = expf(0.5f * (COSINE(TAU * (x)) + COSINE(TAU * (y))));                                                   \
    float gx = slope * (x) + 0.5f * TAU * sinf(TAU * (x)) * ripple;                                                    \
    float gy = slope * (y) + 0.5f * TAU * sinf(TAU * (y)) * ripple
#define ACKLEY_VALUE(x, y) (-far - ripple + 22.71828182845904523536f)

/* ------------------------------------------------------------------------------------------------------ swarms */

#define CHUNKS(n) _Pragma("omp parallel for schedule(static)") for (int64_t c = 0; c < (n); c += CHUNK)
#define PARTICLES _Pragma("omp simd") for (int i = 0; i < size; i++)

/* x, y and the memory (v, w, s, t) have n entries each; the memory starts at zero and only exists within a chunk. */
#define SWARMS(name, GRADIENT)                                                                                         \
    void name##_gradient_descent(int64_t n, float *x, float *y, int steps, float lr) {                                 \
        CHUNKS(n) {                                                                                                    \
            int size = n - c < CHUNK ? (int)(n - c) : CHUNK;                                                           \
            float px[CHUNK], py[CHUNK];                                                                                \
            memcpy(px, x + c, size * sizeof *x), memcpy(py, y + c, size * sizeof *y);                                  \
            for (int t = 1; t <= steps; t++)                                                                           \
                PARTICLES {                                                                                            \
                    GRADIENT(px[i], py[i], gx, gy);                                                                    \
                    px[i] -= lr * gx, py[i] -= lr * gy;                                                                \
                }                                                                                                      \
            memcpy(x + c, px, size * sizeof *x), memcpy(y + c, py, size * sizeof *y);                                  \
        }                                                                                                              \
    }                                                                                                                  \
    void name##_momentum(int64_t n, float *x, float *y, int steps, float lr, float mu) {                               \
        CHUNKS(n) {                                                                                                    \
            int size = n - c < CHUNK ? (int)(n - c) : CHUNK;                                                           \
            float px[CHUNK], py[CHUNK], vx[CHUNK] = {0}, vy[CHUNK] = {0};                                              \
            memcpy(px, x + c, size * sizeof *x), memcpy(py, y + c, size * sizeof *y);                                  \
            for (int t = 1; t <= steps; t++)                                                                           \
                PARTICLES {                                                                                            \
                    GRADIENT(px[i], py[i], gx, gy);                                                                    \
                    vx[i] = mu * vx[i] + gx, vy[i] = mu * vy[i] + gy;                                                  \
                    px[i] -= lr * vx[i], py[i] -= lr * vy[i];                                                          \
                }                                                                                                      \
            memcpy(x + c, px, size * sizeof *x), memcpy(y + c, py, size * sizeof *y);                                  \
        }                                                                                                              \
    }                                                                                                                  \
    void name##_adam(int64_t n, float *x, float *y, int steps, float lr, float beta1, float beta2, float eps) {        \
        CHUNKS(n) {                                                                                                    \
            int size = n - c < CHUNK ? (int)(n - c) : CHUNK;                                                           \
            float px[CHUNK], py[CHUNK], mx[CHUNK] = {0}, my[CHUNK] = {0}, vx[CHUNK] = {0}, vy[CHUNK] = {0};            \
            memcpy(px, x + c, size * sizeof *x), memcpy(py, y + c, size * sizeof *y);                                  \
            double power1 = 1, power2 = 1;                                                                             \
            for (int t = 1; t <= steps; t++) {                                                                         \
                power1 *= beta1, power2 *= beta2;                                                                      \
                const float rate = (float)(lr / (1 - power1)), scale = (float)(1 / (1 - power2));                      \
                const float left1 = 1 - beta1, left2 = 1 - beta2;                                                      \
                PARTICLES {                                                                                            \
                    GRADIENT(px[i], py[i], gx, gy);                                                                    \
                    mx[i] = beta1 * mx[i] + left1 * gx, my[i] = beta1 * my[i] + left1 * gy;                            \
                    vx[i] = beta2 * vx[i] + left2 * gx * gx, vy[i] = beta2 * vy[i] + left2 * gy * gy;                  \
                    px[i] -= rate * mx[i] / (sqrtf(scale * vx[i]) + eps);                                              \
                    py[i] -= rate * my[i] / (sqrtf(scale * vy[i]) + eps);                                              \
                }                                                                                                      \
            }                                                                                                          \
            memcpy(x + c, px, size * sizeof *x), memcpy(y + c, py, size * sizeof *y);                                  \
        }                                                                                                              \
    }

SWARMS(rosenbrock, ROSENBROCK)
SWARMS(rastrigin, RASTRIGIN)
SWARMS(ackley, ACKLEY)

/* ------------------------------------------------------------------------------------------------------- grids */

/* value (n, n) and gradient (n, n, 2) at the points of x (n,) by y (n,) */
#define GRID(name, GRADIENT, VALUE)                                                                                    \
    void name##_grid(int64_t n, const float *x, const float *y, float *value, float *gradient) {                       \
        _Pragma("omp parallel for schedule(static)") for (int64_t row = 0; row < n; row++) {                           \
            float *v = value + row * n, *g = gradient + 2 * row * n;                                                   \
            const float here = y[row];                                                                                 \
            _Pragma("omp simd") for (int64_t i = 0; i < n; i++) {                                                      \
                GRADIENT(x[i], here, gx, gy);                                                                          \
                v[i] = VALUE(x[i], here), g[2 * i] = gx, g[2 * i + 1] = gy;                                            \
            }                                                                                                          \
        }                                                                                                              \
    }

GRID(rosenbrock, ROSENBROCK, ROSENBROCK_VALUE)
GRID(rastrigin, RASTRIGIN, RASTRIGIN_VALUE)
GRID(ackley, ACKLEY, ACKLEY_VALUE)

/* ------------------------------------------------------------- what the processor can do, on all cores together */

#define LANES 256 /* enough independent numbers to keep every unit busy, few enough for the registers' neighbours */

#define PEAK(name, EXPRESSION)                                                                                         \
    float name(int64_t rounds) {                                                                                       \
        float total = 0;                                                                                               \
        _Pragma("omp parallel reduction(+ : total)") {                                                                 \
            float a[LANES];                                                                                            \
            for (int i = 0; i < LANES; i++) a[i] = 1.0f + 1e-3f * i;                                                   \
            for (int64_t k = 0; k < rounds; k++) {                                                                     \
                _Pragma("omp simd") for (int i = 0; i < LANES; i++) a[i] = (EXPRESSION);                               \
                __asm__ volatile("" ::"r"(a) : "memory");                                                              \
            }                                                                                                          \
            for (int i = 0; i < LANES; i++) total += a[i];                                                             \
        }                                                                                                              \
        return total;                                                                                                  \
    }

PEAK(peak_divide, 1.0f / a[i])
PEAK(peak_root, sqrtf(a[i]))

/* Twelve vectors in registers: two multiply-and-add units need eight in flight. */
#ifdef __AVX512F__
#define WIDTH 16
#else
#define WIDTH 8
#endif
typedef float Vector __attribute__((vector_size(4 * WIDTH)));

int width(void) { return WIDTH; }

float peak_fma(int64_t rounds) {
    float total = 0;
#pragma omp parallel reduction(+ : total)
    {
        Vector a[12], factor, term;
        for (int i = 0; i < WIDTH; i++) factor[i] = 0.999f, term[i] = 1e-3f;
        for (int k = 0; k < 12; k++) a[k] = factor * (float)k;
        for (int64_t r = 0; r < rounds; r++) {
#pragma GCC unroll 12
            for (int k = 0; k < 12; k++) a[k] = a[k] * factor + term;
        }
        for (int k = 0; k < 12; k++)
            for (int i = 0; i < WIDTH; i++) total += a[k][i];
    }
    return total;
}

/* a = b + s c over n numbers in each thread's own arrays: out of the first-level cache for n = 2048, out of memory for
   n in the millions. The arrays of all threads lie one after the other in a, b, c. */
void triad(int64_t n, int64_t rounds, float *a, const float *b, const float *c) {
#pragma omp parallel
    {
        int64_t first = 0;
#ifdef _OPENMP
        first = omp_get_thread_num() * n;
#endif
        float *restrict to = a + first;
        const float *restrict from = b + first, *restrict with = c + first;
        for (int64_t r = 0; r < rounds; r++) {
#pragma omp simd
            for (int64_t i = 0; i < n; i++) to[i] = from[i] + 0.5f * with[i];
            __asm__ volatile("" ::: "memory");
        }
    }
}

int threads(void) {
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}
