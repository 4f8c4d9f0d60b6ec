//! Convolutions, with their bias and activation in the same go.
//!
//! A layer is packed while its weights are read, and never unpacked: batch normalisation is folded into the weights, and
//! they lie in the order in which the kernel reads them.

mod direct;
mod kernel;
mod transform;
mod winograd;

use crate::config::{Activation, Convolutional, Kind, Layer};
use crate::error::Error;
use crate::tensor::Layout;
use crate::weights::Weights;
use direct::Direct;
pub(crate) use kernel::COLUMNS;
use winograd::Winograd;

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
    Small(Winograd<2, 4>),
    Large(Winograd<4, 6>),
}

/// Pairs of an input and an output channel up to which a layer's weights may become four times as many, which is what
/// large tiles cost; all larger layers of YOLOv3 together would take half a gigabyte.
const LARGE_PAIRS: usize = 256 * 512;

/// Channels from which on the transforms are worth it, in and out.
const LEAST_CHANNELS: usize = 16;

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
        let mut form = Form::new(convolutional, layouts)?;
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
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32], scratch: &mut [f32]) {
        let epilogue = Epilogue { bias: &self.bias, slope: self.activation.slope() };
        match &self.form {
            Form::Direct(direct) => direct.run(input, output, &epilogue, scratch),
            Form::Small(small) => small.run(input, output, &epilogue, scratch),
            Form::Large(large) => large.run(input, output, &epilogue, scratch),
        }
    }

    /// Values of `scratch` that [`Self::run`] needs.
    pub(crate) fn scratch(&self) -> usize {
        match &self.form {
            Form::Direct(direct) => direct.scratch(),
            Form::Small(small) => small.scratch(),
            Form::Large(large) => large.scratch(),
        }
    }
}

impl Form {
    /// The one that multiplies least, within bounds of memory.
    fn new(convolutional: &Convolutional, layouts: (Layout, Layout)) -> Result<Form, Error> {
        let (input, output) = layouts;
        let (channels, filters) = (input.shape.channels, output.shape.channels);
        let fits = matches!(convolutional, Convolutional { size: 3, stride: 1, pad: 1, .. });
        if !fits || channels.min(filters) < LEAST_CHANNELS {
            return Ok(Form::Direct(Direct::new(convolutional, layouts)?));
        }
        let [small, large] = [Winograd::<2, 4>::multiplications(&output), Winograd::<4, 6>::multiplications(&output)];
        if large < small && channels.saturating_mul(filters) <= LARGE_PAIRS {
            Ok(Form::Large(Winograd::new(layouts)?))
        } else {
            Ok(Form::Small(Winograd::new(layouts)?))
        }
    }

    fn pack(&mut self, number: usize, filter: &[f32]) {
        match self {
            Form::Direct(direct) => direct.pack(number, filter),
            Form::Small(small) => small.pack(number, filter),
            Form::Large(large) => large.pack(number, filter),
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
