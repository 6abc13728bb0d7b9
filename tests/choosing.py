"""Rules that choose by a sign or a comparison, or divide by what may vanish: there rounding turns a choice at times."""

CHOOSING = {
    "signsgd", "clipped_descent", "novograd", "prodigy", "shampoo", "armijo", "bfgs", "barzilai_borwein",
    "cauchy_step", "conjugate_gradient", "adopt", "optimistic_descent",
    "cautious_lion", "damped_newton", "saddle_free_newton", "polyak_step",
}  # fmt: skip
