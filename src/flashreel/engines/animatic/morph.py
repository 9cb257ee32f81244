"""From one picture to another: along the optical flow where they are related, a soft dissolve where they are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic.noise import Spectrum, normalised
from flashreel.engines.animatic.parallax import ease, there_and_back
from flashreel.engines.base import Frame

FloatMap = NDArray[np.float32]

_FLOW_SHRINK: Final = 3  # flow is found at a third of the size
_FLOW_MIN: Final = 48  # pixels of the shorter side below which DIS finds nothing
_NOISE_SIZE: Final = 256
#: From this much of the flow on, the pictures are related and blend evenly; below, the blend follows a pattern.
_RELATED: Final = 0.9


@dataclass(frozen=True, slots=True)
class _Flow:
    """Motion in pixels, (height, width, 2), each way, and how far both ways agree, 0 to 1."""

    forward: FloatMap
    backward: FloatMap
    confidence: float


class Morph:
    """One transition, as a pure function of time. Safe to call from threads."""

    def __init__(self, start: Frame, end: Frame, seed: int) -> None:
        """Both pictures are RGB uint8 of one shape; `seed` fixes the pattern of the dissolve."""
        self._start, self._end = np.ascontiguousarray(start), np.ascontiguousarray(end)
        flow = _optical_flow(self._start, self._end)
        # How much of the flow to follow: none of it can be trusted at 0.25, all of it at 0.6.
        self._trust = np.float32(min(1.0, max(0.12, (flow.confidence - 0.25) / 0.35)))
        self._forward = flow.forward * self._trust
        self._backward = flow.backward * self._trust
        height, width = start.shape[:2]
        self._columns, self._rows = (plane.astype(np.float32) for plane in np.meshgrid(range(width), range(height)))
        self._order = _dissolve_order(self._end, seed)

    def at(self, u: float) -> Frame:
        """The frame at `u`, from 0 (the start picture, to the bit) to 1 (the end picture, to the bit)."""
        if u <= 0.0:
            return self._start.copy()
        if u >= 1.0:
            return self._end.copy()
        height, width = self._order.shape
        eased = np.float32(ease(u))
        # Pictures that do not flow into each other share a slow push and back, so that the dissolve still moves.
        zoom = np.float32(1 + (1 - self._trust) * 0.10 * there_and_back(u))
        columns = width / np.float32(2) + (self._columns - width / np.float32(2)) / zoom
        rows = height / np.float32(2) + (self._rows - height / np.float32(2)) / zoom
        start = _sample(self._start, columns, rows, self._forward, eased)
        end = _sample(self._end, columns, rows, self._backward, 1 - eased)
        weight = self._weight(eased)
        return np.asarray(start * (1 - weight) + end * weight + np.float32(0.5), np.uint8)

    def _weight(self, eased: np.float32) -> FloatMap | np.float32:
        """The share of the end picture, per pixel: bright parts of it and the noise decide who goes first."""
        if self._trust >= _RELATED:
            return eased
        softness = np.float32(0.35) + np.float32(0.65) * self._trust
        delay = self._order * (1 - self._trust)
        weight = np.clip((eased * (softness + 1 - self._trust) - delay) / softness, 0, 1)
        return np.asarray(cv2.GaussianBlur(weight, (0, 0), 3)[..., None], np.float32)


def _sample(image: Frame, columns: FloatMap, rows: FloatMap, flow: FloatMap, amount: np.float32) -> FloatMap:
    map_x = columns - flow[..., 0] * amount
    map_y = rows - flow[..., 1] * amount
    return np.asarray(cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _optical_flow(start: Frame, end: Frame) -> _Flow:
    """DIS flow (Kroeger et al. 2016) both ways; where the two do not cancel out, it is not believed."""
    height, width = start.shape[:2]
    shrink = _FLOW_SHRINK if min(height, width) >= _FLOW_SHRINK * _FLOW_MIN else 1
    if min(height, width) < _FLOW_MIN:
        still = np.zeros((height, width, 2), np.float32)
        return _Flow(still, still, 0.0)
    size = (width // shrink, height // shrink)
    first, second = (
        cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        for image in (start, end)
    )
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # DIS searches in one stripe per thread, and what it finds depends on where they end
    try:
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        forward, backward = search.calc(first, second, None), search.calc(second, first, None)
    finally:
        cv2.setNumThreads(threads)

    columns, rows = (plane.astype(np.float32) for plane in np.meshgrid(range(size[0]), range(size[1])))
    target = (columns + forward[..., 0], rows + forward[..., 1])
    returned = cv2.remap(backward, *target, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    landed = cv2.remap(second, *target, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    disagreement = np.linalg.norm(forward + returned, axis=2)
    difference = np.abs(first.astype(np.float32) - landed)
    confidence = np.exp(-((disagreement / 4) ** 2)) * np.exp(-((difference / 40) ** 2))
    return _Flow(
        _enlarge(forward, width, height, shrink), _enlarge(backward, width, height, shrink), float(confidence.mean())
    )


def _enlarge(flow: FloatMap, width: int, height: int, factor: int) -> FloatMap:
    """The flow at full size, smoothed over the steps of the small one."""
    large = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.GaussianBlur(large, (0, 0), 4) * np.float32(factor), np.float32)


def _dissolve_order(end: Frame, seed: int) -> FloatMap:
    """When each pixel changes over, 0 (first) to 1 (last): cloudy noise, and bright parts of the end picture early."""
    height, width = end.shape[:2]
    clouds = normalised(Spectrum(_NOISE_SIZE, 2.6, seed, low=2).synthesise())
    noise = cv2.resize(clouds, (width, height), interpolation=cv2.INTER_CUBIC)
    brightness = cv2.cvtColor(end, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    return np.asarray(np.clip(0.6 * noise + 0.4 * (1 - brightness), 0, 1), np.float32)
