//! What can be wrong with a cfg, with weights, or with an image: where, and why.

use crate::limits;

/// Why a network cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A section or line of the cfg.
    #[error("line {line}, [{section}]: {fault}")]
    Cfg {
        /// Counted from 1.
        line: usize,
        /// The name as it stands in the cfg, without brackets; empty before the first section.
        section: String,
        /// What is wrong there.
        fault: Fault,
    },
    /// The cfg has no layers.
    #[error("no layers: a network starts with [net] and has layers after it")]
    NoLayers,
    /// The cfg is larger than any network's.
    #[error("{length} bytes, more than the {} that a cfg may have", limits::MAX_CFG_BYTES)]
    CfgTooLarge {
        /// Bytes of the text.
        length: usize,
    },
    /// The weights end inside a layer, or in the header.
    #[error("too short: it ends at byte {length}, inside {place}; the cfg asks for {expected} bytes")]
    WeightsTooShort {
        /// Bytes that there were.
        length: u64,
        /// Bytes that there should be.
        expected: u64,
        /// The header, or which layer.
        place: String,
    },
    /// There is more after the last layer's weights.
    #[error("too long: the cfg asks for {expected} bytes, and there are more")]
    WeightsTooLong {
        /// Bytes that there should be.
        expected: u64,
    },
    /// Not a number, infinite, or the variance of nothing: no training ends with such weights.
    #[error("layer {layer}: {what} of filter {filter} is not a usable number")]
    WeightsNotUsable {
        /// As in the layer table.
        layer: usize,
        /// Counted from 0.
        filter: usize,
        /// Which of the filter's numbers.
        what: &'static str,
    },
    /// The weights could not be read.
    #[error("cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The memory of this program ends.
    #[error("not enough memory for {what}: {bytes} bytes more are needed")]
    Memory {
        /// What it was for.
        what: &'static str,
        /// How much.
        bytes: u64,
    },
    /// The image is not of the network's size.
    #[error("the image has {length} values, and the network takes {expected}")]
    Image {
        /// Values of the image.
        length: usize,
        /// Channels × height × width of the network.
        expected: usize,
    },
}

/// What is wrong with a section of a cfg.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Neither a section, nor an option, nor a comment.
    #[error("`{0}` is neither a [section] nor an option `key=value`")]
    NotALine(String),
    /// An option before the first section.
    #[error("an option before the first [section]")]
    NoSection,
    /// The first section is another one.
    #[error("the first section must be [net]")]
    NotNet,
    /// No layer of this name.
    #[error("unknown layer; known are convolutional, maxpool, upsample, route, shortcut, yolo")]
    UnknownLayer,
    /// A second [net].
    #[error("[net] again; a cfg has one network")]
    SecondNet,
    /// An option that must be there is not.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Not a whole number, or another thing that is asked for.
    #[error("`{key}={value}`: not {wanted}")]
    Malformed {
        /// The option.
        key: &'static str,
        /// As it stands there.
        value: String,
        /// What would be right.
        wanted: &'static str,
    },
    /// A number outside of what is possible here.
    #[error("`{key}={value}`: must be {least} to {most}")]
    OutOfRange {
        /// The option.
        key: &'static str,
        /// As it stands there.
        value: i64,
        /// The least number possible.
        least: i64,
        /// The greatest.
        most: i64,
    },
    /// A thing that Darknet knows and this crate does not.
    #[error("`{key}={value}` is not supported, only {only}")]
    Unsupported {
        /// The option.
        key: &'static str,
        /// As it stands there.
        value: String,
        /// What is supported.
        only: &'static str,
    },
    /// Does not fit what it reads.
    #[error("ill-sized: {0}")]
    IllSized(String),
    /// Reads a layer that is not before it.
    #[error("`{key}={value}`: there is no layer {value} before this one")]
    NoSuchLayer {
        /// The option.
        key: &'static str,
        /// As it stands there.
        value: i64,
    },
    /// Reads the output of a yolo layer, which is detections.
    #[error("reads the output of layer {0}, a yolo layer")]
    ReadsDetections(usize),
    /// More than [`crate::limits`] allows.
    #[error("{what}: {number} are more than the {most} that are allowed")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many the cfg asks for, up to this section.
        number: u64,
        /// How many are allowed.
        most: u64,
    },
}
