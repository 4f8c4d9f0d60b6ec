"""The decoder of the video function against ffmpeg's: streams made by x264, decoded by the guest program in the engine.

Every byte of every frame is the same; what cannot be decoded faithfully is refused with one line.
"""

import os
import subprocess

import imageio_ffmpeg
import pytest

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()

TESTSRC = "testsrc2=s={size}:r=25"
ZOOM = "mandelbrot=s={size}:r=25:end_scale=0.02"
# What a camera gives: motion that is not of whole pixels, and noise.
NATURAL = ZOOM + ",noise=alls=8:allf=t"
FADE = TESTSRC + ",fade=in:0:12"
SHAKE = NATURAL + ",crop=iw-32:ih-32:16+14*sin(n):16+14*cos(n*1.7)"

# name: (source, size, number of frames, x264 profile, x264 parameters, bitstream filter)
STREAMS = {
    "baseline": (NATURAL, "640x480", 20, "baseline", "", ""),
    "baseline, several references": (SHAKE, "352x288", 20, "baseline", "ref=5:partitions=all:me=umh", ""),
    "main, CABAC, B frames": (NATURAL, "640x480", 20, "main", "bframes=3", ""),
    "main, CAVLC, temporal direct": (TESTSRC, "640x480", 30, "main", "cabac=0:bframes=4:direct=temporal", ""),
    "main, CABAC, temporal direct": (SHAKE, "352x288", 30, "main", "bframes=5:direct=temporal:b-pyramid=normal:ref=4", ""),
    "high, pyramid of B frames": (
        SHAKE, "640x480", 40, "high", "bframes=7:b-adapt=2:b-pyramid=normal:ref=8:direct=auto:me=umh:subme=9", "",
    ),
    "high, CAVLC, 8x8 transform": (NATURAL, "352x288", 20, "high", "cabac=0:8x8dct=1:bframes=3", ""),
    "high, intra only": (NATURAL, "352x288", 8, "high", "keyint=1:partitions=all", ""),
    "weighted prediction": (FADE, "352x288", 30, "high", "weightp=2:weightb=1:bframes=3:ref=4", ""),
    "cropped right and below": (TESTSRC, "354x290", 20, "high", "bframes=2", ""),
    "cropped on all sides": (
        NATURAL, "352x288", 20, "high", "bframes=2", "h264_metadata=crop_left=6:crop_top=10:crop_right=4:crop_bottom=2",
    ),
    "smaller than a macroblock": (TESTSRC, "10x6", 10, "high", "bframes=2", ""),
    "several slices": (SHAKE, "640x480", 20, "high", "slices=5:bframes=3", ""),
    "slices of limited size": (NATURAL, "352x288", 12, "main", "slice-max-size=900:bframes=2", ""),
    "quantiser matrices": (NATURAL, "352x288", 12, "high", "cqm=jvt:bframes=2", ""),
    "extreme quality": (NATURAL, "176x144", 6, "high", "qp=1:bframes=1", ""),
    "no deblocking": (NATURAL, "352x288", 12, "high", "no-deblock=1:bframes=2", ""),
    "offsets of deblocking and chroma": (NATURAL, "352x288", 12, "high", "deblock=-4,5:chroma-qp-offset=-7", ""),
    "open groups of pictures": (SHAKE, "352x288", 40, "high", "keyint=9:min-keyint=9:open-gop=1:bframes=3", ""),
    "closed groups of pictures": (SHAKE, "352x288", 40, "high", "keyint=9:scenecut=0:bframes=3", ""),
    "constrained intra prediction": (SHAKE, "352x288", 20, "main", "constrained-intra=1:bframes=2", ""),
    "no say on the order of display": (
        SHAKE, "352x288", 30, "high", "bframes=3", "h264_metadata=delete_filler=1,filter_units=remove_types=6",
    ),
    "full range, BT.709": (TESTSRC, "320x240", 8, "high", "fullrange=on:colormatrix=bt709", ""),
    "pictures of megabytes": (TESTSRC + ",noise=alls=80:allf=t", "1920x1080", 2, "high", "qp=2:slices=24:keyint=1", ""),
    "1080p, high": (NATURAL, "1920x1080", 8, "high", "bframes=3", ""),
}


def encode(path, source, frames, parameters=(), pixels="yuv420p", filters=""):
    """Writes a stream that x264 makes of a synthetic source."""
    command = [FFMPEG, "-v", "error", "-f", "lavfi", "-i", source, "-frames:v", str(frames), "-pix_fmt", pixels]
    command += ["-c:v", "libx264", "-threads", "1", *parameters]
    command += ["-bsf:v", filters] if filters else []
    subprocess.run([*command, "-f", "h264", path], check=True)
    return path


def reference(path):
    """All frames as ffmpeg decodes them, cropped to the pixel and not converted."""
    command = [FFMPEG, "-v", "error", "-flags", "unaligned", "-i", path, "-fps_mode", "passthrough", "-f", "rawvideo", "-"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


@pytest.fixture
def decode(run_guest, tmp_path):
    """Decodes a stream in the engine: gives the finished process, and the frames if it ended well."""

    def run(stream):
        folder, out = tmp_path / "in", tmp_path / "out"
        folder.mkdir(exist_ok=True)
        os.replace(stream, folder / "stream")
        finished = run_guest("h264-decode", {"/video": folder}, {"/video": out}, ["/video/stream", "/video/frames"])
        return finished, (out / "frames").read_bytes() if finished.returncode == 0 else None

    return run


@pytest.mark.parametrize("name", STREAMS)
def test_frames_are_those_of_ffmpeg(name, decode, tmp_path):
    source, size, count, profile, parameters, filters = STREAMS[name]
    options = ["-profile:v", profile, *(["-x264-params", parameters] if parameters else [])]
    stream = encode(tmp_path / "made", source.format(size=size), count, options, filters=filters)
    expected = reference(stream)
    finished, frames = decode(stream)
    assert finished.returncode == 0, finished.stderr.decode()
    assert expected and len(frames) == len(expected)
    size = len(expected) // count
    differing = [n for n in range(count) if frames[n * size :][:size] != expected[n * size :][:size]]
    assert not differing


def test_a_stream_may_change_its_size_and_kind(decode, tmp_path):
    """Also the way its pictures are ordered: the last ones of a part wait when the parameters of the next one come."""
    kinds = [
        ("320x240", "high"), ("160x128", "high"), ("160x128", "baseline"), ("160x128", "main"), ("320x240", "baseline"),
    ]
    parts = [
        encode(
            tmp_path / f"{size}.{profile}", SHAKE.format(size=size), 10,
            ["-profile:v", profile] + ([] if profile == "baseline" else ["-x264-params", "bframes=3:b-pyramid=normal"]),
        )
        for size, profile in kinds
    ]
    expected = b"".join(reference(part) for part in parts)
    whole = tmp_path / "made"
    whole.write_bytes(b"".join(part.read_bytes() for part in parts))
    finished, frames = decode(whole)
    assert finished.returncode == 0, finished.stderr.decode()
    assert frames == expected


def units(stream):
    """The NAL units of a stream, each with a start code of four bytes."""
    return [b"\0\0\0\1" + unit.rstrip(b"\0") for unit in stream.split(b"\0\0\1")[1:]]


def kind(unit):
    return unit[4] & 0x1F


INTERLACED = ["-flags", "+ilme+ildct", "-x264-params", "interlaced=1"]
# name: (pixel format, encoder options, what is done to the stream, what the line says)
REFUSED = {
    "nothing": ("yuv420p", [], lambda s: b"", "empty"),
    "zeros": ("yuv420p", [], lambda s: bytes(5000), "start code"),
    "garbage": ("yuv420p", [], lambda s: b"\x47not a video" * 999, "start code"),
    "parameters alone": ("yuv420p", [], lambda s: b"".join(u for u in units(s) if kind(u) in (7, 8)), "without a picture"),
    "no parameters": ("yuv420p", [], lambda s: b"".join(u for u in units(s) if kind(u) not in (7, 8)), "parameter sets"),
    "cut in the last picture": ("yuv420p", [], lambda s: s[:-200], "truncated"),
    "cut in the first picture": ("yuv420p", [], lambda s: s[:2000], "truncated"),
    "cut in the last picture of several slices": (
        "yuv420p", ["-x264-params", "slices=4"], lambda s: b"".join(units(s)[:-1]), "truncated",
    ),
    "a slice is missing": (
        "yuv420p", ["-x264-params", "slices=4:bframes=0"], lambda s: b"".join(units(s)[:-6] + units(s)[-5:]), "damaged",
    ),
    "a slice comes again": (
        "yuv420p", ["-x264-params", "slices=4:bframes=0"], lambda s: b"".join(units(s)[:-5] + units(s)[-6:]), "same place",
    ),
    "a slice comes many times": (
        "yuv420p", [], lambda s: b"".join(units(s)[:4] + units(s)[3:4] * 20000), "same place",
    ),
    "the last byte is missing": ("yuv420p", [], lambda s: s[:-1], "truncated"),
    "the last byte is missing, CAVLC": ("yuv420p", ["-x264-params", "cabac=0"], lambda s: s[:-1], "truncated"),
    "a reference is missing": (
        "yuv420p", ["-x264-params", "bframes=0:ref=1"],
        lambda s: b"".join(units(s)[:5] + units(s)[7:]), "damaged",
    ),
    "overwritten in the middle": (
        "yuv420p", [], lambda s: s[: len(s) // 2] + b"\xa5" * 300 + s[len(s) // 2 + 300 :], "damaged",
    ),
    "interlaced": ("yuv420p", INTERLACED, lambda s: s, "interlaced"),
    "10 bits": ("yuv420p10le", [], lambda s: s, "10 bits"),
    "4:2:2": ("yuv422p", [], lambda s: s, "4:2:2"),
    "4:4:4": ("yuv444p", [], lambda s: s, "4:4:4"),
    "monochrome": ("gray", [], lambda s: s, "monochrome"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_decoded_is_refused_with_one_line(name, decode, tmp_path):
    pixels, options, change, reason = REFUSED[name]
    stream = encode(tmp_path / "made", NATURAL.format(size="352x288"), 10, options, pixels=pixels)
    changed = change(stream.read_bytes())
    stream.write_bytes(changed)
    finished, _ = decode(stream)
    assert finished.returncode == 1
    lines = finished.stderr.decode().splitlines()
    assert len(lines) == 1 and lines[0].startswith("h264-decode: "), lines
    assert reason in lines[0]


def test_no_damage_makes_the_program_fail_otherwise(decode, tmp_path):
    """Damage that happens to decode gives frames; all other gives one line. Nothing traps, and nothing hangs."""
    made = encode(tmp_path / "made", SHAKE.format(size="128x96"), 12, ["-x264-params", "bframes=2:slices=2"]).read_bytes()
    for seed in range(24):
        damaged = bytearray(made)
        for i in range(1 + seed % 4):
            damaged[40 + (seed * 7919 + i * 104729) % (len(made) - 40)] ^= 1 << (seed + i) % 8
        (tmp_path / "made").write_bytes(damaged)
        finished, _ = decode(tmp_path / "made")
        assert finished.returncode in (0, 1), finished.stderr.decode()
        assert len(finished.stderr.decode().splitlines()) == finished.returncode
