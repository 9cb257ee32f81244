"""Neck and head of a four-legged animal."""

from __future__ import annotations

import math

from flashreel.engines.animatic.actors.kinematics import TAU, between
from flashreel.engines.animatic.actors.species import Species
from flashreel.engines.animatic.colour import mix, shade_of
from flashreel.engines.animatic.pen import Joint, Pen

_NEAR, _FAR = -1, 1
_IVORY = "#f6efdc"


def draw_head(pen: Pen, species: Species, shoulder: Joint, neck_angle: float, head_angle: float, cycle: float) -> None:
    """Angles in radians above the horizontal; `cycle` moves trunk and fan ears."""
    s = species
    root = (shoulder[0] + s.chest * 0.15, shoulder[1] + s.chest * 0.2, 0.0)
    poll = (root[0] + s.neck * math.cos(neck_angle), root[1] + s.neck * math.sin(neck_angle), 0.0)
    _draw_neck(pen, s, root, poll)
    head = _Head(pen, s, poll, head_angle, cycle)
    if s.ruff is not None:
        head.ruff(s.ruff)
    head.ear(_FAR)
    if s.trunk:
        head.elephant_face()
    else:
        head.face()
    head.horns()
    head.ear(_NEAR)
    head.eye()


def _draw_neck(pen: Pen, s: Species, root: Joint, poll: Joint) -> None:
    x, y, _ = between(root, poll)
    start = (root[0] - s.chest * 0.1, root[1] - s.chest * 0.1, 0.0)
    radii = [s.chest * 0.88, (s.chest + s.head) * 0.46, s.head * 0.82]
    neck = pen.tube([start, (x, y, 0.0), poll], radii, s.coat, depth=-0.004)
    if s.belly != s.coat:
        throat = [
            (root[0] + s.chest * 0.75, root[1] - s.chest * 0.75, 0.0),
            (x + s.chest * 0.75, y - s.chest * 0.35, 0.0),
            (poll[0] + s.head * 0.8, poll[1] - s.head * 0.5, 0.0),
        ]
        pen.clip_tube(neck, throat, [s.chest * 0.55, s.chest * 0.42, s.head * 0.5], s.belly, depth=-0.005)
    if s.stripes is not None:
        for share in (0.35, 0.6, 0.85):
            sx, sy = root[0] + (poll[0] - root[0]) * share, root[1] + (poll[1] - root[1]) * share
            stripe = [(sx - s.chest * 0.5, sy + s.chest * 0.5, 0.0), (sx + s.chest * 0.1, sy - s.chest * 0.1, 0.0)]
            pen.clip_tube(neck, stripe, [s.chest * 0.12, s.chest * 0.03], s.stripes, depth=-0.0045)
    if s.spots is not None and s.neck > 1:  # a giraffe's; other necks are too short to show any
        for share in (0.2, 0.4, 0.6, 0.8):
            spot = (root[0] + (poll[0] - root[0]) * share, root[1] + (poll[1] - root[1]) * share, 0.0)
            pen.ball(spot, s.head * 0.55, s.spots, depth=-0.0045, ry=s.head * 0.42)
    if s.mane is not None:
        crest = [
            (root[0] - s.chest * 0.55, root[1] + s.chest * 0.45, 0.0),
            (x - s.chest * 0.42, y + s.chest * 0.35, 0.0),
            (poll[0] - s.head * 0.5, poll[1] + s.head * 0.9, 0.0),
            (poll[0] + s.head * 0.6, poll[1] + s.head * 0.8, 0.0),
        ]
        pen.tube(crest, [s.chest * 0.18, s.chest * 0.3, s.chest * 0.22, s.chest * 0.08], s.mane, depth=-0.005)


class _Head:
    """Draws around the poll (where neck meets skull): x along the muzzle, y up from it, in metres."""

    def __init__(self, pen: Pen, species: Species, poll: Joint, angle: float, cycle: float) -> None:
        self.pen, self.species, self.poll = pen, species, poll
        self.angle, self.cycle = angle, cycle
        self.cos, self.sin = math.cos(angle), math.sin(angle)
        self.r = species.head
        self.colour = species.face if species.face is not None else species.coat

    def at(self, along: float, up: float, z: float = 0.0) -> Joint:
        """A point of the head, in head radii."""
        a, b = along * self.r, up * self.r
        return self.poll[0] + a * self.cos - b * self.sin, self.poll[1] + a * self.sin + b * self.cos, z

    def ruff(self, colour: str) -> None:
        size = self.species.ruff_radius
        reach = size / self.r
        for k in range(11):
            a = k / 11 * TAU
            lock = self.at(-0.25 + math.cos(a) * reach * 0.62, math.sin(a) * reach * 0.66)
            self.pen.ball(lock, size * 0.5, mix(colour, "#b0672a", 0.25 * (k % 3)), depth=-0.006)
        self.pen.ball(self.at(-0.2, 0.0), size * 0.8, colour, depth=-0.0062)

    def face(self) -> None:
        s, r = self.species, self.r
        long = s.snout / r
        muzzle = [
            self.at(-0.2, 0.0),
            self.at(0.35, -0.02),
            self.at(0.8 + long * 0.35, -0.28),
            self.at(0.75 + long, -0.36),
        ]
        tip = 0.26 if s.snout > 0.08 else 0.3
        radii = [r, r * 0.95, r * 0.52 + s.snout * 0.04, r * tip]
        skull = self.pen.tube(muzzle, radii, self.colour, depth=-0.008)
        if s.belly != s.coat and s.face is None:
            cheek = [self.at(-0.5, -0.95), self.at(0.5, -0.75), self.at(0.9 + long, -0.72)]
            self.pen.clip_tube(skull, cheek, [r * 0.5, r * 0.52, r * 0.42], s.belly, depth=-0.0095)
        self.pen.ball(self.at(0.85 + long, -0.24), r * 0.17, s.nose, depth=-0.011)

    def elephant_face(self) -> None:
        s, r = self.species, self.r
        self.pen.ball(self.poll, r, s.coat, depth=-0.008)
        joints = [self.at(0.75, -0.1)]
        angle = self.angle - 0.35
        for k in range(6):
            angle += 0.06 + 0.10 * math.sin(TAU * self.cycle - k * 0.6) + (0.0 if k < 3 else 0.22)
            x, y, _ = joints[-1]
            step = s.trunk / 6
            joints.append((x + step * math.cos(angle), y + step * math.sin(angle), 0.0))
        widths = [r * k for k in (0.42, 0.36, 0.3, 0.25, 0.2, 0.17, 0.15)]
        self.pen.tube(joints, widths, s.coat, depth=-0.009)
        tusk = [self.at(0.7, -0.45), self.at(1.15, -0.75), self.at(1.75, -0.5)]
        self.pen.tube(tusk, [r * 0.12, r * 0.10, r * 0.02], _IVORY, depth=-0.011)

    def horns(self) -> None:
        s, r = self.species, self.r
        if s.horn:
            long = s.horn / r
            horn = [self.at(-0.1, 0.8), self.at(0.25, 0.8 + long * 0.6), self.at(0.1, 0.8 + long)]
            self.pen.tube(horn, [r * 0.16, r * 0.12, r * 0.03], "#e8dcc0", depth=-0.012)
        if s.antler:
            for side in (_FAR, _NEAR):
                self._antler(side, s.antler / r)

    def _antler(self, side: int, long: float) -> None:
        colour = "#8a6a48" if side == _NEAR else "#6a4f36"
        depth = side * 0.012

        def tine(*spots: tuple[float, float], radii: list[float]) -> None:
            joints = [self.at(-0.2 + a * long, 0.8 + b * long, side * self.r * 0.6) for a, b in spots]
            self.pen.tube(joints, radii, colour, depth=depth)

        tine((0.0, 0.0), (-0.25, 0.35), (-0.15, 0.75), (0.1, 1.0), radii=[0.026, 0.024, 0.018, 0.008])
        tine((-0.2, 0.3), (0.15, 0.5), radii=[0.018, 0.007])
        tine((-0.22, 0.55), (-0.5, 0.75), radii=[0.018, 0.007])
        tine((-0.15, 0.72), (0.12, 0.8), radii=[0.018, 0.007])

    def ear(self, side: int) -> None:
        s, r, pen = self.species, self.r, self.pen
        near = side == _NEAR
        colour = self.colour if near else shade_of(self.colour, 0.25)
        x = -0.25 if near else 0.0
        long = s.ear_size / r
        depth = -0.012 if near else 0.02
        if s.ear == "point":
            pen.polygon(
                [self.at(x - 0.72, 0.45), self.at(x - 0.42, 0.75 + long), self.at(x + 0.42, 0.66)], colour, depth=depth
            )
            if near:
                inside = s.ear_inside if s.ear_inside is not None else mix(colour, "#f4b8a8", 0.5)
                shell = [self.at(x - 0.42, 0.56), self.at(x - 0.32, 0.62 + long * 0.78), self.at(x + 0.18, 0.66)]
                pen.polygon(shell, inside, depth=depth - 0.001)
        elif s.ear == "flop":
            flap = [self.at(x - 0.05, 0.6), self.at(x - 0.55, 0.35), self.at(x - 0.6, -0.35)]
            pen.tube(flap, [r * 0.28, r * 0.38, r * 0.3], shade_of(self.colour, 0.2 if near else 0.3), depth=depth)
        elif s.ear in ("leaf", "long"):
            lean = (-0.5 if s.ear == "leaf" else -0.25) * long
            leaf = [self.at(x, 0.7), self.at(x + lean * 0.5, 0.7 + long * 0.5), self.at(x + lean, 0.7 + long)]
            pen.tube(leaf, [r * 0.2, r * 0.34, r * 0.08], colour, depth=depth)
        elif s.ear == "round":
            pen.ball(self.at(x - 0.2, 0.85), s.ear_size, colour, depth=depth)
        else:
            self._fan_ear(near)

    def _fan_ear(self, near: bool) -> None:
        flap = 1 + 0.08 * math.sin(TAU * self.cycle)
        fan = [
            self.at(-0.1, 0.7),
            self.at(-1.1 * flap, 0.9),
            self.at(-1.5 * flap, -0.1),
            self.at(-0.9 * flap, -1.1),
            self.at(-0.1, -0.5),
        ]
        colour = mix(self.colour, "#d0a0a0", 0.12) if near else shade_of(self.colour, 0.25)
        self.pen.polygon(fan, colour, depth=-0.02 if near else 0.3, smooth=6)

    def eye(self) -> None:
        r = self.r
        self.pen.ball(self.at(0.48, 0.22), r * 0.135, "#1c1412", depth=-0.013, flat=True, ry=r * 0.16)
        self.pen.ball(self.at(0.53, 0.29), r * 0.045, "#ffffff", depth=-0.014, flat=True)
