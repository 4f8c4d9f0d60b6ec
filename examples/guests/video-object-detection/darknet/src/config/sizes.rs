//! How large a network is, and where that is too much. Nothing here takes memory.

use super::{Kind, Layer};
use crate::convolution::COLUMNS;
use crate::error::Fault;
use crate::limits;
use crate::tensor::Layout;

/// What the layers so far ask for together.
#[derive(Debug, Default)]
pub(super) struct Totals {
    weights: usize,
    multiplications: u64,
}

impl Totals {
    pub(super) fn add(&mut self, layer: &Layer) -> Result<(), Fault> {
        let filter = layer.filter();
        bounded("weights of a filter", filter as u64, limits::MAX_FILTER as u64)?;
        bounded("values of a layer", layer.output.len() as u64, limits::MAX_ACTIVATIONS as u64)?;
        self.weights = self.weights.saturating_add(parameters(layer));
        bounded("weights", self.weights as u64, limits::MAX_WEIGHTS as u64)?;
        self.multiplications = self.multiplications.saturating_add(work(layer));
        bounded("multiplications", self.multiplications, limits::MAX_MULTIPLICATIONS)
    }
}

/// The numbers that the weights file has for a layer.
pub(super) fn parameters(layer: &Layer) -> usize {
    let Kind::Convolutional(convolutional) = &layer.kind else { return 0 };
    let each = if convolutional.batch_normalize { 4 } else { 1 };
    layer.output.channels.saturating_mul(layer.filter().saturating_add(each))
}

/// Multiplications or what costs as much. Channels that fill up a vector, or a panel of filters, cost as much as others.
fn work(layer: &Layer) -> u64 {
    let pixels = layer.output.height.saturating_mul(layer.output.width);
    let [input, output] = [&layer.input, &layer.output].map(|shape| Layout::new(*shape, 0).pixel);
    let each = match &layer.kind {
        Kind::Convolutional(c) => {
            let panels = layer.output.channels.next_multiple_of(COLUMNS);
            c.size.saturating_mul(c.size).saturating_mul(input).saturating_mul(panels)
        }
        Kind::MaxPool { size, .. } => size.saturating_mul(*size).saturating_mul(output),
        _ => output,
    };
    (pixels as u64).saturating_mul(each as u64)
}

fn bounded(what: &'static str, number: u64, most: u64) -> Result<(), Fault> {
    if number > most { Err(Fault::TooMany { what, number, most }) } else { Ok(()) }
}

impl Layer {
    /// Weights of one filter.
    pub(crate) fn filter(&self) -> usize {
        match &self.kind {
            Kind::Convolutional(c) => c.size.saturating_mul(c.size).saturating_mul(self.input.channels),
            _ => 0,
        }
    }
}
