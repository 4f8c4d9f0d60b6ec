//! Runs Darknet networks: reads their cfg and weights, computes, and finds the objects.
//!
//! [`Config::parse`] reads the text of a cfg, [`Network::load`] adds the weights, [`Network::forward`] computes what an
//! image gives, and [`Output::detections`] reads the objects out of that. It knows the layers of YOLOv3 and YOLOv3-tiny.
//!
//! The cfg and the weights are untrusted: what they may ask for is bounded by [`limits`], and it is refused before memory
//! is taken. The crate opens no files, reads no clock, and starts no threads.

mod cfg;
mod config;
mod convolution;
mod error;
mod layers;
pub mod limits;
mod network;
mod output;
mod plan;
mod simd;
mod tensor;
mod weights;

pub use config::{Config, Filters, Shape};
pub use error::{Error, Fault};
pub use network::Network;
pub use output::{Bounds, Detection, FrameSize, Output, Thresholds};
