//! Darknet's table of layers.

use std::fmt;

use super::{Convolutional, Kind, Layer};

/// Prints the table as Darknet does, each line with its end.
pub(super) struct Table<'a>(pub(super) &'a [Layer]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "layer     filters    size              input                output")?;
        for (index, layer) in self.0.iter().enumerate() {
            write!(f, "{index:5} ")?;
            row(f, layer, self.0)?;
        }
        Ok(())
    }
}

fn row(f: &mut fmt::Formatter<'_>, layer: &Layer, all: &[Layer]) -> fmt::Result {
    match &layer.kind {
        Kind::Convolutional(convolutional) => convolution(f, layer, convolutional),
        Kind::MaxPool { size, stride, .. } => writeln!(f, "max          {size} x {size} / {stride}  {}", Sizes(layer)),
        Kind::Upsample { stride } => writeln!(f, "upsample           {stride:2}x  {}", Sizes(layer)),
        Kind::Route { from } => {
            write!(f, "route ")?;
            from.iter().try_for_each(|layer| write!(f, " {layer}"))?;
            writeln!(f)
        }
        Kind::Shortcut { from, .. } => {
            let other = all.get(*from).unwrap_or(layer);
            let sizes = Sizes(&Layer { kind: Kind::Route { from: vec![] }, input: other.output, output: layer.output });
            writeln!(f, "res  {from:3}                {sizes}")
        }
        Kind::Yolo(_) => writeln!(f, "yolo"),
    }
}

fn convolution(f: &mut fmt::Formatter<'_>, layer: &Layer, convolutional: &Convolutional) -> fmt::Result {
    let Convolutional { size, stride, .. } = convolutional;
    let operations = 2.0 * layer.filter() as f64 * layer.output.len() as f64 / 1e9;
    let filters = layer.output.channels;
    writeln!(f, "conv  {filters:5} {size:2} x{size:2} /{stride:2}  {}  {operations:5.3} BFLOPs", Sizes(layer))
}

struct Sizes<'a>(&'a Layer);

impl fmt::Display for Sizes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Layer { input, output, .. } = self.0;
        write!(f, "{:4} x{:4} x{:4}   ->  ", input.width, input.height, input.channels)?;
        write!(f, "{:4} x{:4} x{:4}", output.width, output.height, output.channels)
    }
}
