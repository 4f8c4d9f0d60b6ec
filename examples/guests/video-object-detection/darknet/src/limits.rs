//! How much a cfg may ask for. Everything here is far above YOLOv3, and far below what would hurt the host.

/// Bytes of a cfg; YOLOv3's has 8 KB.
pub const MAX_CFG_BYTES: usize = 1 << 20;

/// Layers of a network; YOLOv3 has 107.
pub const MAX_LAYERS: usize = 1024;

/// Width and height of the input.
pub const MAX_SIDE: usize = 8192;

/// Channels of a layer, thus filters of a convolution; YOLOv3 has 1024.
pub const MAX_CHANNELS: usize = 1 << 16;

/// Width of a filter or of a maxpool's window, and pixels of padding.
pub const MAX_WINDOW: usize = 31;

/// Stride of a layer.
pub const MAX_STRIDE: usize = 32;

/// Weights of one filter; YOLOv3 has up to 9216. Some copies of one filter are made while weights are read.
pub const MAX_FILTER: usize = 1 << 20;

/// Weights of a network (1 GiB of them); YOLOv3 has 62 million.
pub const MAX_WEIGHTS: usize = 1 << 28;

/// Values that all activations in memory may have together (1 GiB of them).
pub const MAX_ACTIVATIONS: usize = 1 << 28;

/// Multiplications of one run of the network, with those of channels that only fill up vectors; YOLOv3 at 416×416 has 33 thousand million.
pub const MAX_MULTIPLICATIONS: u64 = 1 << 40;

/// Classes of a yolo layer.
pub const MAX_CLASSES: usize = 1 << 14;

/// Anchors of a yolo layer; YOLOv3 has 9.
pub const MAX_ANCHORS: usize = 1024;

/// Boxes of one class that are compared with each other, the most probable ones: the time for that grows with the square.
pub const MAX_CANDIDATES: usize = 2048;

/// Pairs of a box and a class in a frame, the most probable ones: with the limit before, it bounds time and memory however
/// many classes there are. An ordinary frame has some hundreds.
pub const MAX_FRAME_CANDIDATES: usize = 1 << 15;

/// Detections of a frame, the most probable ones. So what is written about a frame stays at some megabytes; a crowded
/// picture has a thousand.
pub const MAX_DETECTIONS: usize = 10_000;
