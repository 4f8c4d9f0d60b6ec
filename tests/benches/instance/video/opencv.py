"""Forward passes of OpenCV's DNN on one thread: prints the seconds of each, after one that is not counted.

Arguments: cfg, weights, width and height of the input, number of passes.
"""

import sys
import time

import cv2
import numpy


def main(cfg, weights, width, height, passes):
    cv2.setNumThreads(1)
    network = cv2.dnn.readNetFromDarknet(cfg, weights)
    network.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    network.setPreferableTarget(cv2.dnn.DNN_TARGET_CPU)
    picture = numpy.random.default_rng(1).random((1, 3, height, width), dtype=numpy.float32)
    for turn in range(passes + 1):
        # Another value each time: what did not change is not computed again.
        network.setInput(picture * (1 - turn / 1000))
        start = time.perf_counter()
        network.forward(network.getUnconnectedOutLayersNames())
        if turn:
            print(time.perf_counter() - start)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]))
