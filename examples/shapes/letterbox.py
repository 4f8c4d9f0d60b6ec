"""Fits a frame into a network's input as Darknet does: scaled as a whole, in the middle, grey around it."""

import dataclasses

import cv2
import numpy as np


@dataclasses.dataclass(frozen=True)
class Letterbox:
    """How a frame of one size lies in an input of another: its scaled size and its left top corner."""

    width: int
    height: int
    inner_width: int
    inner_height: int
    left: int
    top: int
    scale: float

    def picture(self, frame, smooth=False):
        """The input for a frame, both BGR with 8 bits; `smooth` averages pixels instead of picking as Darknet does."""
        inner = self.average(frame) if smooth else self.pick(frame)
        whole = np.full((self.height, self.width, 3), 128, np.uint8)
        whole[self.top : self.top + self.inner_height, self.left : self.left + self.inner_width] = inner
        return whole

    def average(self, frame):
        """The frame scaled by areas."""
        return cv2.resize(frame, (self.inner_width, self.inner_height), interpolation=cv2.INTER_AREA)

    def pick(self, frame):
        """The frame scaled as Darknet does it: corner onto corner, between the four nearest pixels."""
        x = np.linspace(0, frame.shape[1] - 1, self.inner_width, dtype=np.float32)
        y = np.linspace(0, frame.shape[0] - 1, self.inner_height, dtype=np.float32)
        return cv2.remap(frame, *np.meshgrid(x, y), cv2.INTER_LINEAR)

    def inward(self, boxes):
        """Boxes (left, top, width, height) of the frame in pixels of the input."""
        return boxes * self.scale + (self.left, self.top, 0, 0)

    def outward(self, boxes):
        """Boxes of the input in pixels of the frame."""
        return (boxes - (self.left, self.top, 0, 0)) / self.scale


def fit(frame_width, frame_height, width, height):
    """The letterbox for frames of a size in an input of a size."""
    scale = min(width / frame_width, height / frame_height)
    inner = int(frame_width * scale), int(frame_height * scale)
    return Letterbox(width, height, *inner, (width - inner[0]) // 2, (height - inner[1]) // 2, scale)
