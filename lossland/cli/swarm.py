"""``lossland swarm``: many particles from seeded starts, in float32."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from lossland.cli import memory
from lossland.cli.options import (
    add_backend,
    add_domain,
    add_json,
    add_landscape,
    add_noise,
    add_optimizer,
    add_output,
    add_seed,
)
from lossland.cli.output import number, pair, print_json, print_table
from lossland.cli.parsing import whole
from lossland.cli.progress import Progress
from lossland.errors import UserError
from lossland.numerals import thousands

MOST_PARTICLES = 2**40  # as in compute.swarm, which is not loaded for a command's help
MOST_STEPS = 10**9
BYTES_A_PARTICLE = 240  # start, end, optimizer state and temporaries of one step, float32; in the plane
BYTES_A_NUMBER = 8  # a float32, and a temporary
MOST_DIMENSIONS = 1000  # as in landscapes.problems; BBOB functions have 40 at most

EXAMPLES = """
  lossland swarm himmelblau --optimizer adam:lr=0.05 --count 100000 --steps 300
  lossland swarm rastrigin --optimizer momentum --count 1e5 --steps 200 --json
  lossland swarm himmelblau --count 10000 --seed 7 -o ends.npz
  lossland swarm bbob:8 --dimension 10 --optimizer bfgs --count 1000 --noise 0.1
  lossland swarm task:logistic-iris --optimizer adam:lr=0.3 --count 1000"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_landscape(parser)
    add_optimizer(parser)
    parser.add_argument(
        "--count", metavar="N", type=whole(1, MOST_PARTICLES), default=10_000, help="particles (default: 10000)"
    )
    parser.add_argument(
        "--steps", metavar="K", type=whole(0, MOST_STEPS), default=500, help="steps each (default: 500)"
    )
    parser.add_argument(
        "--dimension",
        metavar="N",
        type=whole(2, MOST_DIMENSIONS),
        help="of a BBOB function, 2 to 40, or of a function of one vector in mine.py:name (default: 2; tasks: theirs)",
    )
    add_noise(parser)
    add_domain(parser)
    add_output(parser, "write start (N, 2), end (N, 2) and value (N,) to this .npz file; (N, n) in n dimensions")
    add_seed(parser)
    add_backend(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Run the swarm and print where it ended."""
    from lossland.formats.endings import check_ending

    if arguments.output:
        check_ending(arguments.output, (".npz",))

    from lossland import optimizers
    from lossland.compute.swarm import swarm
    from lossland.compute.trajectory import with_noise
    from lossland.landscapes import landscape
    from lossland.landscapes.problems import has_own_dimension, problem

    optimizer = with_noise(optimizers.optimizer(arguments.optimizer), arguments.noise)
    if has_own_dimension(arguments.landscape) or arguments.dimension not in (None, 2):
        if arguments.domain:
            raise UserError("A domain is given for two dimensions; leave out --domain or --dimension.")
        land = problem(arguments.landscape, arguments.dimension)
    else:
        land = landscape(arguments.landscape, domain=arguments.domain)
    size, dimension = BYTES_A_PARTICLE * arguments.count, len(land.names)
    if dimension > 2:
        entries = sum(dimension**order for order in optimizers.trace(type(optimizer)).remembered.values())
        size = BYTES_A_NUMBER * arguments.count * (3 * dimension + 2 * entries)
    memory.require(size, f"{thousands(arguments.count)} particles", "choose a smaller --count")
    with Progress("Descending") as progress:
        result = swarm(
            land,
            optimizer,
            count=arguments.count,
            steps=arguments.steps,
            seed=arguments.seed,
            backend=arguments.backend,
            progress=lambda share: progress(share * arguments.count, arguments.count),
        )

    if arguments.output:
        from lossland.formats.npz import write_npz

        write_npz(arguments.output, {"start": result.start, "end": result.end, "value": result.value})
    found = result.summary()
    if arguments.json:
        print_json(found)
        return
    way = "" if result.fused else ", on arrays"
    million = found["particle_steps_per_second"] / 1e6
    print(f"{arguments.count} particles, {optimizers.spec(optimizer)} on {land.title}, {arguments.steps} steps")
    print(f"{found['seconds']:.2f} s, {million:.1f} million particle-steps a second on {result.backend}{way}")
    print(f"converged {found['converged']}, diverged {found['diverged']}")
    minima = zip(result.minima.position.tolist(), found["minima"], strict=True)
    rows = [(pair(at), number(one["value"]), f"{one['share']:.1%}") for at, one in minima]
    print_table(rows, ("minimum", "value", "share"))
