//! Convolutions, with their bias and activation in the same go.
//!
//! A layer is packed while its weights are read, and never unpacked: batch normalisation is folded into the weights, and
//! they lie in the order in which the kernel reads them.

mod direct;
mod kernel;

use crate::config::{Activation, Convolutional, Kind, Layer};
use crate::error::Error;
use crate::tensor::Layout;
use crate::weights::Weights;
use direct::Direct;
use kernel::COLUMNS;

/// A convolutional layer that is ready to compute.
#[derive(Debug)]
pub(crate) struct Convolution {
    bias: Vec<f32>,
    activation: Activation,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Direct(Direct),
}

impl Convolution {
    /// Reads the layer's weights, which are next in the file. `index` is for messages.
    pub(crate) fn load(
        index: usize,
        layer: &Layer,
        layouts: (Layout, Layout),
        weights: &mut Weights<'_>,
    ) -> Result<Option<Convolution>, Error> {
        let Kind::Convolutional(convolutional) = &layer.kind else { return Ok(None) };
        let Convolutional { batch_normalize, activation, .. } = *convolutional;
        let filters = layer.output.channels;
        let folded = weights.folded(index, filters, batch_normalize)?;
        let mut form = Form::Direct(Direct::new(convolutional, layouts, filters)?);
        let mut filter = vec![0.0; layer.filter()];
        for (number, scale) in folded.scales.iter().enumerate() {
            weights.filter(index, number, *scale, &mut filter)?;
            form.pack(number, &filter);
        }
        let mut bias = folded.biases;
        bias.resize(filters.next_multiple_of(COLUMNS), 0.0);
        Ok(Some(Convolution { bias, activation, form }))
    }

    /// Computes the layer: every value of `output` within its layout is written.
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32]) {
        let epilogue = Epilogue { bias: &self.bias, slope: self.activation.slope() };
        match &self.form {
            Form::Direct(direct) => direct.run(input, output, &epilogue),
        }
    }
}

impl Form {
    fn pack(&mut self, number: usize, filter: &[f32]) {
        match self {
            Form::Direct(direct) => direct.pack(number, filter),
        }
    }
}

impl Activation {
    /// What negative values are multiplied with.
    pub(crate) fn slope(self) -> f32 {
        match self {
            Activation::Linear => 1.0,
            Activation::Leaky => 0.1,
        }
    }
}

/// What happens to a sum before it is an activation.
#[derive(Debug, Clone, Copy)]
struct Epilogue<'a> {
    /// Of each filter, filled up to whole panels.
    bias: &'a [f32],
    slope: f32,
}
