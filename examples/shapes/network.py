"""A PyTorch network built from a Darknet cfg file, and its export as Darknet weights.

Knows the layers that shapes.cfg uses and refuses others. Pictures go in as Darknet wants them: RGB, 0 to 1.
"""

import dataclasses
import struct

import numpy as np
import torch
from torch import nn

import cfg

EPSILON = 1e-6  # Darknet divides by the root of the variance plus this


@dataclasses.dataclass(frozen=True)
class Head:
    """What a [yolo] layer says of its boxes: anchors in input pixels, and the input's pixels in a cell."""

    anchors: list
    stride: int


class Network(nn.Module):
    """The layers of a cfg; `forward` gives the raw values of each head, `heads` says what they mean."""

    def __init__(self, text):
        super().__init__()
        (_, net), *self.plan = cfg.sections(text)
        self.size = int(net["width"]), int(net["height"])
        self.classes, self.heads = 0, []
        self.layers = nn.ModuleList()
        shapes = [(3, 1)]  # channels and stride before each layer
        for index, (kind, options) in enumerate(self.plan):
            layer, shape = getattr(self, kind)(options, shapes, index)
            self.layers.append(layer)
            shapes.append(shape)

    def convolutional(self, options, shapes, _index):
        """A convolution, with batch normalization in place of a bias where the cfg says so."""
        channels, stride = shapes[-1]
        filters, size, normalize = int(options["filters"]), int(options["size"]), "batch_normalize" in options
        parts = [nn.Conv2d(channels, filters, size, int(options["stride"]), size // 2, bias=not normalize)]
        if normalize:
            parts.append(nn.BatchNorm2d(filters, eps=EPSILON, momentum=0.05))
        if options["activation"] == "leaky":
            parts.append(nn.LeakyReLU(0.1))
        return nn.Sequential(*parts), (filters, stride * int(options["stride"]))

    def maxpool(self, options, shapes, _index):
        """Size 2; with stride 1 the last row and column are repeated, so that the size stays."""
        stride = int(options["stride"])
        padding = nn.ReplicationPad2d((0, 1, 0, 1)) if stride == 1 else nn.Identity()
        return nn.Sequential(padding, nn.MaxPool2d(2, stride)), (shapes[-1][0], shapes[-1][1] * stride)

    def route(self, options, shapes, index):
        """The outputs of earlier layers, one behind the other."""
        sources = [layer if layer >= 0 else index + layer for layer in cfg.numbers(options, "layers")]
        return Route(sources), (sum(shapes[layer + 1][0] for layer in sources), shapes[sources[0] + 1][1])

    def upsample(self, _options, shapes, _index):
        """Every value twice in both directions."""
        return nn.Upsample(scale_factor=2), (shapes[-1][0], shapes[-1][1] // 2)

    def yolo(self, options, shapes, _index):
        """A head: its values are given out as they are, as the loss decodes them."""
        pairs = np.array(cfg.numbers(options, "anchors")).reshape(-1, 2)
        self.classes = int(options["classes"])
        self.heads.append(Head(pairs[cfg.numbers(options, "mask")].tolist(), shapes[-1][1]))
        return nn.Identity(), shapes[-1]

    def forward(self, pictures):
        """For each head: (pictures, anchors, rows, columns, 5 + classes) raw values."""
        outputs, found = [], []
        value = pictures
        for (kind, _), layer in zip(self.plan, self.layers):
            value = layer(outputs) if kind == "route" else layer(value)
            outputs.append(value)
            if kind == "yolo":
                count, _, rows, columns = value.shape
                found.append(value.view(count, -1, 5 + self.classes, rows, columns).permute(0, 1, 3, 4, 2).float())
        return found


class Route(nn.Module):
    """Joins the outputs of other layers."""

    def __init__(self, sources):
        super().__init__()
        self.sources = sources

    def forward(self, outputs):
        """The channels of all sources."""
        return torch.cat([outputs[layer] for layer in self.sources], 1)


def as_input(pictures):
    """Pictures (n, height, width, BGR, 8 bits) as the network's input."""
    planes = torch.from_numpy(np.ascontiguousarray(pictures[..., ::-1])).permute(0, 3, 1, 2)
    return planes.float().div_(255)


def decode(raw, head):
    """Boxes (middle x, middle y, width, height, in input pixels) from a head's raw values."""
    rows, columns = raw.shape[2:4]
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    middles = (raw[..., :2].sigmoid() + torch.stack([x, y], -1)) * head.stride
    anchors = torch.tensor(head.anchors, dtype=torch.float32)[:, None, None]
    return torch.cat([middles, raw[..., 2:4].clamp(max=4).exp() * anchors], -1)


def save_weights(network, path, seen):
    """Writes Darknet's format: version 0.2.5, pictures seen, then layer by layer biases, normalization and weights."""
    with open(path, "wb") as file:
        file.write(struct.pack("<iiiQ", 0, 2, 5, seen))
        for (kind, _), layer in zip(network.plan, network.layers):
            if kind == "convolutional":
                for values in darknet_order(layer):
                    file.write(values.detach().numpy().astype("<f4").tobytes())


def darknet_order(layer):
    """The values of a convolutional layer in the order of the file."""
    convolution = layer[0]
    if convolution.bias is not None:
        return [convolution.bias, convolution.weight]
    normalization = layer[1]
    statistics = [normalization.running_mean, normalization.running_var]
    return [normalization.bias, normalization.weight, *statistics, convolution.weight]
