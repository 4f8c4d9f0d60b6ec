//! From sections to layers: which options each kind has, and whether it fits what it reads.

use super::{Activation, Config, Convolutional, Kind, Layer, Shape, Yolo};
use crate::cfg::Section;
use crate::error::{Error, Fault};
use crate::limits::{MAX_ANCHORS, MAX_CHANNELS, MAX_CLASSES, MAX_SIDE, MAX_STRIDE, MAX_WINDOW};

/// The input of the network.
pub(super) fn net(section: &Section) -> Result<Shape, Error> {
    if !is_net(section) {
        return Err(section.fault(Fault::NotNet));
    }
    let width = section.number("width", None, (1, MAX_SIDE))?;
    let height = section.number("height", None, (1, MAX_SIDE))?;
    let channels = section.number("channels", None, (1, MAX_CHANNELS))?;
    Ok(Shape { channels, height, width })
}

/// Options of layers by which Darknet, or a descendant of it, computes something else than this crate, or reads other
/// weights; and the value with which they change nothing. All others are for training, or do not change what is computed.
const NEUTRAL: &[(&str, &str)] = &[
    ("alpha", "1"),
    ("antialiasing", "0"),
    ("beta", "1"),
    ("bin_output", "0"),
    ("binary", "0"),
    ("cbn", "0"),
    ("deform", "0"),
    ("dilation", "1"),
    ("dontload", "0"),
    ("dontloadscales", "0"),
    ("flipped", "0"),
    ("group_id", "0"),
    ("groups", "1"),
    ("maxpool_depth", "0"),
    ("new_coords", "0"),
    ("numload", "0"),
    ("out_channels", "1"),
    ("rotate", "0"),
    ("scale", "1"),
    ("scale_x_y", "1"),
    ("share_index", "-1000000000"),
    ("stretch", "0"),
    ("stretch_sway", "0"),
    ("sway", "0"),
    ("weights_normalization", "none"),
    ("weights_type", "none"),
    ("xnor", "0"),
];

/// The next layer after those of `before`.
pub(super) fn layer(section: &Section, before: &Config) -> Result<Layer, Error> {
    let previous = before.layers.last();
    let input = previous.map_or(before.input, |layer| layer.output);
    NEUTRAL.iter().try_for_each(|(key, only)| section.only(key, only))?;
    let (kind, output) = match section.name.as_str() {
        "convolutional" | "conv" => convolutional(section, input)?,
        "maxpool" | "max" => maxpool(section, input)?,
        "upsample" => upsample(section, input)?,
        "route" => route(section, before)?,
        "shortcut" => shortcut(section, input, before)?,
        "yolo" => yolo(section, input)?,
        _ if is_net(section) => return Err(section.fault(Fault::SecondNet)),
        _ => return Err(section.fault(Fault::UnknownLayer)),
    };
    if let (Some(Layer { kind: Kind::Yolo(_), .. }), false) = (previous, matches!(kind, Kind::Route { .. })) {
        return Err(section.fault(Fault::ReadsDetections(before.layers.len() - 1)));
    }
    Ok(Layer { kind, input, output })
}

fn is_net(section: &Section) -> bool {
    matches!(section.name.as_str(), "net" | "network")
}

type Parts = Result<(Kind, Shape), Error>;

fn convolutional(section: &Section, input: Shape) -> Parts {
    let channels = section.number("filters", Some(1), (1, MAX_CHANNELS))?;
    let size = section.number("size", Some(1), (1, MAX_WINDOW))?;
    let stride = stride(section)?;
    let padding = section.number("padding", Some(0), (0, MAX_WINDOW))?;
    let pad = if section.flag("pad")? { size / 2 } else { padding };
    let batch_normalize = section.flag("batch_normalize")?;
    // What Darknet takes where there is none, and this crate does not know.
    let activation = activation(section, "logistic")?;
    let height = windows(section, input.height, 2 * pad, size, stride)?;
    let width = windows(section, input.width, 2 * pad, size, stride)?;
    let kind = Kind::Convolutional(Convolutional { size, stride, pad, batch_normalize, activation });
    Ok((kind, Shape { channels, height, width }))
}

fn activation(section: &Section, default: &str) -> Result<Activation, Error> {
    match section.word("activation").unwrap_or(default) {
        "linear" => Ok(Activation::Linear),
        "leaky" => Ok(Activation::Leaky),
        other => {
            let value: String = other.chars().take(60).collect();
            Err(section
                .fault_of("activation", Fault::Unsupported { key: "activation", value, only: "linear and leaky" }))
        }
    }
}

fn maxpool(section: &Section, input: Shape) -> Parts {
    let stride = stride(section)?;
    let size = section.number("size", Some(stride), (1, MAX_WINDOW))?;
    // All of it together, and where it is odd the larger half is right and below. A window must not lie outside.
    let padding = section.number("padding", Some(size - 1), (0, 2 * (size - 1)))?;
    let height = windows(section, input.height, padding, size, stride)?;
    let width = windows(section, input.width, padding, size, stride)?;
    Ok((Kind::MaxPool { size, stride, padding }, Shape { height, width, ..input }))
}

/// The same across and down.
fn stride(section: &Section) -> Result<usize, Error> {
    let stride = section.number("stride", Some(1), (1, MAX_STRIDE))?;
    for key in ["stride_x", "stride_y"] {
        // Those below 1 mean that the option is not there.
        let other =
            section.integers(key)?.first().is_some_and(|value| *value >= 1 && usize::try_from(*value) != Ok(stride));
        if other {
            return Err(section.unsupported(key, "what `stride` is"));
        }
    }
    Ok(stride)
}

/// How many windows lie side by side on `length` pixels with `padding` more.
fn windows(section: &Section, length: usize, padding: usize, size: usize, stride: usize) -> Result<usize, Error> {
    let room = (length + padding).checked_sub(size);
    let ill =
        || Fault::IllSized(format!("a window of {size} does not fit into {length} pixels with {padding} of padding"));
    room.map(|room| room / stride + 1).ok_or_else(|| section.fault(ill()))
}

fn upsample(section: &Section, input: Shape) -> Parts {
    let stride = section.number("stride", Some(2), (1, MAX_STRIDE))?;
    let (height, width) = (input.height.saturating_mul(stride), input.width.saturating_mul(stride));
    Ok((Kind::Upsample { stride }, Shape { height, width, ..input }))
}

fn route(section: &Section, before: &Config) -> Parts {
    let listed = section.integers("layers")?;
    let from: Vec<_> =
        listed.iter().map(|layer| earlier(section, "layers", *layer, before)).collect::<Result<_, _>>()?;
    let shapes: Vec<_> = from.iter().filter_map(|layer| before.layers.get(*layer)).map(|layer| layer.output).collect();
    let Some(first) = shapes.first() else {
        return Err(section.fault(Fault::Missing("layers")));
    };
    if let Some(other) = shapes.iter().find(|shape| (shape.width, shape.height) != (first.width, first.height)) {
        return Err(section.fault(Fault::IllSized(format!("layers of {first} and {other} cannot stand side by side"))));
    }
    let channels = shapes.iter().map(|shape| shape.channels).fold(0, usize::saturating_add);
    if channels > MAX_CHANNELS {
        let (number, most) = (channels as u64, MAX_CHANNELS as u64);
        return Err(section.fault(Fault::TooMany { what: "channels", number, most }));
    }
    Ok((Kind::Route { from }, Shape { channels, ..*first }))
}

/// A layer that a layer reads: counted from the first one, or backwards if negative.
fn earlier(section: &Section, key: &'static str, value: i64, before: &Config) -> Result<usize, Error> {
    let here = i64::try_from(before.layers.len()).unwrap_or(i64::MAX);
    let index = if value < 0 { here.saturating_add(value) } else { value };
    let index = usize::try_from(index).ok().filter(|index| *index < before.layers.len());
    let index = index.ok_or_else(|| section.fault_of(key, Fault::NoSuchLayer { key, value }))?;
    match before.layers.get(index) {
        Some(Layer { kind: Kind::Yolo(_), .. }) => Err(section.fault_of(key, Fault::ReadsDetections(index))),
        _ => Ok(index),
    }
}

fn shortcut(section: &Section, input: Shape, before: &Config) -> Parts {
    let listed = section.integers("from")?;
    let [from] = listed[..] else {
        return Err(section.fault(Fault::Missing("from")));
    };
    let from = earlier(section, "from", from, before)?;
    let activation = activation(section, "linear")?;
    match before.layers.get(from).map(|layer| layer.output) {
        // Darknet adds what overlaps of unlike layers; no YOLO does that, so it is a mistake.
        Some(other) if other != input => {
            Err(section.fault(Fault::IllSized(format!("{other} cannot be added to {input}"))))
        }
        _ => Ok((Kind::Shortcut { from, activation }, input)),
    }
}

fn yolo(section: &Section, input: Shape) -> Parts {
    // Greedily by intersection over union is what `do_nms_sort` does, too.
    if !matches!(section.word("nms_kind"), None | Some("default" | "greedynms")) {
        return Err(section.unsupported("nms_kind", "default and greedynms"));
    }
    let classes = section.number("classes", Some(20), (1, MAX_CLASSES))?;
    let number = section.number("num", Some(1), (1, MAX_ANCHORS))?;
    let sides = section.fractions("anchors")?;
    let all: Vec<(f32, f32)> = sides.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect();
    let mask = match section.word("mask") {
        Some(_) => section.integers("mask")?,
        None => (0..i64::try_from(number).unwrap_or(0)).collect(),
    };
    let used = |index: &i64| usize::try_from(*index).ok().filter(|i| *i < number).and_then(|i| all.get(i)).copied();
    let missing = || {
        Fault::IllSized(format!("the mask names anchors that `num` or `anchors` do not have ({number}, {})", all.len()))
    };
    let anchors: Option<Vec<_>> = mask.iter().map(used).collect();
    let anchors = anchors.filter(|list| (1..=MAX_ANCHORS).contains(&list.len()));
    let anchors = anchors.ok_or_else(|| section.fault_of("mask", missing()))?;
    let channels = anchors.len() * (classes + 5);
    if channels != input.channels {
        let (has, n) = (input.channels, anchors.len());
        let why =
            format!("{n} anchors with 5 + {classes} values take {channels} channels, and the layer before has {has}");
        return Err(section.fault(Fault::IllSized(why)));
    }
    Ok((Kind::Yolo(Yolo { classes, anchors }), input))
}
