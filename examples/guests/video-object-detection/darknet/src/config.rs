//! A network's structure: layers of known kinds whose sizes fit each other, within the limits.

mod read;
mod sizes;
mod table;

use std::fmt;

use crate::cfg;
use crate::error::{Error, Fault};
use table::Table;

/// The size of an image, or of what a layer gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Colours or features of a pixel.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

/// The structure of a network, as a cfg describes it.
#[derive(Debug, Clone)]
pub struct Config {
    input: Shape,
    layers: Vec<Layer>,
}

/// The filters of a convolutional layer. The file has `count` biases, then, where they are normalized, as many scales,
/// means and variances, then the weights of each filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filters {
    /// How many.
    pub count: usize,
    /// Weights of each.
    pub weights: usize,
    /// Whether batch normalisation follows them.
    pub normalized: bool,
    /// Whether a shortcut adds another layer to this one.
    pub added: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) kind: Kind,
    pub(crate) input: Shape,
    pub(crate) output: Shape,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Convolutional(Convolutional),
    MaxPool { size: usize, stride: usize, padding: usize },
    Upsample { stride: usize },
    Route { from: Vec<usize> },
    Shortcut { from: usize, activation: Activation },
    Yolo(Yolo),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Convolutional {
    pub(crate) size: usize,
    pub(crate) stride: usize,
    pub(crate) pad: usize,
    pub(crate) batch_normalize: bool,
    pub(crate) activation: Activation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    Linear,
    Leaky,
}

#[derive(Debug, Clone)]
pub(crate) struct Yolo {
    pub(crate) classes: usize,
    /// Width and height of each anchor that this layer uses, in pixels of the network's input.
    pub(crate) anchors: Vec<(f32, f32)>,
}

impl Shape {
    /// Channels × height × width.
    #[expect(clippy::len_without_is_empty, reason = "no shape is empty")]
    pub fn len(&self) -> usize {
        self.channels.saturating_mul(self.height).saturating_mul(self.width)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {} x {}", self.width, self.height, self.channels)
    }
}

impl Config {
    /// Reads a cfg.
    ///
    /// # Errors
    ///
    /// What is no cfg, what needs an unknown layer or option, layers whose sizes do not fit, and more than
    /// [`crate::limits`] allows. Unknown options are none, as with Darknet: most steer training.
    pub fn parse(text: &str) -> Result<Config, Error> {
        let sections = cfg::sections(text)?;
        let (net, rest) = sections.split_first().ok_or(Error::NoLayers)?;
        let input = read::net(net)?;
        let mut config = Config { input, layers: Vec::new() };
        let mut totals = sizes::Totals::default();
        for section in rest {
            let layer = read::layer(section, &config)?;
            totals.add(&layer).map_err(|fault: Fault| section.fault(fault))?;
            config.layers.push(layer);
        }
        if config.layers.is_empty() { Err(Error::NoLayers) } else { Ok(config) }
    }

    /// The size of the images that the network takes.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// How many classes the yolo layers tell apart: the most of any.
    pub fn classes(&self) -> usize {
        self.layers
            .iter()
            .map(|layer| if let Kind::Yolo(yolo) = &layer.kind { yolo.classes } else { 0 })
            .max()
            .unwrap_or(0)
    }

    /// Darknet's table of layers, as it prints it while it reads a cfg.
    pub fn layers(&self) -> impl fmt::Display {
        Table(&self.layers)
    }

    /// Bytes of the network's weights file. Files with Darknet's header of before 2018, version 0.1, have four less.
    pub fn weights_len(&self) -> u64 {
        crate::weights::HEADER + 4 * self.layers.iter().map(|layer| sizes::parameters(layer) as u64).sum::<u64>()
    }

    /// How many layers there are.
    #[expect(clippy::len_without_is_empty, reason = "no network is empty")]
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// The convolutional layers in the order in which the weights file has them.
    pub fn convolutions(&self) -> impl Iterator<Item = Filters> {
        let next = self.layers.iter().map(Some).skip(1).chain([None]);
        self.layers.iter().zip(next).filter_map(|(layer, next)| match &layer.kind {
            Kind::Convolutional(convolutional) => Some(Filters {
                count: layer.output.channels,
                weights: layer.filter(),
                normalized: convolutional.batch_normalize,
                added: matches!(next, Some(Layer { kind: Kind::Shortcut { .. }, .. })),
            }),
            _ => None,
        })
    }

    pub(crate) fn list(&self) -> &[Layer] {
        &self.layers
    }
}
