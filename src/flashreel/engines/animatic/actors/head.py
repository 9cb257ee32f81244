"""A head in profile, and the helmet of a space suit."""

from __future__ import annotations

import math

from flashreel.engines.animatic.actors.wardrobe import Person
from flashreel.engines.animatic.colour import Colour, mix, shade_of
from flashreel.engines.animatic.pen import Joint, Pen

_Spot = tuple[float, float]


class _Head:
    """Draws in head radii: x forward and y up from the centre of a head that nods."""

    def __init__(self, pen: Pen, person: Person, centre: Joint, nod: float, flutter: float) -> None:
        self.pen = pen
        self.person = person
        self.r = person.build.head
        self.centre = centre
        self.cos, self.sin = math.cos(nod), math.sin(nod)
        self.flutter = flutter

    def at(self, forward: float, up: float) -> Joint:
        x, y, z = self.centre
        return x + (forward * self.cos - up * self.sin) * self.r, y + (forward * self.sin + up * self.cos) * self.r, z

    def tube(
        self,
        spots: list[_Spot],
        radii: list[float],
        colour: Colour,
        *,
        flat: bool = False,
        lit: float = 0.22,
        dark: float = 0.34,
    ) -> None:
        joints = [self.at(*spot) for spot in spots]
        self.pen.tube(joints, [radius * self.r for radius in radii], colour, flat=flat, lit=lit, dark=dark)

    def dot(self, spot: _Spot, radius: float, colour: Colour, *, high: float | None = None, alpha: float = 1.0) -> None:
        ry = None if high is None else high * self.r
        self.pen.ball(self.at(*spot), radius * self.r, colour, ry=ry, flat=True, alpha=alpha)

    def draw(self) -> None:
        self.back_hair()
        self.face()
        self.hair()
        self.ear()
        if self.person.beard is not None:
            self.tube(
                [(-0.1, -0.45), (0.15, -0.85), (0.65, -0.85), (0.8, -0.6)], [0.16, 0.34, 0.3, 0.1], self.person.beard
            )
        hats = {
            "cap": self.cap,
            "helmet": self.helmet,
            "crown": self.crown,
            "pointed": self.pointed_hat,
            "toque": self.toque,
            "helm": self.helm,
            "straw": self.straw_hat,
        }
        if self.person.hat is not None:
            hats[self.person.hat]()

    def back_hair(self) -> None:
        hair, wave = self.person.hair, self.flutter
        if self.person.hair_style == "long":
            strand = [(-0.4, 0.3), (-0.95, -0.5 + wave * 0.2), (-1.3, -1.4 + wave * 0.5), (-1.7, -1.9 + wave * 0.9)]
            self.tube(strand, [0.55, 0.5, 0.34, 0.05], shade_of(hair, 0.1))
        elif self.person.hair_style == "pony":
            tail = [(-0.8, 0.45), (-1.3, 0.35 + wave * 0.2), (-1.75, -0.2 + wave * 0.5), (-1.95, -0.8 + wave * 0.8)]
            self.tube(tail, [0.22, 0.34, 0.28, 0.04], hair)

    def face(self) -> None:
        skin, r = self.person.skin, self.r
        self.tube([(-0.22, -0.6), (-0.34, -1.45)], [0.42, 0.48], shade_of(skin, 0.25), lit=0.05)  # neck
        self.pen.ball(self.centre, r, skin, ry=r * 1.04, lit=0.12, dark=0.22)
        self.tube([(0.05, -0.62), (0.5, -0.62)], [0.42, 0.33], skin, lit=0.0, dark=0.18)  # jaw
        self.pen.ball(self.at(1.02, -0.10), 0.15 * r, skin, lit=0.25, dark=0.1)  # nose
        self.dot((0.5, -0.34), 0.22, mix(skin, "#ff4a3a", 0.5), alpha=0.40)  # cheek
        self.dot((0.60, 0.10), 0.125, "#2a1c18", high=0.185)
        self.dot((0.645, 0.17), 0.045, "#ffffff")
        self.tube([(0.44, 0.42), (0.76, 0.43)], [0.05, 0.035], shade_of(self.person.hair, 0.1), flat=True)  # brow
        self.tube([(0.52, -0.58), (0.70, -0.60), (0.86, -0.48)], [0.03, 0.04, 0.03], "#8c3a2e", flat=True)  # mouth

    def hair(self) -> None:
        if self.person.hair_style == "bald":
            return
        hair, wave = self.person.hair, self.flutter
        crown = [(0.62, 0.66), (0.15, 0.82), (-0.5, 0.6), (-0.80, 0.02), (-0.62, -0.48)]
        self.tube(crown, [0.18, 0.38, 0.48, 0.36, 0.16], hair)
        if self.person.hat is None:
            fringe = [(0.75, 0.62), (0.3, 1.02), (-0.4, 1.02 + wave * 0.1), (-0.95, 0.85 + wave * 0.25)]
            self.tube(fringe, [0.12, 0.2, 0.2, 0.03], hair)

    def ear(self) -> None:
        skin = self.person.skin
        self.pen.ball(self.at(-0.14, -0.12), 0.2 * self.r, mix(skin, "#c0583a", 0.2))
        self.dot((-0.12, -0.12), 0.1, mix(skin, "#a04028", 0.45))

    def cap(self) -> None:
        colour = self.person.hat_colour
        self.tube([(0.72, 0.50), (0.3, 0.78), (-0.4, 0.74), (-0.84, 0.36)], [0.16, 0.40, 0.42, 0.2], colour)
        self.tube([(0.62, 0.48), (1.1, 0.46), (1.5, 0.36)], [0.11, 0.10, 0.05], shade_of(colour, 0.25))

    def helmet(self) -> None:
        colour = self.person.hat_colour
        self.tube([(0.8, 0.5), (0.35, 0.82), (-0.4, 0.8), (-0.92, 0.24)], [0.2, 0.44, 0.46, 0.26], colour)
        for rib in (-0.45, 0.0, 0.4):
            self.tube([(rib, 0.78), (rib - 0.1, 1.12)], [0.05, 0.04], shade_of(colour, 0.5), flat=True)

    def crown(self) -> None:
        colour = self.person.hat_colour
        spots = [(-0.8, 0.5), (-0.95, 1.3), (-0.5, 0.95), (-0.1, 1.45), (0.3, 0.98), (0.75, 1.35), (0.72, 0.55)]
        self.pen.polygon([self.at(*spot) for spot in spots], colour, lit=0.35, dark=0.4)
        for forward, up in ((-0.92, 1.3), (-0.1, 1.46), (0.73, 1.36)):
            self.dot((forward, up), 0.11, "#d8323a")

    def pointed_hat(self) -> None:
        colour = self.person.hat_colour
        sway = 0.12 * self.flutter
        cone = [(-0.85, 0.5), (-0.6, 1.3), (-0.75 + sway, 2.3), (-0.2 + sway, 2.0), (0.2, 1.3), (0.75, 0.55)]
        self.pen.polygon([self.at(*spot) for spot in cone], colour, smooth=3, lit=0.3, dark=0.4)
        self.tube([(-1.35, 0.42), (0.0, 0.62), (1.25, 0.44)], [0.06, 0.13, 0.06], shade_of(colour, 0.25))
        for forward, up in ((-0.4, 1.0), (0.1, 1.25), (-0.45, 1.65)):
            self.dot((forward, up), 0.08, "#f2d060")

    def toque(self) -> None:
        colour = self.person.hat_colour
        for forward in (-0.6, 0.45, -0.1):
            self.pen.ball(self.at(forward, 1.25), 0.5 * self.r, colour)
        self.tube([(-0.75, 0.6), (-0.05, 0.72), (0.68, 0.62)], [0.22, 0.24, 0.2], shade_of(colour, 0.08))

    def helm(self) -> None:
        colour = self.person.hat_colour
        shell = [(0.95, -0.75), (1.12, 0.1), (0.7, 0.85), (0.0, 1.15), (-0.8, 0.8), (-1.05, 0.0), (-0.7, -0.8)]
        self.pen.polygon([self.at(*spot) for spot in shell], colour, smooth=4, lit=0.4, dark=0.45)
        self.tube([(0.35, 0.16), (1.05, 0.14)], [0.07, 0.07], "#17181c", flat=True)
        for up in (-0.2, -0.42):
            self.tube([(0.55, up), (0.95, up)], [0.04, 0.04], shade_of(colour, 0.55), flat=True)
        wave = 0.15 * self.flutter
        plume = [(0.0, 1.1), (-0.5, 1.55), (-1.2, 1.35 + wave), (-1.7, 0.7 + wave)]
        self.tube(plume, [0.08, 0.24, 0.24, 0.05], "#c8242e")

    def straw_hat(self) -> None:
        colour = self.person.hat_colour
        self.tube([(0.5, 0.75), (-0.05, 0.95), (-0.6, 0.75)], [0.28, 0.38, 0.28], colour)
        self.tube([(0.62, 0.58), (-0.1, 0.68), (-0.72, 0.56)], [0.09, 0.1, 0.09], "#9c4a2a")
        self.tube([(1.4, 0.4), (-0.05, 0.58), (-1.45, 0.36)], [0.07, 0.12, 0.07], shade_of(colour, 0.12))


def draw_head(
    pen: Pen, person: Person, centre: Joint, *, nod: float = 0.0, flutter: float = 0.0, depth: float = -0.01
) -> None:
    """`nod` is in radians, positive up; `flutter` (-1 to 1) moves long hair; `depth` as in `Pen`."""
    with pen.group(depth + centre[2]):
        if person.suit:
            _draw_dome(pen, person.build.head, centre)
        else:
            _Head(pen, person, centre, nod, flutter).draw()


def _draw_dome(pen: Pen, r: float, centre: Joint) -> None:
    """The helmet of a space suit; nothing of the head inside shows."""
    x, y, z = centre
    y -= 0.2 * r
    pen.tube([(x - 0.3 * r, y - 1.3 * r, z), (x - 0.2 * r, y - 0.6 * r, z)], [0.9 * r, 1.0 * r], "#c9ced6")
    pen.ball((x, y, z), r * 1.62, "#f2f4f8", lit=0.3, dark=0.4)
    pen.ball((x + r * 0.42, y, z), r * 1.11, "#e8a53a", ry=r * 1.01, lit=0.45, dark=0.55)
    pen.ball((x + r * 0.62, y + r * 0.38, z), r * 0.22, "#fff6dc", flat=True, alpha=0.8)
