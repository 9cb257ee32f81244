"""Draws any animal of the species table in a gait."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from flashreel.engines.animatic.actors.kinematics import TAU, foot_path, two_bone
from flashreel.engines.animatic.actors.quadruped_head import draw_head
from flashreel.engines.animatic.actors.species import Species
from flashreel.engines.animatic.colour import shade_of
from flashreel.engines.animatic.pen import Joint, Pen

GaitName = Literal["stand", "walk", "trot", "gallop"]

_NEAR, _FAR = -1, 1


@dataclass(frozen=True, slots=True)
class Gait:
    """Foot phases (near fore, far fore, near hind, far hind), the share of the cycle a foot stands, and sizes
    relative to the leg: bounce of the body, bend of the spine, lift of a foot, length of a stride."""

    phases: tuple[float, float, float, float]
    stance: float
    bounce: float
    spine: float
    lift: float
    stride: float
    leaps: bool = False


GAITS: Final[dict[GaitName, Gait]] = {
    "stand": Gait((0.0, 0.0, 0.0, 0.0), stance=1.0, bounce=0.0, spine=0.0, lift=0.0, stride=0.0),
    "walk": Gait((0.0, 0.5, 0.75, 0.25), stance=0.62, bounce=0.012, spine=0.0, lift=0.22, stride=0.72),
    "trot": Gait((0.0, 0.5, 0.5, 0.0), stance=0.45, bounce=0.035, spine=0.02, lift=0.35, stride=0.85),
    "gallop": Gait((0.0, 0.1, 0.52, 0.62), 0.30, bounce=0.06, spine=0.16, lift=0.55, stride=1.15, leaps=True),
}

#: How far the shoulder blade or the hip swings along with its foot.
_SWING: Final = 0.4

_HORN: Final = "#3a322e"

#: Multiples of this, modulo 1, are spread evenly and never line up.
_GOLDEN: Final = 0.6180339887

#: How far each kind of tail is carried up, in radians from straight back.
_CARRIAGE: Final = {"brush": 0.12, "curl": 1.3, "whip": 0.9, "hair": -0.5, "stub": 0.2, "puff": 0.3, "tuft": 0.1}


def gait_speed(species: Species, gait: GaitName, hertz: float) -> float:
    """Metres a second at which no standing foot slides, at so many strides a second."""
    g = GAITS[gait]
    return species.leg * g.stride * species.reach * hertz / g.stance


def bounce(species: Species, gait: GaitName, cycle: float) -> float:
    """How far the body is above its mean height at this moment, in metres."""
    g = GAITS[gait]
    return g.bounce * species.leg * 2 * math.sin(TAU * (cycle * (1 if g.leaps else 2)) + 0.6)


def back_height(species: Species, gait: GaitName, cycle: float) -> float:
    """The height of the middle of the back, where a rider sits."""
    return species.leg + species.rump * 0.35 + species.waist * 0.9 + bounce(species, gait, cycle)


class Quadruped:
    """One pose of one animal. `cycle` counts strides; the pose repeats with whole numbers."""

    def __init__(self, pen: Pen, species: Species, gait: GaitName, cycle: float, look: float) -> None:
        self.pen, self.species, self.gait = pen, species, GAITS[gait]
        self.cycle = cycle
        s, g = species, self.gait
        self.rise = bounce(species, gait, cycle)
        self.beat = 1 if g.leaps else 2
        self.pitch = g.bounce * (1.6 if g.leaps else 0.3) * math.sin(TAU * cycle + 2.2)
        self.flex = g.spine * math.sin(TAU * cycle - 0.4)
        self.look = look
        self.back = s.leg + s.rump * 0.35 + self.rise
        hip_x = -s.length / 2 + self.flex * s.length * 0.25
        shoulder_x = s.length / 2 - self.flex * s.length * 0.18
        self.hip: Joint = (hip_x, self.back + self.pitch * hip_x, 0.0)
        self.shoulder: Joint = (shoulder_x, self.back + self.pitch * shoulder_x + 0.01, 0.0)
        arch = abs(self.flex) * s.length * 0.28 * (1.0 if self.flex > 0 else -0.4)
        self.middle: Joint = (0.0, self.back + s.waist * 0.12 + arch, 0.0)

    def draw(self) -> None:
        near_fore, far_fore, near_hind, far_hind = self.gait.phases
        self._draw_fore_leg(_NEAR, near_fore)
        self._draw_fore_leg(_FAR, far_fore)
        self._draw_hind_leg(_NEAR, near_hind)
        self._draw_hind_leg(_FAR, far_hind)
        self._draw_tail()
        self._draw_trunk()
        neck_angle = (
            math.radians(self.species.neck_angle)
            + self.pitch * 0.8
            - self.flex * 0.5
            + 0.05 * math.sin(TAU * self.cycle * self.beat + 1)
            + self.look
        )
        head_angle = (
            -math.radians(self.species.head_angle) + self.pitch * 0.4 + 0.05 * math.sin(TAU * self.cycle * self.beat)
        )
        draw_head(self.pen, self.species, self.shoulder, neck_angle, head_angle, self.cycle)

    # -- legs

    def _foot(self, phase: float) -> tuple[float, float]:
        s, g = self.species, self.gait
        return foot_path(self.cycle + phase, g.stance, s.leg * g.stride * s.reach, s.leg * g.lift * 0.6)

    def foot(self, fore: bool, phase: float) -> Joint:
        """Where a foot (of the middle plane) is in its cycle. It is planted by the animal's middle, whatever the spine
        above it does."""
        s, g = self.species, self.gait
        dx, dy = foot_path(self.cycle + phase, g.stance, s.leg * g.stride * s.reach, s.leg * g.lift * 0.6)
        at = (s.length / 2 + 0.02 * s.length) if fore else (-s.length / 2 - 0.03 * s.length)
        return at + dx, dy, 0.0

    def _draw_fore_leg(self, side: int, phase: float) -> None:
        s = self.species
        z = side * s.chest * 0.55
        x, y, _ = self.foot(True, phase)
        swing = _SWING * (x - s.length / 2)
        top = (self.shoulder[0] - 0.02 * s.length + swing, self.shoulder[1] - s.chest * 0.25, z)
        lifted = min(1.0, y / (0.2 * s.leg))
        ankle = (x - (0.02 + 0.14 * lifted) * s.leg, y + 0.20 * s.leg, z)
        straight = s.leg + s.rump * 0.35 + 0.01 - s.chest * 0.25 - 0.20 * s.leg
        knee = two_bone(top, ankle, straight * 0.52 * s.slack, straight * 0.50 * s.slack, -1.0 + 2 * s.hoofed)
        self._draw_leg(side, top, (knee[0], knee[1], z), ankle, (x, y, z), s.leg_radius * 1.7)

    def _draw_hind_leg(self, side: int, phase: float) -> None:
        s = self.species
        z = side * s.chest * 0.55
        x, y, _ = self.foot(False, phase)
        swing = _SWING * (x + s.length / 2)
        top = (self.hip[0] + 0.03 * s.length + swing, self.hip[1] - s.rump * 0.25, z)
        lifted = min(1.0, y / (0.2 * s.leg))
        ankle = (x - (0.12 * s.slack - 0.02 + 0.06 * lifted) * s.leg, y + 0.28 * s.leg, z)
        straight = s.leg + s.rump * 0.35 - s.rump * 0.25 - 0.28 * s.leg
        knee = two_bone(top, ankle, straight * 0.5565 * s.slack, straight * 0.525 * s.slack, 1.0)
        self._draw_leg(side, top, (knee[0], knee[1], z), ankle, (x, y, z), s.leg_radius * (2.2 if s.taper < 1 else 1.5))

    def _draw_leg(self, side: int, top: Joint, knee: Joint, ankle: Joint, foot: Joint, thigh: float) -> None:
        s, r = self.species, self.species.leg_radius
        coat, sock = (s.coat, s.sock) if side == _NEAR else (shade_of(s.coat, 0.2), shade_of(s.sock, 0.2))
        depth = side * 0.05
        end = r * s.taper
        heel = (foot[0], foot[1] + end * 0.75, foot[2])
        toe = (foot[0] + (end * 0.3 if s.hoofed or s.taper >= 1 else r * 1.1), foot[1] + end * 0.65, foot[2])
        radii = [thigh, r * 1.25, end * 1.13, end, end * 0.8]
        self.pen.tube([top, knee, ankle, heel, toe], radii, coat, depth=depth, lit=0.02, dark=0.22)
        if s.sock != s.coat:
            shin = ((knee[0] + ankle[0]) / 2, (knee[1] + ankle[1]) / 2, ankle[2])
            widths = [end * 1.18, end * 1.2, end * 1.06, end * 0.86]
            self.pen.tube([shin, ankle, heel, toe], widths, sock, depth=depth - 0.003, lit=0.02, dark=0.22)
        if s.hoofed:
            x, y, z = foot
            hoof = [(x - end, y, z), (x - end * 0.9, y + end * 1.4, z), (x + end * 1.1, y + end * 1.4, z),
                    (x + end * 1.7, y, z)]  # fmt: skip
            self.pen.polygon(hoof, _HORN, depth=depth - 0.004)

    # -- trunk and tail

    def _draw_tail(self) -> None:
        s, pen, r = self.species, self.pen, self.species.tail_radius
        root = (self.hip[0] - s.rump * 0.85, self.hip[1] + s.rump * 0.35, 0.0)
        if s.tail == "puff":
            pen.ball(root, r, s.tip, depth=0.01)
            return
        up = _CARRIAGE[s.tail]
        angle = math.pi - up * 0.5
        joints: list[Joint] = [root]
        for k in range(1, 5):
            sway = 0.22 * math.sin(TAU * self.cycle - k * 1.1)
            angle += up * (-0.22 if s.tail in ("curl", "whip") else 0.1) + sway * (0.5 if self.gait.leaps else 0.3)
            x, y, _ = joints[-1]
            step = s.tail_length / 4
            joints.append((x + step * math.cos(angle), y + step * math.sin(angle), 0.0))
        if s.tail in ("brush", "hair"):
            colour = s.mane if s.tail == "hair" and s.mane is not None else s.coat
            radii = [r * 0.45, r * 0.95, r * 1.15, r * 0.85, r * 0.12]
            brush = pen.tube(joints, radii, colour, depth=0.01, caps=(True, False))
            if s.tail == "brush":
                (ax, ay, _), (bx, by, _) = joints[2], joints[3]
                pen.clip_tube(
                    brush, [((ax + 2 * bx) / 3, (ay + 2 * by) / 3, 0.0), joints[4]], [r * 0.9, r], s.tip, depth=0.008
                )
            return
        pen.tube(joints, [r * 1.1, r, r * 0.9, r * 0.8, r * 0.55], s.coat, depth=0.01)
        if s.tail == "tuft":
            pen.ball(joints[-1], r * 2.2, s.tip, depth=0.009)

    def _draw_trunk(self) -> None:
        s, pen = self.species, self.pen
        (hx, hy, _), (sx, sy, _) = self.hip, self.shoulder
        spine: list[Joint] = [
            (hx - s.rump * 0.45, hy + s.rump * 0.05, 0.0),
            (hx + s.rump * 0.35, hy + s.rump * 0.05, 0.0),
            self.middle,
            (sx - s.chest * 0.25, sy + s.chest * 0.02, 0.0),
            (sx + s.chest * 0.45, sy + s.chest * 0.18, 0.0),
        ]
        radii = [s.rump * 0.82, s.rump, s.waist, s.chest, s.chest * 0.78]
        trunk = pen.tube(spine, radii, s.coat)
        if s.belly != s.coat:
            line = [
                (x, y - r * 1.05, 0.0)
                for (x, y, _), r in zip(spine[1:], (s.rump, s.waist, s.chest, s.chest * 0.6), strict=True)
            ]
            widths = [s.rump * 0.35, s.waist * 0.4, s.chest * 0.62, s.chest * 0.6]
            pen.clip_tube(trunk, line, widths, s.belly, depth=-0.002)
        if s.patch is not None:
            for u, v, r in ((-0.3, 0.1, 0.2), (0.12, 0.16, 0.16), (0.38, -0.1, 0.15), (-0.05, -0.2, 0.1)):
                x, y = u * s.length, self.back + v * 0.6
                pen.clip_tube(trunk, [(x, y, 0.0), (x + 0.08, y - 0.08, 0.0)], [r, r * 0.9], s.patch, depth=-0.003)
        if s.stripes is not None:
            for k in range(7):
                x = (k / 6 - 0.5) * (s.length + s.rump * 0.6)
                y = self.back + self.pitch * x
                stripe = [(x, y + s.chest * 1.2, 0.0), (x - 0.03, y, 0.0), (x + 0.04, y - s.chest * 0.7, 0.0)]
                width = s.chest * 0.13
                pen.clip_tube(trunk, stripe, [width, width * 0.8, width * 0.2], s.stripes, depth=-0.003)
        if s.spots is not None:
            self._draw_spots(s.spots)
        if s.wool:
            for k in range(9):
                a = k / 8 * math.pi
                x = self.middle[0] - math.cos(a) * s.length * 0.55
                curl = (x, self.back + 0.05 + math.sin(a) * s.chest * 0.62, 0.0)
                pen.ball(curl, s.chest * 0.48, s.coat, depth=-0.001, dark=0.2)

    def _draw_spots(self, colour: str) -> None:
        s = self.species
        for k in range(18):
            along, across = k * _GOLDEN % 1.0 - 0.5, k * _GOLDEN * _GOLDEN * 7 % 1.0 - 0.4
            x = along * (s.length + s.rump * 0.7)
            y = self.middle[1] + self.pitch * x + across * s.waist * 1.1
            self.pen.ball((x, y, 0.0), s.chest * s.spot_size, colour, depth=-0.003, ry=s.chest * s.spot_size * 0.8)
