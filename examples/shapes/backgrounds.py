"""Backgrounds for the scenes: textures that hold none of the objects, but enough edges to be mistaken for them.

Every maker takes a random generator and a size, and gives a picture in BGR, 8 bits a channel.
"""

import cv2
import numpy as np


def paint(random, kind, width, height):
    """One background of the named kind, with a little grain, as every camera adds some."""
    picture = KINDS[kind](random, width, height)
    grain = random.normal(0, random.uniform(0, 4), (height, width, 1))
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def colour(random):
    """Any colour, neither black nor white, so that outlines stay visible on it."""
    return random.uniform(25, 225, 3)


def noise(random, width, height):
    """Clouds: three octaves of smooth noise around one colour."""
    total = np.zeros((height, width, 3))
    for cells, strength in ((4, 50), (12, 25), (40, 14)):
        coarse = random.normal(0, strength, (cells, cells, 3)).astype(np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return total + colour(random)


def gradient(random, width, height):
    """A smooth change between four corner colours."""
    corners = np.array([[colour(random), colour(random)], [colour(random), colour(random)]], np.float32)
    return cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR)


def stripes(random, width, height):
    """Parallel stripes of two colours at any angle, with hard or soft edges."""
    angle, period = random.uniform(0, np.pi), random.uniform(12, 90)
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period))
    share = np.clip(wave * random.uniform(1, 8), -1, 1)[..., None] / 2 + 0.5
    first, second = colour(random), colour(random)
    return first * share + (first * 0.5 + second * 0.5) * (1 - share)


def clutter(random, width, height):
    """A gradient under lines, uneven quadrilaterals and open arcs: edges and corners, but no object."""
    picture = gradient(random, width, height).copy()
    for _ in range(random.integers(15, 60)):
        draw = (line, quadrilateral, arc)[random.integers(3)]
        draw(random, picture, random.uniform((0, 0), (width, height)))
    return picture


def line(random, picture, place):
    """A straight line."""
    end = place + random.uniform(-160, 160, 2)
    cv2.line(picture, whole(place), whole(end), tuple(colour(random)), int(random.integers(1, 7)), cv2.LINE_AA)


def quadrilateral(random, picture, place):
    """Four corners at uneven distances: nothing as regular as a crate."""
    angles = np.sort(random.uniform(0, 2 * np.pi, 4))
    corners = place + np.stack([np.cos(angles), np.sin(angles)], 1) * random.uniform(8, 60, (4, 1))
    cv2.fillPoly(picture, [np.int32(corners * 16)], tuple(colour(random)), cv2.LINE_AA, 4)


def arc(random, picture, place):
    """Less than half an ellipse, so that it is no ball."""
    start = random.uniform(0, 360)
    axes = whole(random.uniform(10, 90, 2))
    sweep = random.uniform(30, 150)
    width = int(random.integers(1, 6))
    cv2.ellipse(picture, whole(place), axes, start, 0, sweep, tuple(colour(random)), width, cv2.LINE_AA)


def whole(values):
    """The nearest whole numbers, as OpenCV wants a point."""
    return tuple(int(round(value)) for value in values)


KINDS = {"noise": noise, "gradient": gradient, "stripes": stripes, "clutter": clutter}
