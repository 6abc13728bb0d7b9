"""The film that shows what lossland is about, in half a minute."""

from lossland.scenery.tour import Shot, Tour

TOUR = Tour(
    name="demo",
    title="How machines learn to walk downhill",
    fade=0.9,
    shots=(
        Shot(
            scene="landscape_zoo",
            preset="morph",
            seconds=6.6,
            play=(0.0, 8.0),
            azimuth=(-78.0, -48.0),
            elevation=(34.0, 42.0),
            distance=(1.0, 0.94),
            title="A loss is a landscape",
            text="Every point is a model, and its height is how wrong that model is",
        ),
        Shot(
            scene="gradient_3d",
            preset="hills",
            seconds=6.6,
            play=(0.0, 12.0),
            azimuth=(-72.0, -50.0),
            elevation=(46.0, 38.0),
            title="The gradient points uphill",
            text="Learning takes the other way",
        ),
        Shot(
            scene="optimizer_race",
            preset="himmelblau",
            seconds=8.0,
            play=(0.0, 9.0),
            azimuth=(-74.0, -46.0),
            elevation=(36.0, 44.0),
            title="Five optimizers, one start",
            text="They know the same slopes, and remember them differently",
        ),
        Shot(
            scene="optimizer_swarm",
            preset="momentum",
            seconds=8.4,
            play=(0.0, 9.0),
            azimuth=(-70.0, -44.0),
            elevation=(50.0, 42.0),
            distance=(0.94, 1.0),
            title="Fifty thousand starts",
            text="Where one begins decides where it ends",
        ),
    ),
)
