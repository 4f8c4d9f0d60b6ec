"""The networks of the video function give what OpenCV's DNN gives for the same cfg, weights and image.

Both compute in 32-bit floats, in another order and with other Winograd tiles, so they differ by rounding: what counts is
the difference in units of the largest value of the layer, at most 1e-3 (seen: about 1e-6 for one layer, 1e-5 for YOLOv3's
75). OpenCV adds 1e-6 to a variance before it takes the root, Darknet to the root: a relative 1e-6 for variances near 1.
"""

import re

import cv2
import numpy as np
import pytest

TOLERANCE = 1e-3
FRAME = (640, 480)  # a letterbox for a square network
ANCHORS = "10,14, 23,27, 37,58, 81,82, 135,169, 344,319"


def section(kind, **options):
    return f"[{kind}]\n" + "".join(f"{key}={value}\n" for key, value in options.items())


def convolutional(filters, size, **options):
    return section("convolutional", **{"filters": filters, "size": size, "activation": "leaky"} | options)


def network(channels, width, height, *sections):
    return "\n".join([section("net", width=width, height=height, channels=channels), *sections])


def yolo(classes, mask="0,1,2"):
    return section("yolo", mask=mask, anchors=ANCHORS, classes=classes, num=6)


# What each case is about, and its cfg.
LAYERS = {
    "1x1": network(8, 13, 9, convolutional(24, 1)),
    "1x1 with odd channels": network(3, 7, 11, convolutional(5, 1)),
    "1x1 linear": network(8, 13, 9, convolutional(24, 1, activation="linear")),
    "1x1 of stride 2": network(6, 12, 9, convolutional(10, 1, stride=2)),
    "3x3 without padding": network(20, 15, 9, convolutional(18, 3)),
    "3x3": network(3, 20, 12, convolutional(17, 3, pad=1)),
    "3x3 with tiles of 4": network(33, 24, 20, convolutional(27, 3, pad=1)),
    "3x3 with tiles of 2": network(18, 14, 13, convolutional(21, 3, pad=1)),
    "3x3 with more tiles than fit at once": network(16, 75, 41, convolutional(16, 3, pad=1)),
    "3x3 with tiles larger than the image": network(16, 3, 1, convolutional(16, 3, pad=1)),
    "3x3 normalized": network(24, 16, 16, convolutional(40, 3, pad=1, batch_normalize=1)),
    "3x3 linear and normalized": network(24, 16, 16, convolutional(40, 3, pad=1, batch_normalize=1, activation="linear")),
    "3x3 of stride 2": network(9, 17, 14, convolutional(20, 3, pad=1, stride=2, batch_normalize=1)),
    "3x3 of stride 2 with many channels": network(300, 9, 8, convolutional(13, 3, pad=1, stride=2)),
    "5x5": network(7, 19, 15, convolutional(12, 5, pad=1)),
    "5x5 with less padding": network(7, 19, 15, convolutional(12, 5, padding=1)),
    "1x1 with many channels": network(1030, 5, 4, convolutional(20, 1)),
    "two, with a border between": network(4, 21, 18, convolutional(20, 3, pad=1), convolutional(6, 5, pad=1)),
    "maxpool 2/2": network(5, 12, 8, section("maxpool", size=2, stride=2)),
    "maxpool 2/2 of odd sides": network(5, 13, 9, section("maxpool", size=2, stride=2)),
    "maxpool 2/1": network(5, 13, 9, section("maxpool", size=2, stride=1)),
    "maxpool 3/1": network(4, 13, 9, section("maxpool", size=3, stride=1)),
    "maxpool 3/2": network(4, 13, 10, section("maxpool", size=3, stride=2)),
    "maxpool 5/1": network(9, 13, 10, section("maxpool", size=5, stride=1)),
    "maxpool of negative values": network(4, 6, 6, convolutional(7, 1), section("maxpool", size=2, stride=1)),
    "upsample": network(5, 7, 4, section("upsample", stride=2)),
    "upsample by 3": network(5, 7, 4, section("upsample", stride=3)),
    "shortcut": network(6, 9, 7, convolutional(10, 1), convolutional(10, 3, pad=1), section("shortcut", **{"from": -2})),
    "shortcut with leaky": network(
        6, 9, 7, convolutional(10, 1), convolutional(10, 3, pad=1), section("shortcut", activation="leaky", **{"from": 0})
    ),
    "route back": network(
        6,
        9,
        7,
        convolutional(10, 1),
        convolutional(7, 3, pad=1),
        section("route", layers="-2"),
        convolutional(9, 3, pad=1),
        section("route", layers="-1, 1"),  # OpenCV has an output for every layer that is not read
    ),
    "route of two with odd channels": network(
        6, 9, 7, convolutional(10, 1), convolutional(7, 3, pad=1), section("route", layers="-1, 0"), convolutional(9, 3, pad=1)
    ),
    "route of four": network(
        6,
        9,
        7,
        convolutional(3, 1),
        *[section("maxpool", size=size, stride=1) for size in (3, 5, 7)],
        section("route", layers="-1,-2,-3,0"),
        convolutional(5, 1),
    ),
    "yolo": network(12, 13, 13, convolutional(24, 1, activation="linear"), yolo(3)),
    "two yolos": network(
        12,
        16,
        16,
        convolutional(24, 3, pad=1),
        section("maxpool", size=2, stride=2),
        convolutional(24, 1, activation="linear"),
        yolo(3, "3,4,5"),
        section("route", layers="0"),
        convolutional(24, 1, activation="linear"),
        yolo(3),
    ),
}


def shapes(cfg):
    """Of each convolutional layer: filters, weights of one, normalized, whether a shortcut follows, whether a yolo does."""
    kinds = [(kind, dict(re.findall(r"(\w+) *= *(.*)", body))) for kind, body in re.findall(r"\[(\w+)\]([^\[]*)", cfg)]
    channels, result = [], []
    before = int(kinds[0][1]["channels"])
    for index, (kind, options) in enumerate(kinds[1:]):
        if kind == "convolutional":
            filters, normalized = int(options["filters"]), options.get("batch_normalize") == "1"
            follows = kinds[index + 2][0] if index + 2 < len(kinds) else ""
            result.append((filters, before * int(options["size"]) ** 2, normalized, follows))
            before = filters
        elif kind == "route":
            listed = [int(layer) for layer in options["layers"].split(",")]
            before = sum(channels[layer if layer >= 0 else index + layer] for layer in listed)
        channels.append(before)
    return result


def weights(cfg, seed, bias=0):
    """Random ones that keep activations at their size; `bias` is that of objectness and classes."""
    random = np.random.default_rng(seed)
    parts = [np.array([0, 2, 0, 0, 0], np.int32)]
    for filters, each, normalized, follows in shapes(cfg):
        biases = random.normal(0, 0.1, filters)
        if follows == "yolo":
            biases.reshape(3, -1)[:, 4:] += bias
        parts.append(biases)
        if normalized:
            parts += [random.normal(1, 0.1, filters), random.normal(0, 0.1, filters), random.uniform(0.8, 1.2, filters)]
        gain = {"shortcut": 0.02, "yolo": 0.5}.get(follows, 2)
        parts.append(random.standard_normal(filters * each, np.float32) * (gain / each) ** 0.5)
    return b"".join(part.astype(part.dtype if part.dtype == np.int32 else "<f4").tobytes() for part in parts)


def size(cfg):
    return [int(re.search(rf"^{key}=(\d+)", cfg, re.M).group(1)) for key in ("channels", "height", "width")]


def opencv(cfg, data, image):
    """Outputs in the order of the layers; those of yolo layers are rows of x, y, width, height, objectness, classes."""
    # Without the option OpenCV makes probabilities up to 0.2 zero.
    cfg = cfg.replace("[yolo]", "[yolo]\nthresh=0")
    net = cv2.dnn.readNetFromDarknet(np.frombuffer(cfg.encode(), np.uint8), np.frombuffer(data, np.uint8))
    net.setInput(image[np.newaxis])
    names = sorted(net.getUnconnectedOutLayersNames(), key=lambda name: int(name.split("_")[-1]))
    return net.forward(names)


def compared(cfg, values, expected):
    """Pairs of arrays, ours and OpenCV's, one for each output."""
    texts = re.findall(r"\[yolo\]([^\[]*)", cfg)
    for index, other in enumerate(expected):
        ours, values = values[: other.size], values[other.size :]
        yield (rows(cfg, texts[index], ours, len(other)) if texts else ours.reshape(other.shape)), other
    assert len(values) == 0


def rows(cfg, text, planes, count):
    """A yolo layer's planes as OpenCV gives them: a box a row, in parts of the image, classes times objectness."""
    options = dict(re.findall(r"(\w+) *= *(.*)", text))
    mask = [int(index) for index in options["mask"].split(",")]
    anchors = np.array([float(side) for side in options["anchors"].split(",")]).reshape(-1, 2)[mask]
    _, height, width = size(cfg)
    cell = round((height * width / (count / len(mask))) ** 0.5)
    h, w = height // cell, width // cell
    boxes = planes.reshape(len(mask), -1, h, w).copy()
    y, x = np.mgrid[:h, :w]
    boxes[:, 0] = (boxes[:, 0] + x) / w
    boxes[:, 1] = (boxes[:, 1] + y) / h
    boxes[:, 2] = np.exp(boxes[:, 2]) * anchors[:, 0, None, None] / width
    boxes[:, 3] = np.exp(boxes[:, 3]) * anchors[:, 1, None, None] / height
    boxes[:, 5:] *= boxes[:, 4:5]
    return boxes.transpose(2, 3, 0, 1).reshape(count, -1)


def prepare(folder, cfg, seed, bias=0):
    folder.mkdir(parents=True)
    data = weights(cfg, seed, bias)
    image = np.random.default_rng(seed + 1).random(size(cfg), np.float32)
    (folder / "cfg").write_text(cfg)
    (folder / "weights").write_bytes(data)
    (folder / "image").write_bytes(image.astype("<f4").tobytes())
    return data, image


def arguments(name):
    return [f"/in/{name}/cfg", f"/in/{name}/weights", f"/in/{name}/image", f"/out/{name}"]


@pytest.fixture(scope="module")
def small(tmp_path_factory, run_guest):
    """All cases in one run of the program: what OpenCV gives, and what the program does."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "out").mkdir()
    prepared = {str(seed): prepare(folder / "in" / str(seed), cfg, seed) for seed, cfg in enumerate(LAYERS.values())}
    words = [word for name in prepared for word in arguments(name)]
    process = run_guest("network-forward", {"/in": folder / "in", "/out": folder / "out"}, {"/out": folder / "out"}, words)
    assert process.returncode == 0, process.stderr
    outputs = [np.frombuffer((folder / "out" / name).read_bytes(), "<f4") for name in prepared]
    return {name: (*prepared[str(seed)], outputs[seed]) for seed, name in enumerate(LAYERS)}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_gives_what_opencv_gives(small, name):
    data, image, values = small[name]
    cfg = LAYERS[name]
    for ours, other in compared(cfg, values, opencv(cfg, data, image)):
        assert np.ptp(other) > 0.1, "an output that says nothing"
        assert np.abs(ours - other).max() <= TOLERANCE * np.abs(other).max()


# A bias that leaves some objects.
@pytest.mark.parametrize(("name", "bias"), [("yolov3-tiny", -1.8), ("yolov3", -3.6)])
def test_a_whole_network_gives_what_opencv_gives(root, tmp_path, run_guest, name, bias):
    cfg = (root / f"examples/guests/video-object-detection/networks/{name}.cfg").read_text()
    data, image = prepare(tmp_path / "in/net", cfg, 7, bias)
    inputs = {"/in": tmp_path / "in", "/out": tmp_path / "none"}
    (tmp_path / "none").mkdir()
    frame = f"{FRAME[0]}x{FRAME[1]}"
    words = [*arguments("net"), "--frame", frame]
    process = run_guest("network-forward", inputs, {"/out": tmp_path / "out"}, words)
    assert process.returncode == 0, process.stderr
    values = np.frombuffer((tmp_path / "out/net").read_bytes(), "<f4")
    expected = opencv(cfg, data, image)
    for ours, other in compared(cfg, values, expected):
        assert np.ptp(other) > 0.1, "an output that says nothing"
        assert np.abs(ours - other).max() <= TOLERANCE * np.abs(other).max()
    boxes_are_the_same(detections(process.stdout.decode()), boxes(np.concatenate(expected), size(cfg)))


def detections(text):
    """Class, probability, left, top, right, bottom."""
    listed = np.array([[float(number) for number in line.split()] for line in text.splitlines()])
    listed[:, 4:] += listed[:, 2:4]
    return listed


def boxes(found, shape):
    """The objects in OpenCV's rows: letterbox undone, the less probable of two that overlap left out by OpenCV."""
    _, height, width = shape
    scale = min(width / FRAME[0], height / FRAME[1])
    covered = np.array([FRAME[0] * scale / width, FRAME[1] * scale / height])
    middle = (found[:, :2] - (1 - covered) / 2) / covered * FRAME
    sides = found[:, 2:4] / covered * FRAME
    result = []
    for kind, probabilities in enumerate(found[:, 5:].T):
        corners = np.hstack([middle - sides / 2, sides]).astype(float)
        for index in cv2.dnn.NMSBoxes(corners, probabilities.astype(float), 0.1, 0.45):
            corner = np.clip([*(middle - sides / 2)[index], *(middle + sides / 2)[index]], 0, [*FRAME, *FRAME])
            result.append([kind, probabilities[index], *corner])
    return np.array(result)


def boxes_are_the_same(ours, expected):
    assert len(expected) > 10
    assert (np.diff(ours[:, 1]) <= 0).all(), "the most probable ones first"
    all_are_among(ours, expected)
    all_are_among(expected, ours)


def all_are_among(found, others):
    """All boxes were found but those so near to the threshold that rounding decides about them."""
    allowed = [0, TOLERANCE, *[0.1] * 4]  # class, probability, pixels
    sure = others[others[:, 1] > 0.1 + TOLERANCE]
    assert not [box for box in sure if not (np.abs(found - box) <= allowed).all(axis=1).any()]


def test_a_flood_of_boxes_is_cut_to_a_bounded_number(tmp_path, run_guest):
    """5 KB of weights make every class of a quarter of a million boxes sure: as a list they would not fit into memory."""
    cfg = network(3, 512, 512, convolutional(305, 1, activation="linear"), section("yolo", classes=300, num=1, anchors="1,1"))
    (tmp_path / "in/net").mkdir(parents=True)
    (tmp_path / "in/net/cfg").write_text(cfg)
    biases = np.r_[[0] * 2, [-5] * 2, [20] * 301].astype("<f4")
    header = np.array([0, 2, 0, 0, 0], "<i4")
    (tmp_path / "in/net/weights").write_bytes(header.tobytes() + biases.tobytes() + bytes(4 * 3 * 305))
    (tmp_path / "in/net/image").write_bytes(bytes(4 * 3 * 512 * 512))
    (tmp_path / "none").mkdir()
    inputs = {"/in": tmp_path / "in", "/out": tmp_path / "none"}
    process = run_guest("network-forward", inputs, {"/out": tmp_path / "out"}, [*arguments("net"), "--frame", "512x512"])
    assert process.returncode == 0, process.stderr
    assert len(process.stdout.splitlines()) == 10_000
