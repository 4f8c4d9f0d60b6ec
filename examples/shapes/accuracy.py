"""Average precision of detections: how well answers agree with the truth, as PASCAL VOC (2010 on) counts it.

Boxes are (left, top, width, height). Detections are found in order of probability; each object can be found once.
"""

import dataclasses

import numpy as np

OVERLAP = 0.5


@dataclasses.dataclass(frozen=True, eq=False)
class Found:
    """A detection or, with probability 1, an object of the truth."""

    frame: int
    name: str
    probability: float
    box: np.ndarray


def by_class(detections, objects, spared=()):
    """The average precision of each class; a detection that only fits a spared object counts for nothing."""
    groups = detections, objects, spared
    names = sorted({one.name for one in objects})
    return {name: average_precision(*(of_class(group, name) for group in groups)) for name in names}


def of_class(group, name):
    """The members of a class."""
    return [one for one in group if one.name == name]


def average_precision(detections, objects, spared):
    """The area under the best precision that is reached at each recall."""
    hits = np.array([hit for hit in judge(detections, objects, spared) if hit is not None], float)
    right = np.cumsum(hits)
    recall = np.concatenate([[0], right / len(objects)])
    precision = right / np.arange(1, len(hits) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall) * best))


def judge(detections, objects, spared):
    """For each detection, the likeliest first: whether it finds an object; None if it fits only a spared one."""
    left = list(objects)
    for one in sorted(detections, key=lambda each: -each.probability):
        best = closest(one, left)
        if best is not None:
            left.remove(best)
            yield True
        else:
            yield None if closest(one, spared) is not None else False


def closest(one, objects):
    """The object that overlaps the most with a detection, if any does enough."""
    fits = [(overlap(one.box, each.box), number) for number, each in enumerate(objects) if each.frame == one.frame]
    value, number = max(fits, default=(0, None))
    return objects[number] if value >= OVERLAP else None


def overlap(one, other):
    """Intersection over union of two boxes."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    common = np.clip(high - low, 0, None).prod()
    return common / (one[2:].prod() + other[2:].prod() - common)
