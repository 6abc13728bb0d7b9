"""Named colour maps, as equally spaced stops for `theme.color_map`, which interpolates them smoothly.

Source: Matplotlib 3.11, whose maps viridis, plasma, inferno and magma (Smith and van der Walt, 2015), cividis (Nuñez,
Anderton and Renslow, 2018), turbo (Mikhailov, 2019) and coolwarm (Moreland, 2009) are free to use. The interpolated
colours differ from the tables there by at most 10 of 255 levels, and by 2 on average.
"""

from __future__ import annotations

from lossland.errors import UserError, nearest

_MAPS = {
    "viridis": "440154 48186A 472D7B 424086 3B528B 33638D 2C728E 26818E 21908C 1F9F88 28AE80 3EBC74 5DC963 82D34C"
    " ABDC32 D5E21A FDE725",
    "plasma": "0D0887 310596 4C02A1 6600A7 7E03A8 9511A2 A92396 BB3587 CB4778 D9596A E66C5C F07F4F F89441 FDAB33"
    " FDC328 F9DD25 F0F921",
    "inferno": "000004 0B0724 210C4A 3C0965 57106D 70196E 89226A A32B61 BB3755 D14644 E35932 F1711E F98D0A FCAB0F"
    " F9CA32 F2E865 FCFFA4",
    "magma": "000004 0A0822 1D1146 36106A 50127C 691C81 822681 9C2E7F B63779 CF4170 E65163 F5695C FB8761 FEA571"
    " FEC387 FDE0A2 FCFDBF",
    "cividis": "00224E 002E6A 1A386F 32436D 434E6C 52596D 61656F 6F7073 7C7B78 8B8778 9B9376 ABA072 BBAD6C CCBA64"
    " DDC958 EFD748 FEE838",
    "turbo": "30123B 4040A1 466BE3 4293FF 29BBEC 18DCC3 31F299 6BFD64 A3FD3C CCED34 EDD03A FDAE35 FB8022 EC520F"
    " D23105 AC1701 7A0403",
    "coolwarm": "3B4CC0 4D68D7 6282EA 779AF7 8DB0FE A3C2FE B8D0F9 CCD9EE DDDDDD ECD3C5 F4C4AD F7B194 F49A7B EC7F63"
    " DE604D CB3E38 B40426",
    "gray": "000000 101010 202020 303030 404040 505050 606060 707070 808080 8F8F8F 9F9F9F AFAFAF BFBFBF CFCFCF"
    " DFDFDF EFEFEF FFFFFF",
}
NAMES = tuple(_MAPS)
REVERSED = "_r"


def stops(name: str) -> tuple[tuple[float, str], ...]:
    """Return the (position, ``"#RRGGBB"``) stops of a map from low to high; ``viridis_r`` runs the other way."""
    plain = str(name).removesuffix(REVERSED)
    if plain not in _MAPS:
        raise UserError(
            f"There is no colour map {name!r}.{nearest(str(name), NAMES)} Maps: {', '.join(NAMES)}, each also "
            f"backwards, as {NAMES[0]}{REVERSED}."
        )
    colors = _MAPS[plain].split()
    if plain != name:
        colors.reverse()
    return tuple((k / (len(colors) - 1), f"#{color}") for k, color in enumerate(colors))
