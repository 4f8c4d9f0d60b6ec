"""Synthetic scenes: a textured background and moving objects, with the true box of every visible object.

A scene is made from a seed alone, and gives the frame of any time between 0 and LAST. The training and the video use
the same scenes; nothing here knows about networks.
"""

import dataclasses

import numpy as np

import backgrounds
import things

WIDTH, HEIGHT = 640, 480
LAST = 16  # the time, in frames, up to which the background reaches
PAN = 4  # the fastest movement of the camera, in pixels a frame
ENOUGH = 0.3  # the share of an object that must be visible for it to count


@dataclasses.dataclass(frozen=True)
class Visible:
    """An object in a frame: its class, the tight box of what is visible, and which share of it that is."""

    name: str
    x: float
    y: float
    width: float
    height: float
    share: float


@dataclasses.dataclass(frozen=True)
class Scene:
    """A background that the camera may pan over, and the objects in front, the nearest last."""

    canvas: np.ndarray
    start: np.ndarray
    pan: np.ndarray
    objects: list

    def frame(self, time):
        """The picture at a time (BGR, 8 bits) and every object of which anything is visible."""
        left, top = np.round(self.start + self.pan * time).astype(int)
        picture = self.canvas[top : top + HEIGHT, left : left + WIDTH].astype(np.float32)
        owner = np.full((HEIGHT, WIDTH), -1)
        areas = [place(picture, owner, number, thing, time) for number, thing in enumerate(self.objects)]
        found = [seen(owner, number, thing.name, areas[number]) for number, thing in enumerate(self.objects)]
        return np.clip(picture, 0, 255).round().astype(np.uint8), [one for one in found if one is not None]


def make(seed, kind=None, count=None):
    """The scene of a seed; `kind` (of background) and `count` (of objects) are drawn unless given."""
    random = np.random.default_rng(seed)
    kind = kind or list(backgrounds.KINDS)[random.integers(len(backgrounds.KINDS))]
    margin = PAN * LAST
    canvas = backgrounds.paint(random, kind, WIDTH + 2 * margin, HEIGHT + 2 * margin)
    pan = random.uniform(-PAN, PAN, 2) * (random.random() < 0.5)
    objects = []
    for _ in range(count or random.integers(2, 11)):
        add(random, canvas, objects)
    return Scene(canvas, np.array([margin, margin]), pan, objects)


def add(random, canvas, objects):
    """Puts in one more object, away from the others' middles all the time; gives up where there is no room."""
    for _ in range(30):
        candidate = thing(random, canvas)
        if all(apart(candidate, other, time) for other in objects for time in range(0, LAST + 1, 4)):
            objects.append(candidate)
            return


def apart(one, other, time):
    """Whether two objects overlap in part at most, as two objects in one box cannot be told apart."""
    (here, radius, _), (there, reach, _) = one.at(time), other.at(time)
    return np.hypot(*(here - there)) > 0.75 * max(radius, reach) + 0.45 * min(radius, reach)


def thing(random, canvas):
    """A random object of any class, about as likely small as large."""
    name = things.CLASSES[random.integers(len(things.CLASSES))]
    radius = 20 * 5 ** random.random()
    centre = random.uniform((0, 0), (WIDTH, HEIGHT))
    behind = canvas[:: canvas.shape[0] // 8, :: canvas.shape[1] // 8].reshape(-1, 3).mean(0)
    upright = name in ("crate", "cone")
    angle = random.uniform(-0.5, 0.5) if upright else random.uniform(-np.pi, np.pi)
    spin = random.uniform(-0.01, 0.01) if upright else random.uniform(-0.06, 0.06)
    look = things.look(random, name, behind)
    speed, growth = random.uniform(-6, 6, 2), random.uniform(-0.008, 0.008)
    return things.Thing(name, look, centre, radius, angle, speed, growth, spin)


def place(picture, owner, number, thing, time):
    """Draws an object over a picture and marks its pixels as its own; gives its whole area, the hidden part too."""
    corner, colours, cover = things.sprite(thing, time)
    area = np.count_nonzero(cover >= 0.5)
    low = np.maximum(corner, 0)
    high = np.minimum(corner + cover.shape[0], (WIDTH, HEIGHT))
    if (low >= high).any():
        return area
    inside = slice(low[1] - corner[1], high[1] - corner[1]), slice(low[0] - corner[0], high[0] - corner[0])
    target = slice(low[1], high[1]), slice(low[0], high[0])
    part = cover[inside]
    picture[target] = picture[target] * (1 - part[..., None]) + colours[inside]
    owner[target][part >= 0.5] = number
    return area


def seen(owner, number, name, area):
    """The tight box of the pixels that are an object's own, or nothing if it has none."""
    rows, columns = np.nonzero(owner == number)
    if rows.size == 0:
        return None
    left, top = float(columns.min()), float(rows.min())
    width, height = float(columns.max() + 1 - left), float(rows.max() + 1 - top)
    return Visible(name, left, top, width, height, rows.size / area)


def counted(objects):
    """The objects that a detector must find: those not nearly hidden, and not a mere sliver."""
    return [one for one in objects if one.share >= ENOUGH and min(one.width, one.height) >= 12]
