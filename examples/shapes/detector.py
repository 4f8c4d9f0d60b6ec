"""Runs the exported network with OpenCV, which reads Darknet's files on its own, and says what it finds in a frame.

The boxes are decoded here, as OpenCV's own [yolo] layer drops everything below a probability of 0.2.
"""

import cv2
import numpy as np

import accuracy
import cfg
import letterbox

PROBABILITY, OVERLAP = 0.1, 0.45


class Detector:
    """A network by its cfg, weights and names."""

    def __init__(self, plan, weights, names):
        (_, net), *layers = cfg.sections(plan.read_text())
        self.names = names.read_text().split()
        self.size = int(net["width"]), int(net["height"])
        self.heads = {f"conv_{index - 1}": options for index, (kind, options) in enumerate(layers) if kind == "yolo"}
        self.net = cv2.dnn.readNetFromDarknet(str(plan), str(weights))

    def find(self, number, frame):
        """The detections in a frame, without those that a likelier one of the same class overlaps."""
        height, width = frame.shape[:2]
        fitted = letterbox.fit(width, height, *self.size)
        self.net.setInput(cv2.dnn.blobFromImage(fitted.picture(frame), 1 / 255, swapRB=True))
        outputs = self.net.forward(list(self.heads))
        parts = [self.decode(raw[0], options) for raw, options in zip(outputs, self.heads.values())]
        boxes, scores = (np.concatenate(part) for part in zip(*parts))
        boxes = fitted.outward(boxes)
        for name, column in zip(self.names, scores.T):
            for row in cv2.dnn.NMSBoxes(boxes.tolist(), column.tolist(), PROBABILITY, OVERLAP):
                yield accuracy.Found(number, name, float(column[row]), clip(boxes[row], width, height))

    def decode(self, raw, options):
        """Boxes (left, top, width, height, in input pixels) and the probability of each class in them."""
        anchors = np.array(cfg.numbers(options, "anchors")).reshape(-1, 2)[cfg.numbers(options, "mask")]
        values = raw.reshape(len(anchors), -1, *raw.shape[1:])
        y, x = np.indices(raw.shape[1:])
        stride = self.size[0] / raw.shape[2]
        middles = (sigmoid(values[:, :2]) + (x, y)) * stride
        sizes = np.exp(values[:, 2:4]) * anchors[..., None, None]
        boxes = np.concatenate([middles - sizes / 2, sizes], 1)
        scores = sigmoid(values[:, 4:5]) * sigmoid(values[:, 5:])
        return [np.moveaxis(part, 1, -1).reshape(-1, part.shape[1]) for part in (boxes, scores)]


def sigmoid(values):
    """The logistic function."""
    return 1 / (1 + np.exp(-values))


def clip(box, width, height):
    """The part of a box that lies in the frame."""
    low, high = np.maximum(box[:2], 0), np.minimum(box[:2] + box[2:], (width, height))
    return np.concatenate([low, high - low])
