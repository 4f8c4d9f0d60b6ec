//! A network with its weights, ready to compute.

use std::io::Read;

use crate::config::{Config, Kind};
use crate::convolution::Convolution;
use crate::error::Error;
use crate::layers::{self, Windows};
use crate::output::Output;
use crate::plan::{Place, Plan};
use crate::tensor::Layout;
use crate::weights::{Weights, reserve};

/// A network that takes images.
#[derive(Debug)]
pub struct Network {
    config: Config,
    plan: Plan,
    /// Of each layer, where it is convolutional.
    convolutions: Vec<Option<Convolution>>,
    slots: Vec<Vec<f32>>,
    /// Of each layer, where it is a yolo layer or the last one: what it gave, by planes; otherwise empty.
    results: Vec<Vec<f32>>,
    /// What any one layer needs while it computes.
    scratch: Vec<f32>,
}

impl Network {
    /// Reads the weights straight into the form that is computed with, so there is no second copy of them. That form is
    /// larger than the file where Winograd's way needs more points than a filter has weights: 2.3 times for YOLOv3.
    ///
    /// # Errors
    ///
    /// Weights that are shorter or longer than the cfg asks for, or are no numbers; not enough memory.
    pub fn load(config: Config, weights: &mut dyn Read) -> Result<Network, Error> {
        let plan = Plan::new(&config)?;
        let mut weights = Weights::open(weights, config.weights_len())?;
        let mut convolutions = Vec::new();
        for (index, layer) in config.list().iter().enumerate() {
            let layouts = (plan.places[index].layout, plan.places[index + 1].layout);
            convolutions.push(Convolution::load(index, layer, layouts, &mut weights)?);
        }
        weights.close()?;
        let scratch = convolutions.iter().flatten().map(Convolution::scratch).max().unwrap_or(0);
        let scratch = reserve("activations", scratch)?;
        let slots = plan.slots.iter().map(|values| reserve("activations", *values)).collect::<Result<_, _>>()?;
        let results = plan.results.iter().map(|values| reserve("results", *values)).collect::<Result<_, _>>()?;
        Ok(Network { config, plan, convolutions, slots, results, scratch })
    }

    /// The structure.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Computes what the network says about an image: planes of red, green and blue, 0 to 1, [`Config::input`] in size.
    ///
    /// # Errors
    ///
    /// An image of another size.
    pub fn forward(&mut self, image: &[f32]) -> Result<Output<'_>, Error> {
        let expected = self.config.input().len();
        if image.len() != expected {
            return Err(Error::Image { length: image.len(), expected });
        }
        let place = self.plan.places[0];
        place.layout.read_planes(image, &mut self.slots[place.slot]);
        for index in 0..self.convolutions.len() {
            self.compute(index);
        }
        Ok(Output { config: &self.config, results: &self.results })
    }

    fn compute(&mut self, index: usize) {
        let mut result = std::mem::take(&mut self.results[index]);
        match &self.config.list()[index].kind {
            Kind::Yolo(yolo) => layers::yolo(yolo, self.value(index), &mut result),
            // It is that layer.
            Kind::Route { from } if from.len() == 1 => {}
            _ => {
                // The plan gives no other layer the slot of what it reads.
                let Place { slot, layout } = self.plan.places[index + 1];
                let mut output = std::mem::take(&mut self.slots[slot]);
                let mut scratch = std::mem::take(&mut self.scratch);
                self.layer(index, (&layout, &mut output), &mut scratch);
                self.scratch = scratch;
                self.slots[slot] = output;
            }
        }
        if index + 1 == self.results.len() && !matches!(self.config.list()[index].kind, Kind::Yolo(_)) {
            let (layout, data) = self.value(index + 1);
            layout.write_planes(data, &mut result);
        }
        self.results[index] = result;
    }

    fn layer(&self, index: usize, to: (&Layout, &mut [f32]), scratch: &mut [f32]) {
        let input = self.value(index);
        match &self.config.list()[index].kind {
            Kind::Convolutional(_) => {
                if let Some(convolution) = &self.convolutions[index] {
                    convolution.run(input.1, to.1, scratch);
                }
            }
            Kind::MaxPool { size, stride, padding } => {
                layers::maxpool(Windows { size: *size, stride: *stride, padding: *padding }, input, to);
            }
            Kind::Upsample { stride } => layers::upsample(*stride, input, to),
            Kind::Route { from } => {
                let inputs: Vec<_> = from.iter().map(|layer| self.value(layer + 1)).collect();
                layers::route(&inputs, to.0, to.1);
            }
            Kind::Shortcut { from, activation } => {
                layers::shortcut(*activation, [input, self.value(from + 1)], to);
            }
            Kind::Yolo(_) => {} // its result is no activation
        }
    }

    /// An activation that was computed, and how it lies.
    fn value(&self, value: usize) -> (&Layout, &[f32]) {
        let place = &self.plan.places[value];
        (&place.layout, &self.slots[place.slot])
    }
}
