//! Which memory each activation gets: what its last reader has read is given to the next.
//!
//! A value is what a layer gives; value 0 is the input, value n + 1 the output of layer n.

use crate::config::{Config, Kind, Layer, Shape};
use crate::error::Error;
use crate::limits;
use crate::tensor::Layout;

/// Where every value of a network lies.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Of each value; a yolo layer's is what it reads.
    pub(crate) places: Vec<Place>,
    /// Values that each slot must have room for.
    pub(crate) slots: Vec<usize>,
    /// Values that each layer's result must have room for: none but those of yolo layers and of the last layer are kept.
    pub(crate) results: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) slot: usize,
    pub(crate) layout: Layout,
}

impl Plan {
    pub(crate) fn new(config: &Config) -> Result<Plan, Error> {
        let layers = config.list();
        let lives = lives(layers);
        let mut plan = Plan { places: Vec::new(), slots: Vec::new(), results: results(layers) };
        let mut free = Vec::new();
        let shapes = std::iter::once(config.input()).chain(layers.iter().map(|layer| layer.output));
        for (value, shape) in shapes.enumerate() {
            let life = &lives[value];
            let place = match plan.places.get(life.source) {
                Some(source) => Place { slot: source.slot, layout: source.layout },
                None => plan.place(shape, life.border, &mut free),
            };
            plan.places.push(place);
            // Only now, so that no layer writes where it reads.
            let ended =
                lives.iter().enumerate().take(value + 1).filter(|(of, life)| life.source == *of && life.end == value);
            free.extend(ended.map(|(of, _)| plan.places[of].slot));
        }
        plan.bounded()
    }

    /// The free slot that fits best, or the largest made larger, or a new one.
    fn place(&mut self, shape: Shape, border: usize, free: &mut Vec<usize>) -> Place {
        let layout = Layout::new(shape, border);
        let misfit = |slot: usize| (self.slots[slot] < layout.len(), self.slots[slot].abs_diff(layout.len()));
        let best = (0..free.len()).min_by_key(|index| misfit(free[*index]));
        let slot = best.map_or(self.slots.len(), |index| free.swap_remove(index));
        match self.slots.get_mut(slot) {
            Some(room) => *room = layout.len().max(*room),
            None => self.slots.push(layout.len()),
        }
        Place { slot, layout }
    }

    fn bounded(self) -> Result<Plan, Error> {
        let values = self.slots.iter().chain(&self.results).fold(0, |sum: usize, values| sum.saturating_add(*values));
        if values > limits::MAX_ACTIVATIONS {
            return Err(Error::Memory { what: "activations", bytes: 4 * values as u64 });
        }
        Ok(self)
    }
}

fn results(layers: &[Layer]) -> Vec<usize> {
    let kept = |index: usize, layer: &Layer| index + 1 == layers.len() || matches!(layer.kind, Kind::Yolo(_));
    layers.iter().enumerate().map(|(index, layer)| if kept(index, layer) { layer.output.len() } else { 0 }).collect()
}

/// A value's life: from where it is computed to where it is read last.
#[derive(Debug)]
struct Life {
    /// The value whose memory it shares: a route of one layer is that layer.
    source: usize,
    /// The value that is computed when it is read for the last time.
    end: usize,
    /// The widest border that a reader needs.
    border: usize,
}

fn lives(layers: &[Layer]) -> Vec<Life> {
    let mut lives = vec![Life { source: 0, end: 0, border: 0 }];
    for (index, layer) in layers.iter().enumerate() {
        let value = index + 1;
        let border = if let Kind::Convolutional(convolutional) = &layer.kind { convolutional.pad } else { 0 };
        let reads = reads(index, &layer.kind);
        for read in &reads {
            let source = lives[*read].source;
            lives[source].end = value;
            lives[source].border = lives[source].border.max(border);
        }
        let source = match (&layer.kind, &reads[..]) {
            // Detections have a place of their own, beside the plan.
            (Kind::Route { .. } | Kind::Yolo(_), [only]) => lives[*only].source,
            _ => value,
        };
        lives.push(Life { source, end: value, border: 0 });
    }
    lives
}

/// The values that a layer reads.
fn reads(index: usize, kind: &Kind) -> Vec<usize> {
    match kind {
        Kind::Route { from } => from.iter().map(|layer| layer + 1).collect(),
        Kind::Shortcut { from, .. } => vec![index, from + 1],
        _ => vec![index],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the plan with names instead of numbers: what each layer reads must still be there.
    fn check(config: &Config) -> Plan {
        let plan = Plan::new(config).unwrap();
        let mut slots = vec![usize::MAX; plan.slots.len()];
        slots[plan.places[0].slot] = 0;
        let lives = lives(config.list());
        for (index, layer) in config.list().iter().enumerate() {
            for read in reads(index, &layer.kind) {
                assert_eq!(slots[plan.places[read].slot], lives[read].source, "layer {index} reads what is gone");
            }
            let Place { slot, layout } = plan.places[index + 1];
            assert!(layout.len() <= plan.slots[slot]);
            if lives[index + 1].source == index + 1 {
                slots[slot] = index + 1;
            }
        }
        plan
    }

    #[test]
    fn nothing_is_overwritten_that_is_read_later() {
        let net = "[net]\nwidth=8\nheight=8\nchannels=3\n";
        let layer = "[convolutional]\nfilters=3\nsize=3\npad=1\nactivation=linear\n";
        for layers in [
            format!("{layer}{layer}{layer}[route]\nlayers=0\n{layer}[route]\nlayers=0,1,-1\n{layer}"),
            format!("{layer}{layer}[shortcut]\nfrom=0\n[shortcut]\nfrom=0\n{layer}[shortcut]\nfrom=-2\n"),
            format!("{layer}[route]\nlayers=0\n[route]\nlayers=1\n{layer}{layer}{layer}[route]\nlayers=2,0\n"),
            format!("{layer}[maxpool]\nsize=2\n[upsample]\nstride=1\n{layer}[route]\nlayers=0\n"),
        ] {
            check(&Config::parse(&format!("{net}{layers}")).unwrap());
        }
    }

    #[test]
    fn whole_networks_need_much_less_than_all_their_activations() {
        // The first layers are the largest, so of a shallow network more is left.
        let cases =
            [(include_str!("../../networks/yolov3.cfg"), 0.21), (include_str!("../../networks/yolov3-tiny.cfg"), 0.54)];
        for (text, most) in cases {
            let config = Config::parse(text).unwrap();
            let all: usize = config.list().iter().map(|layer| layer.output.len()).sum();
            let planned: usize = check(&config).slots.iter().sum();
            assert!((planned as f64) < most * all as f64, "{planned} of {all}");
        }
    }

    #[test]
    fn a_border_is_as_wide_as_the_widest_reader_needs() {
        let text = "[net]\nwidth=8\nheight=8\nchannels=3\n[maxpool]\n[convolutional]\nfilters=3\nsize=3\npad=1\n\
                    activation=linear\n[route]\nlayers=0\n[convolutional]\nsize=5\npad=1\nactivation=linear\n";
        let plan = check(&Config::parse(text).unwrap());
        let borders: Vec<_> = plan.places.iter().map(|place| place.layout.border).collect();
        assert_eq!(borders, [0, 2, 0, 2, 0]);
    }

    #[test]
    fn results_count_as_activations_do() {
        // 6 channels of 2048 × 2048 pixels are 25 million values; what yolo layers read lies in memory once.
        let text = "[net]\nwidth=2048\nheight=2048\nchannels=6\n[maxpool]\n";
        let yolo = "[yolo]\nclasses=1\nnum=1\nanchors=1,2\n[route]\nlayers=0\n";
        let cfg = |yolos: usize| format!("{text}{}[maxpool]\nsize=31\nstride=32\n", yolo.repeat(yolos));
        let plan = |yolos: usize| Plan::new(&Config::parse(&cfg(yolos)).unwrap());
        assert!(plan(7).is_ok());
        assert!(matches!(plan(9), Err(Error::Memory { what: "activations", .. })));
    }
}
