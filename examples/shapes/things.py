"""The objects of the scenes: how each class looks, and how one object is drawn at a place, size and angle.

A look is a list of (outline, colour) polygons in the object's own coordinates, where the object lies within -1..1; the
first is the silhouette, and what the others draw outside it is cut off.
"""

import dataclasses

import cv2
import numpy as np

import backgrounds

CLASSES = ("ball", "crate", "cone", "star")
FINE = 3  # drawn three times as large and averaged down: smooth edges, places between pixels


@dataclasses.dataclass(frozen=True)
class Thing:
    """One object: what it looks like, where it is in frame 0 and how it changes a frame."""

    name: str
    look: list
    centre: np.ndarray
    radius: float
    angle: float
    speed: np.ndarray
    growth: float
    spin: float

    def at(self, time):
        """Centre, radius and angle at a time in frames."""
        return self.centre + self.speed * time, self.radius * (1 + self.growth * time), self.angle + self.spin * time


def look(random, name, behind):
    """A random appearance of a class that stands out from the colour behind it."""
    main = distinct(random, behind)
    edge = main * 0.35 if main.mean() > 90 else main * 0.5 + 120
    second = distinct(random, main)
    return LOOKS[name](random, main, edge, second)


def distinct(random, other):
    """A colour that differs clearly from another."""
    while True:
        candidate = backgrounds.colour(random)
        if np.abs(candidate - other).sum() > 130:
            return candidate


def ball(random, main, edge, second):
    """A disc with a band, patches or a highlight."""
    parts = [(disc(0, 0, 1), edge), (disc(0, 0, 0.93), main)]
    kind = random.integers(3)
    if kind == 0:
        half = random.uniform(0.15, 0.35)
        parts.append((box(-0.9, -half, 0.9, half), second))
    elif kind == 1:
        parts += [(disc(0.55 * np.cos(a), 0.55 * np.sin(a), 0.22), second) for a in np.arange(5) * 1.2566]
    parts.append((disc(-0.35, -0.4, 0.18), main * 0.4 + 150))
    return parts


def crate(random, main, edge, second):
    """A nearly square box: a dark frame, planks, and mostly a diagonal or a cross."""
    half = random.uniform(0.8, 1)
    parts = [(box(-1, -half, 1, half), edge), (box(-0.94, -half + 0.06, 0.94, half - 0.06), main)]
    parts += [(box(-0.78, y - 0.02, 0.78, y + 0.02), edge) for y in (-0.4, 0, 0.4)]
    parts += [(bar, edge) for bar in bars(half)[: random.integers(3)]]
    post = box(-0.94, -half + 0.06, -0.76, half - 0.06)
    return parts + [(post, main * 0.7), (post * (-1, 1), main * 0.7)]


def bars(half):
    """The two diagonals of a crate."""
    y = half - 0.1
    fall = np.array([[-0.85, -y], [-0.65, -y], [0.85, y], [0.65, y]])
    return [fall, fall * (1, -1)]


def cone(random, main, edge, second):
    """A traffic cone: a tapered body on a base plate, with one or two bands."""
    width = random.uniform(0.55, 0.7)
    body = np.array([[-0.1, -1], [0.1, -1], [width, 0.82], [width + 0.2, 0.82], [width + 0.2, 1]])
    outline = np.concatenate([body, body[::-1] * (-1, 1)])
    parts = [(outline, edge), (outline * 0.94, main)]
    for top in (-0.25, 0.35)[: random.integers(1, 3)]:
        slope = (width - 0.1) / 1.82
        upper, lower = 0.04 + slope * (top + 1), 0.04 + slope * (top + 1.28)
        parts.append((np.array([[-upper, top], [upper, top], [lower, top + 0.28], [-lower, top + 0.28]]), second))
    return parts


def star(random, main, edge, second):
    """Five points, plain or with a smaller star inside."""
    inner = random.uniform(0.4, 0.52)
    turns = np.arange(10) * (np.pi / 5) - np.pi / 2
    length = np.where(np.arange(10) % 2 == 0, 1, inner)
    outline = np.stack([np.cos(turns) * length, np.sin(turns) * length], 1)
    parts = [(outline, edge), (outline * 0.88, main)]
    if random.random() < 0.4:
        parts.append((outline * 0.5, second))
    return parts


def disc(x, y, radius):
    """A circle as a polygon."""
    turns = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    return np.stack([x + np.cos(turns) * radius, y + np.sin(turns) * radius], 1)


def box(left, top, right, bottom):
    """An upright rectangle as a polygon."""
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)


def sprite(thing, time):
    """The object at a time: its left top pixel in the frame, its colours, and how much of each pixel it covers."""
    centre, radius, angle = thing.at(time)
    corner = np.floor(centre - radius * 1.5).astype(int)
    side = int(np.ceil(radius * 3)) + 2
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    colours = np.zeros((side * FINE, side * FINE, 3), np.float32)
    cover = np.zeros((side * FINE, side * FINE), np.float32)
    for number, (outline, colour) in enumerate(thing.look):
        # A sample of the enlarged picture lies at its middle, hence the half.
        points = np.int32(np.round((((outline * radius) @ turn + centre - corner) * FINE - 0.5) * 16))
        if number == 0:
            cv2.fillPoly(cover, [points], 1.0, cv2.LINE_8, 4)
        cv2.fillPoly(colours, [points], tuple(float(part) for part in colour), cv2.LINE_8, 4)
    shade = np.linspace(1.15, 0.8, side * FINE, dtype=np.float32)[:, None, None]
    small = cv2.resize(colours * shade * cover[..., None], (side, side), interpolation=cv2.INTER_AREA)
    return corner, small, cv2.resize(cover, (side, side), interpolation=cv2.INTER_AREA)


LOOKS = {"ball": ball, "crate": crate, "cone": cone, "star": star}
