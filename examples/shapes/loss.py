"""What a network's output should have been: YOLOv3's loss, with complete IoU for the boxes.

Boxes here are (middle x, middle y, width, height) in pixels of the network's input.
"""

import math

import torch
from torch.nn import functional

import network
import samples

BETTER = 0.5  # an anchor whose shape overlaps this much with an object's is also responsible for it
SPARED = 0.6  # a prediction that overlaps this much with an object is not punished for being there
SPARED_HIDDEN = 0.3  # the same for an object too hidden to count
WEIGHTS = {"box": 3.0, "object": 1.0, "class": 0.5}


def of_batch(net, outputs, truths):
    """The loss of raw outputs against truths (n, TRUTHS, 5) as samples.py gives them."""
    kinds, boxes = truths[..., 0], corner_to_middle(truths[..., 1:])
    anchors = torch.tensor([anchor for head in net.heads for anchor in head.anchors], dtype=torch.float32)
    fits = shape_overlap(boxes[..., 2:], anchors)
    chosen = (fits > BETTER) | (fits == fits.max(-1, keepdim=True).values)
    chosen &= (kinds >= 0)[..., None]
    total = torch.zeros(())
    for number, (raw, head) in enumerate(zip(outputs, net.heads)):
        first = sum(len(other.anchors) for other in net.heads[:number])
        total = total + of_head(raw, head, kinds, boxes, chosen[..., first : first + len(head.anchors)])
    return total / chosen.any(-1).sum().clamp(min=1)


def of_head(raw, head, kinds, boxes, chosen):
    """The loss of one head, summed over the pictures; `chosen` says which anchors each truth belongs to."""
    predicted = network.decode(raw, head)
    picture, truth, anchor = chosen.nonzero(as_tuple=True)
    cells = (boxes[picture, truth, :2] / head.stride).long()
    columns = cells[:, 0].clamp(0, raw.shape[3] - 1)
    rows = cells[:, 1].clamp(0, raw.shape[2] - 1)
    place = picture, anchor, rows, columns
    wanted = torch.zeros(raw.shape[:-1])
    wanted[place] = 1
    judged = ~spared(predicted.detach(), kinds, boxes) | (wanted > 0)
    objectness = functional.binary_cross_entropy_with_logits(raw[..., 4], wanted, judged.float(), reduction="sum")
    classes = functional.one_hot(kinds[picture, truth].long(), raw.shape[-1] - 5).float()
    named = functional.binary_cross_entropy_with_logits(raw[place][:, 5:], classes, reduction="sum")
    placed = (1 - complete_iou(predicted[place], boxes[picture, truth])).sum()
    return WEIGHTS["object"] * objectness + WEIGHTS["class"] * named + WEIGHTS["box"] * placed


def spared(predicted, kinds, boxes):
    """Which predictions lie on an object well enough that calling them background would be wrong."""
    flat = predicted.flatten(1, 3)
    overlap = iou(flat[:, :, None], boxes[:, None])
    hidden = kinds == samples.HIDDEN
    limit = torch.where(kinds >= 0, SPARED, torch.where(hidden, SPARED_HIDDEN, 2.0))
    return (overlap > limit[:, None]).any(-1).view(predicted.shape[:-1])


def corner_to_middle(boxes):
    """(left, top, width, height) as (middle x, middle y, width, height)."""
    return torch.cat([boxes[..., :2] + boxes[..., 2:] / 2, boxes[..., 2:]], -1)


def shape_overlap(sizes, anchors):
    """The overlap of sizes (…, 2) with each anchor, as if both had a common middle."""
    common = torch.minimum(sizes[..., None, :], anchors).prod(-1)
    return common / (sizes.prod(-1, keepdim=True) + anchors.prod(-1) - common).clamp(min=1e-6)


def edges(boxes):
    """The left top and the right bottom corner."""
    return boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., :2] + boxes[..., 2:] / 2


def iou(one, other):
    """Intersection over union."""
    (low, high), (bottom, top) = edges(one), edges(other)
    common = (torch.minimum(high, top) - torch.maximum(low, bottom)).clamp(min=0).prod(-1)
    areas = one[..., 2:].clamp(min=0).prod(-1) + other[..., 2:].clamp(min=0).prod(-1)
    return common / (areas - common).clamp(min=1e-6)


def complete_iou(one, other):
    """IoU less the distance of the middles and the difference in aspect (Zheng et al. 2020, "CIoU")."""
    overlap = iou(one, other)
    (low, high), (bottom, top) = edges(one), edges(other)
    diagonal = (torch.maximum(high, top) - torch.minimum(low, bottom)).square().sum(-1)
    distance = (one[..., :2] - other[..., :2]).square().sum(-1) / diagonal.clamp(min=1e-6)
    slope = torch.atan2(one[..., 2], one[..., 3]) - torch.atan2(other[..., 2], other[..., 3])
    aspect = slope.square() * (4 / math.pi**2)
    with torch.no_grad():
        share = aspect / (1 - overlap + aspect).clamp(min=1e-6)
    return overlap - distance - share * aspect
