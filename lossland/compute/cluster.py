"""Workers on other machines: a Dask cluster computes the tiles instead of this machine.

Dask schedules the tiles and repeats those whose worker is gone; no result depends on either. With each tile go the
user's own Python files and the version of lossland that it needs.
"""

from __future__ import annotations

import logging
import pickle
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from lossland import __version__, userfiles
from lossland.compute.crowds.base import limit_cores
from lossland.errors import MachineError, UserError, is_users, sentence, shown

if TYPE_CHECKING:
    from types import TracebackType

    import distributed  # pyright: ignore[reportMissingImports]

T = TypeVar("T")
R = TypeVar("R")

PATIENCE = 5.0  # seconds for a scheduler to answer
WORKERS_PATIENCE = 60.0  # seconds for a first worker to join
AHEAD = 3  # tiles submitted per thread, so that no worker waits for its next one
_TURN = threading.Lock()  # one tile at a time: each uses as many cores as the worker has threads


class DaskWorkers:
    """The workers of a Dask cluster; close it, or use it in a ``with``.

    Made by `cluster`. ``count`` is the total number of threads of the workers, as last polled.
    """

    def __init__(self, client: distributed.Client, address: str) -> None:
        self._client, self.address = client, address
        self.count = self._threads()

    def _threads(self) -> int:
        return max(1, sum(self._client.nthreads().values()))

    def run(self, function: Callable[[T], R], tiles: Sequence[T]) -> Iterator[tuple[int, R]]:
        """Yield (number of the tile, ``function(tile)``) as the results come, in any order.

        What the function raises is raised here, as UserError or MachineError; a cluster that goes away is a
        MachineError. Closing the iterator ends all work.
        """
        from concurrent.futures import CancelledError

        from distributed import as_completed  # pyright: ignore[reportMissingImports]
        from distributed.scheduler import KilledWorker  # pyright: ignore[reportMissingImports]

        # A nested function is pickled by value: the scheduler need not have lossland.
        def remote(version: str, own_files: bytes, function_and_tile: bytes) -> object:
            from lossland.compute.cluster import work

            return work(version, own_files, function_and_tile)

        own_files = pickle.dumps(userfiles.packed())
        left = iter(enumerate(tiles))
        numbers: dict[distributed.Future, int] = {}

        def submitted(some: int) -> list[distributed.Future]:
            futures = []
            for number, tile in islice(left, some):
                future = self._client.submit(remote, __version__, own_files, pickle.dumps((function, tile)), pure=False)
                numbers[future] = number
                futures.append(future)
            return futures

        try:
            coming = as_completed(submitted(AHEAD * self.count), loop=self._client.loop)
            for done, future in enumerate(coming, start=1):
                result = future.result()
                number = numbers.pop(future)
                future.release()
                if done % self.count == 0:  # workers may have joined or left
                    self.count = self._threads()
                coming.update(submitted(max(1, AHEAD * self.count - len(numbers))))
                yield number, result
        except KilledWorker:
            raise MachineError(
                "Several workers died at the same work; do they have enough memory? What is done is kept."
            ) from None
        except (CancelledError, OSError):  # from the connection: what a tile raises is a UserError or MachineError
            raise MachineError(f"The cluster at {self.address} has gone away.") from None
        finally:
            if numbers and self._client.status == "running":
                with suppress(CancelledError, OSError):  # the connection may be lost without our knowing
                    self._client.cancel(list(numbers))

    def close(self) -> None:
        """Disconnect from the cluster, which keeps running."""
        self._client.close(timeout=PATIENCE)

    def __enter__(self) -> DaskWorkers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def cluster(address: str) -> DaskWorkers:
    """Connect to the Dask scheduler at an address such as ``tcp://10.0.0.7:8786``.

    What it returns is taken as ``workers`` by `ll.basins`, `ll.sweep` and `ll.bench`. Raises MachineError where there
    is no scheduler, or none of its workers has this version of lossland.
    """
    if not isinstance(address, str) or not address.strip():
        raise UserError(
            f"A cluster is the address of its scheduler, such as tcp://10.0.0.7:8786, not {shown(address)}."
        )
    try:
        import distributed  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise MachineError(
            "A cluster needs Dask, which is not installed here: pip install lossland[cluster]."
        ) from None

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # errors are reported as MachineError
    address = address.strip()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about small version differences; those that matter are checked below
            client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, ImportError):  # nobody there; no address; a kind of address that this Dask lacks
        raise MachineError(
            f"There is no Dask scheduler at {address}: is it running, and can this machine reach it?"
        ) from None
    try:
        client.wait_for_workers(1, timeout=WORKERS_PATIENCE)
        _check_versions(client)
    except BaseException as error:
        client.close(timeout=PATIENCE)
        if isinstance(error, TimeoutError):
            raise MachineError(f"The cluster at {address} has no workers.") from None
        raise
    return DaskWorkers(client, address)


def _check_versions(client: distributed.Client) -> None:
    """Raise MachineError unless every worker has this lossland."""

    def version() -> str | None:  # nested, so pickled by value: lossland may be missing there
        try:
            import lossland
        except ImportError:
            return None
        return lossland.__version__

    for worker, found in sorted(client.run(version).items()):
        if found != __version__:
            has = "no lossland" if found is None else f"lossland {found}"
            raise MachineError(f"The worker {worker} has {has}, and this machine {__version__}: install the same.")


def work(version: str, own_files: bytes, function_and_tile: bytes) -> object:
    """Compute a tile: runs on the workers. The pickles come from the client that they serve."""
    from distributed import get_worker  # pyright: ignore[reportMissingImports]

    worker = get_worker()
    if version != __version__:  # a worker that joined later
        raise MachineError(
            f"The worker {worker.address} has lossland {__version__}, and {version} asks it: install the same."
        )
    with _TURN:
        limit_cores(worker.state.nthreads)
        try:
            userfiles.receive(pickle.loads(own_files))  # the tile may refer to them
            function, tile = pickle.loads(function_and_tile)
            return function(tile)
        except Exception as error:
            raise (UserError if is_users(error) else MachineError)(sentence(error)) from error
