"""Arrows: each is an element."""

from __future__ import annotations

import numpy as np

from lossland.numerals import pair, short
from lossland.pointing.description import Description, Setting, worth_of
from lossland.pointing.distances import Distances, Sight, to_segments
from lossland.pointing.picker import Picked, Picker, picks
from lossland.world.layers import Arrows


@picks(Arrows)
class ArrowsPicker(Picker[Arrows]):
    """An arrow's number is its index."""

    def distances(self, layer: Arrows, sight: Sight) -> Distances:
        """Measure the arrows from tail to tip."""
        return to_segments(layer.tail, layer.tip, sight)

    def describe(self, layer: Arrows, picked: Picked, setting: Setting) -> Description:
        """Describe the arrow's worth, else its components and length; on a ground, the value at its tail."""
        ends = np.stack([np.asarray(end, float)[picked.element] for end in (layer.tail, layer.tip)])
        color = layer.color if isinstance(layer.color, str) else layer.color[picked.element]
        along = (ends[1] - ends[0])[: 2 if setting.flat else 3]
        length = f"{pair(along)}, length {short(float(np.linalg.norm(along)))}"
        in_world = setting.ground is None and setting.units is None
        lines = worth_of(layer, picked.element) or ((length,) if in_world else setting.lines_at(ends[0]))
        return Description(layer.name or "Arrow", lines, color, np.array(picked.position), outlines=(ends,))
