"""A person on foot: walking, running, dancing, waving, sitting, standing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from flashreel.engines.animatic.actors.head import draw_head
from flashreel.engines.animatic.actors.kinematics import TAU, between, foot_path, two_bone
from flashreel.engines.animatic.actors.registry import DrawRig
from flashreel.engines.animatic.actors.wardrobe import Person
from flashreel.engines.animatic.colour import shade_of
from flashreel.engines.animatic.pen import Joint, Pen

Act = Literal["walk", "run", "dance", "wave", "sit", "stand"]

_FAR_SIDE_GLOOM = 0.18


@dataclass(frozen=True, slots=True)
class Stride:
    """A gait on two feet: the share of the cycle a foot stands, how far the body goes meanwhile and how high a foot
    is lifted (both of the body's height)."""

    stance: float
    travel: float
    lift: float


STRIDES: Final[dict[Act, Stride]] = {"walk": Stride(0.6, 0.34, 0.07), "run": Stride(0.3, 0.39, 0.2)}
_PUSH_OFF = 0.55  # of the stance, when the heel comes up
_HEEL_UP = 0.75  # radians, at its end
_BALL = 0.05  # of the body's height, from the middle of the foot


def stride_speed(act: Act, height: float, hertz: float) -> float:
    """Metres a second at which no standing foot of a body of this height (m) slides; 0 for who stays in place."""
    gait = STRIDES.get(act)
    return gait.travel * height * hertz / gait.stance if gait else 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """Where a foot is, and how far its heel is turned up about the ball of the foot (radians)."""

    foot: Joint
    heel: float


class Body:
    """One pose of one person. `cycle` counts strides, `breath` slow swaying; both repeat with whole numbers."""

    def __init__(self, pen: Pen, person: Person, act: Act, cycle: float, breath: float) -> None:
        self.pen, self.person, self.act = pen, person, act
        self.cycle, self.breath = cycle, breath
        self.phase = TAU * cycle
        build = person.build
        self.height = build.height
        self.leg = build.height * 0.245
        self.arm = build.height * 0.165
        self.trunk = build.height * 0.30
        self.limb = build.limb * (1.05 if person.grown else 1.0)
        self.torso = build.torso
        self.moving = act in ("walk", "run")
        self.resting = act in ("wave", "stand")
        self._pose()

    def _pose(self) -> None:
        h, act = self.height, self.act
        self.lean = {"run": 0.22, "walk": 0.05, "dance": 0.05}.get(act, 0.0)
        hip_height = 2 * self.leg * 0.965 + 0.045 * h + self._bounce() * h
        if act == "sit":
            hip_height = (0.12 + 0.6 * self._bounce()) * h
        sway = 0.05 * math.sin(self.phase) * h if act == "dance" else 0.0
        self.hip: Joint = (sway, hip_height, 0.0)
        self.shoulder: Joint = (
            sway * 0.4 + self.trunk * math.sin(self.lean),
            hip_height + self.trunk * math.cos(self.lean),
            0.0,
        )

    def _bounce(self) -> float:
        """How far the hip is above its usual height, of the body's height."""
        match self.act:
            case "walk":  # highest over the standing foot, lowest with both feet down
                return 0.012 * abs(math.sin(self.phase - 0.3)) - 0.022
            case "run":  # lowest over the standing foot, highest in the air
                return 0.05 * abs(math.sin(self.phase - TAU * STRIDES["run"].stance / 2)) - 0.055
            case "dance" | "sit":
                return (0.05 if self.act == "dance" else 0.022) * abs(math.sin(self.phase))
            case _:
                return 0.008 + 0.005 * math.sin(TAU * self.breath)

    def draw(self) -> None:
        for side, offset in ((1, 0.5), (-1, 0.0)):
            self._draw_leg(side, offset)
        self._draw_trunk()
        for side, offset in ((1, 0.0), (-1, 0.5)):
            self._draw_arm(side, self._hand(side, offset))
        r = self.person.build.head
        head = (self.shoulder[0] + r * 0.42 + 0.02, self.shoulder[1] + r * 1.75, 0.0)
        flutter = 0.3 * math.sin(TAU * self.breath) if self.resting else math.sin(self.phase * 2)
        draw_head(self.pen, self.person, head, nod=-self.lean * 0.3, flutter=flutter, depth=-0.02)

    def step(self, side: int, offset: float) -> Step:
        h, x = self.height, self.hip[0]
        z = side * 0.0525 * h
        if self.resting:
            return Step((x + 0.02 * side * h, 0.0, z), 0.0)
        if self.act == "dance":
            up = max(0.0, math.sin(self.phase + offset * TAU)) * 0.10 * h
            return Step((x * 0.3 + side * 0.07 * h, up, z), 0.0)
        if self.act == "sit":
            return Step((x + self.leg * 1.55, 0.0, z), 0.0)
        gait = STRIDES[self.act]
        dx, dy = foot_path(self.cycle + offset, gait.stance, gait.travel * h, gait.lift * h)
        return Step((x + dx - 0.02 * h, dy, z), self._heel((self.cycle + offset) % 1, gait.stance))

    def _heel(self, phase: float, stance: float) -> float:
        """The heel's turn: up towards the end of the stance, down again in the swing, toes up before it lands."""
        if phase < stance:
            late = max(0.0, (phase / stance - _PUSH_OFF) / (1 - _PUSH_OFF))
            return _HEEL_UP * late * late
        u = (phase - stance) / (1 - stance)
        return (_HEEL_UP + 0.35) * (1 - u) ** 2 * (1 + 2 * u) - 0.35 * (1 - max(0.0, 2 * abs(u - 0.75) - 0.5))

    def shoe_at(self, step: Step, ahead: float, up: float) -> Joint:
        """A point of the shoe (in heights of the body, from the foot), turned about the ball of the foot."""
        h, cos, sin = self.height, math.cos(step.heel), math.sin(step.heel)
        x, y, z = step.foot
        behind = ahead - _BALL
        return x + (_BALL + behind * cos + up * sin) * h, y + (up * cos - behind * sin) * h, z

    def _draw_leg(self, side: int, offset: float) -> None:
        pen, person, h, limb = self.pen, self.person, self.height, self.limb
        gloom = _FAR_SIDE_GLOOM if side > 0 else 0.0
        depth = side * 0.03
        step = self.step(side, offset)
        foot = step.foot
        root = (self.hip[0], self.hip[1], foot[2])
        ankle = self.shoe_at(step, -0.01, 0.045)
        x, y, _ = two_bone(root, ankle, self.leg, self.leg * 0.99, 1.0)
        knee = (x, y, root[2] * 1.1)
        bare = person.skirt is not None
        calf = shade_of(person.bottom if person.trousers and not bare else person.skin, gloom)
        thigh = shade_of(person.skin if bare else person.bottom, gloom)
        shin = ((x + ankle[0]) / 2 - 0.012 * h, (y + ankle[1]) / 2, knee[2])
        pen.tube([knee, shin, ankle], [limb * 1.1, limb * 1.02, limb * 0.72], calf, depth=depth)
        upper = ((root[0] + x) / 2 + 0.01 * h, (root[1] + y) / 2, root[2])
        pen.tube([root, upper, knee], [limb * 1.55, limb * 1.4, limb * 1.12], thigh, depth=depth - 0.001)
        shoe = [self.shoe_at(step, *spot) for spot in ((-0.03, 0.03), (0.03, 0.026), (0.085, 0.02))]
        pen.tube(shoe, [0.03 * h, 0.03 * h, 0.02 * h], shade_of(person.shoes, gloom), depth=depth - 0.002)

    def _draw_trunk(self) -> None:
        pen, person, torso, leg = self.pen, self.person, self.torso, self.leg
        (hx, hy, _), (sx, sy, _) = self.hip, self.shoulder
        if person.skirt is not None:
            hem = hy - leg * 0.8
            skirt = [
                (hx - torso, hy + torso * 0.5, 0.0),
                (hx + torso, hy + torso * 0.5, 0.0),
                (hx + torso * 1.7 + 0.02 * math.sin(self.phase), hem, 0.0),
                (hx - torso * 1.9 + 0.03 * math.sin(self.phase + 1), hem, 0.0),
            ]
            pen.polygon(skirt, person.skirt, depth=-0.04 - 0.06 * self.height)
        if person.pack is not None:
            pack = [(hx - torso * 0.9, hy + self.trunk * 0.3, 0.0), (sx - torso, sy - self.trunk * 0.1, 0.0)]
            pen.tube(pack, [torso * 0.62, torso * 0.66], person.pack, depth=0.015)
        if person.cape is not None:
            wave = math.sin(self.phase * 2)
            cape = [
                (sx - torso * 0.2, sy + torso * 0.4, 0.02),
                (sx + torso * 0.3, sy - 0.02, 0.02),
                (hx - torso * 0.6, hy, 0.02),
                (hx - torso * (2.6 + 0.5 * wave), hy - leg * (0.7 - 0.15 * wave), 0.02),
                (hx - torso * (3.4 + 0.6 * wave), hy - leg * (0.1 - 0.2 * wave), 0.02),
            ]
            pen.polygon(cape, person.cape, depth=0.02, smooth=4)
        spine = [(hx, hy + 0.01 * self.height, 0.0), between(self.hip, self.shoulder), self.shoulder]
        pen.tube(spine, [torso * 0.86, torso * 0.9, torso * 0.76], person.top, depth=-0.005)

    def _hand(self, side: int, offset: float) -> Joint:
        h = self.height
        x, y, z = self.shoulder[0], self.shoulder[1], side * 0.08 * h
        if self.act == "wave" and side < 0:
            return x + 0.24 * h + 0.05 * h * math.sin(TAU * 4 * self.cycle), y + 0.2 * h, z
        if self.act == "dance":
            beat = 1.6 if side > 0 else -0.4
            return (
                x + side * 0.2 * h + 0.06 * h * math.sin(self.phase + side),
                y + 0.18 * h * math.sin(self.phase + beat) + 0.02 * h,
                z,
            )
        swing = math.sin(TAU * (self.cycle + offset)) * (0.95 if self.act == "run" else 0.5)
        if self.resting:
            swing = 0.06 * math.sin(TAU * self.breath + side)
        if self.act == "sit":
            swing = 0.55
        elbow = (x + self.arm * math.sin(swing), y - self.arm * math.cos(swing))
        bend = swing + (1.45 if self.act == "run" else 0.45)
        fore = self.arm * 0.95
        return elbow[0] + fore * math.sin(bend), elbow[1] - fore * math.cos(bend), z * 1.2

    def _draw_arm(self, side: int, hand: Joint) -> None:
        pen, person, limb = self.pen, self.person, self.limb
        gloom = _FAR_SIDE_GLOOM if side > 0 else 0.0
        depth = side * 0.1
        root = (self.shoulder[0], self.shoulder[1], side * 0.08 * self.height)
        x, y, _ = two_bone(root, hand, self.arm, self.arm * 0.97, -1.0)
        elbow = (x, y, root[2] * 1.25)
        fore = ((x + hand[0]) / 2, (y + hand[1]) / 2, hand[2])
        lower = shade_of(person.top if person.sleeves else person.skin, gloom)
        pen.tube([elbow, fore, hand], [limb * 0.82, limb * 0.74, limb * 0.62], lower, depth=depth)
        sleeve = [
            root,
            ((root[0] + x) / 2, (root[1] + y) / 2, root[2]),
            (root[0] + (x - root[0]) * 0.85, root[1] + (y - root[1]) * 0.85, elbow[2]),
        ]
        upper = shade_of(person.top, gloom)
        pen.tube(sleeve, [limb * 1.12, limb * 1.05, limb * 0.92], upper, depth=depth - 0.002)
        pen.ball(hand, limb * 0.85, shade_of(person.skin, gloom), depth=depth - 0.004)


def walker(person: Person, act: Act, cycle: float, breath: float) -> DrawRig:
    """`cycle` counts strides (or beats of a dance), `breath` the slow movements of who stands still."""
    return lambda pen: Body(pen, person, act, cycle, breath).draw()
