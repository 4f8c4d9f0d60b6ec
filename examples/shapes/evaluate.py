"""Measures the exported network, run by OpenCV, on the committed video and on fresh scenes.

`--pictures FOLDER` also writes the video's frames with boxes drawn: truth in green, detections in red.
"""

import argparse
import json
import pathlib

import cv2
import numpy as np

import accuracy
import detector
import scenes

HERE = pathlib.Path(__file__).parent
SCENES = range(800_000_000, 800_000_200)
SURE = 0.5  # the probability above which a wrong answer would show in a demo


def main():
    """Prints one row of a table for the video and one for the scenes."""
    arguments = parse()
    network = detector.Detector(HERE / "shapes.cfg", arguments.weights, HERE / "shapes.names")
    print("| pictures | mAP@0.5 | by class | objects | answers above 0.5 | of them wrong | mean IoU |")
    print("|---|---|---|---|---|---|---|")
    frames, objects = video()
    answers = detect(network, frames)
    report(f"video, {len(frames)} frames", answers, objects, [])
    if arguments.pictures:
        draw(arguments.pictures, frames, answers, objects)
    frames, objects, hidden = fresh()
    report(f"{len(frames)} fresh scenes", detect(network, frames), objects, hidden)


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=pathlib.Path, default=HERE / "shapes.weights")
    parser.add_argument("--pictures", type=pathlib.Path)
    return parser.parse_args()


def video():
    """The decoded frames of the committed video, and the objects in them."""
    capture, frames = cv2.VideoCapture(str(HERE / "video.h264")), []
    while (read := capture.read())[0]:
        frames.append(read[1])
    truth = json.loads((HERE / "truth.json").read_text())["frames"]
    assert len(frames) == len(truth), "video and truth differ in length"
    keys = "x", "y", "width", "height"
    objects = [
        accuracy.Found(frame["frame"], one["class"], 1, np.array([one["box"][key] for key in keys]))
        for frame in truth
        for one in frame["objects"]
    ]
    return frames, objects


def fresh():
    """Frames of scenes outside training and video, their objects, and those too hidden to count."""
    frames, objects, hidden = [], [], []
    for number, seed in enumerate(SCENES):
        picture, visible = scenes.make(seed).frame(seed % scenes.LAST)
        frames.append(picture)
        counted = scenes.counted(visible)
        for one in visible:
            box = np.array([one.x, one.y, one.width, one.height])
            (objects if one in counted else hidden).append(accuracy.Found(number, one.name, 1, box))
    return frames, objects, hidden


def detect(network, frames):
    """What the network finds in each frame."""
    return [one for number, frame in enumerate(frames) for one in network.find(number, frame)]


def report(title, answers, objects, hidden):
    """One row: the precisions, and of the sure answers how many are wrong and how tight the right ones are."""
    precisions = accuracy.by_class(answers, objects, hidden)
    sure = [one for one in answers if one.probability > SURE]
    judged = [verdict for group in by_name(sure, objects, hidden) for verdict in accuracy.judge(*group)]
    fits = [accuracy.overlap(one.box, each.box) for one in sure if (each := meant(one, objects))]
    classes = ", ".join(f"{name} {value:.3f}" for name, value in precisions.items())
    mean, tightness = (sum(values) / max(len(values), 1) for values in (precisions.values(), fits))
    cells = title, f"{mean:.3f}", classes, len(objects), len(sure), judged.count(False), f"{tightness:.3f}"
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def by_name(*groups):
    """The members of each class in every group."""
    return [[accuracy.of_class(group, name) for group in groups] for name in {one.name for one in groups[0]}]


def meant(one, objects):
    """The object that a detection finds, or nothing."""
    return accuracy.closest(one, accuracy.of_class(objects, one.name))


def draw(folder, frames, answers, objects):
    """Writes the frames with truth and detections."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames):
        for group, colour in ((objects, (0, 200, 0)), (answers, (0, 0, 255))):
            for one in group:
                if one.frame == number:
                    outline(frame, one, colour)
        cv2.imwrite(str(folder / f"{number}.png"), frame)


def outline(frame, one, colour):
    """One box; with its class and probability if it is a detection."""
    left, top, width, height = one.box.round().astype(int)
    cv2.rectangle(frame, (left, top), (left + width - 1, top + height - 1), colour, 1)
    if one.probability < 1:
        text = f"{one.name} {one.probability:.2f}"
        cv2.putText(frame, text, (left, top + 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255))


if __name__ == "__main__":
    main()
