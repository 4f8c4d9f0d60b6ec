//! What a cfg may say, and how it is refused.

use darknet::{Config, Error, Fault, Filters, Shape};

const NET: &str = "[net]\nwidth=16\nheight=8\nchannels=3\n";

fn parse(layers: &str) -> Result<Config, Error> {
    Config::parse(&format!("{NET}{layers}"))
}

#[test]
fn a_cfg_may_be_written_as_darknet_reads_it() {
    let text = "# a comment\n; another\n\n [net] # and one more\r\nwidth = 16\r\n\theight= 8 ; rows\nchannels=3\nchannels=7\n\
                momentum=0.9\npolicy=steps\n[conv]\nfilters= 4\nactivation = linear\n[maxpool]\nsize=2\nstride=2\n";
    let config = Config::parse(text).unwrap();
    assert_eq!(config.input(), Shape { channels: 3, height: 8, width: 16 });
    let filters = Filters { count: 4, weights: 3, normalized: false, added: false };
    assert_eq!(config.convolutions().collect::<Vec<_>>(), [filters]);
    assert_eq!(config.len(), 2);
}

#[test]
fn published_networks_have_the_published_sizes() {
    let cases = [
        (include_str!("../../networks/yolov3.cfg"), 107, 248_007_048),
        (include_str!("../../networks/yolov3-tiny.cfg"), 24, 35_434_956),
    ];
    for (text, layers, bytes) in cases {
        let config = Config::parse(text).unwrap();
        assert_eq!((config.len(), config.weights_len(), config.classes()), (layers, bytes, 80));
        assert_eq!(config.input(), Shape { channels: 3, height: 416, width: 416 });
    }
    assert_eq!(include_str!("../../networks/coco.names").lines().count(), 80);
}

#[test]
fn the_table_of_layers_is_darknets() {
    let text = "[convolutional]\nfilters=24\nsize=3\npad=1\nstride=2\nactivation=leaky\n[convolutional]\nfilters=24\n\
                activation=linear\n[shortcut]\nfrom=-2\n[maxpool]\nsize=2\nstride=1\n[upsample]\nstride=2\n\
                [route]\nlayers=-2,0\n[route]\nlayers=0\n[yolo]\nclasses=3\nnum=3\nanchors=1,2,3,4,5,6\nmask=0,1,2\n";
    let expected = "\
layer     filters    size              input                output
    0 conv     24  3 x 3 / 2    16 x   8 x   3   ->     8 x   4 x  24  0.000 BFLOPs
    1 conv     24  1 x 1 / 1     8 x   4 x  24   ->     8 x   4 x  24  0.000 BFLOPs
    2 res    0                   8 x   4 x  24   ->     8 x   4 x  24
    3 max          2 x 2 / 1     8 x   4 x  24   ->     8 x   4 x  24
    4 upsample            2x     8 x   4 x  24   ->    16 x   8 x  24
    5 route  3 0
    6 route  0
    7 yolo
";
    assert_eq!(parse(text).unwrap().layers().to_string(), expected);
}

/// Layers after [`NET`], which has four lines, and the message.
const REFUSED: &[(&str, &str)] = &[
    ("what", "line 5, [net]: `what` is neither a [section] nor an option `key=value`"),
    ("[maxpool", "line 5, []: `[maxpool` is neither a [section] nor an option `key=value`"),
    ("", "no layers: a network starts with [net] and has layers after it"),
    ("[net]", "line 5, [net]: [net] again; a cfg has one network"),
    (
        "[connected]\noutput=3",
        "line 5, [connected]: unknown layer; known are convolutional, maxpool, upsample, route, shortcut, yolo",
    ),
    (
        "[convolutional]\nfilters=3",
        "line 5, [convolutional]: `activation=logistic` is not supported, only linear and leaky",
    ),
    (
        "[convolutional]\nsize=3\nactivation=mish",
        "line 7, [convolutional]: `activation=mish` is not supported, only linear and leaky",
    ),
    ("[convolutional]\nfilters=many", "line 6, [convolutional]: `filters=many`: not a whole number"),
    ("[convolutional]\nfilters=0", "line 6, [convolutional]: `filters=0`: must be 1 to 65536"),
    ("[convolutional]\nfilters=-3", "line 6, [convolutional]: `filters=-3`: must be 1 to 65536"),
    ("[convolutional]\nsize=99", "line 6, [convolutional]: `size=99`: must be 1 to 31"),
    ("[convolutional]\nstride=0", "line 6, [convolutional]: `stride=0`: must be 1 to 32"),
    ("[convolutional]\ngroups=3", "line 6, [convolutional]: `groups=3` is not supported, only 1"),
    (
        "[convolutional]\nsize=11\nactivation=linear",
        "line 5, [convolutional]: ill-sized: a window of 11 does not fit into 8 pixels with 0 of padding",
    ),
    ("[maxpool]\nsize=2\nstride=0", "line 7, [maxpool]: `stride=0`: must be 1 to 32"),
    ("[maxpool]\nsize=3\npadding=5", "line 7, [maxpool]: `padding=5`: must be 0 to 4"),
    (
        "[maxpool]\nsize=12\npadding=0",
        "line 5, [maxpool]: ill-sized: a window of 12 does not fit into 8 pixels with 0 of padding",
    ),
    ("[upsample]\nscale=2", "line 6, [upsample]: `scale=2` is not supported, only 1"),
    ("[route]", "line 5, [route]: `layers` is missing"),
    ("[route]\nlayers=-1", "line 6, [route]: `layers=-1`: there is no layer -1 before this one"),
    ("[maxpool]\n[route]\nlayers=0,7", "line 7, [route]: `layers=7`: there is no layer 7 before this one"),
    ("[maxpool]\n[route]\nlayers=0,,0", "line 7, [route]: `layers=`: not a whole number"),
    (
        "[maxpool]\nsize=2\nstride=2\n[upsample]\n[route]\nlayers=0,1",
        "line 9, [route]: ill-sized: layers of 8 x 4 x 3 and 16 x 8 x 3 cannot stand side by side",
    ),
    ("[shortcut]", "line 5, [shortcut]: `from` is missing"),
    ("[shortcut]\nfrom=-1", "line 6, [shortcut]: `from=-1`: there is no layer -1 before this one"),
    (
        "[maxpool]\n[upsample]\n[shortcut]\nfrom=0",
        "line 7, [shortcut]: ill-sized: 16 x 8 x 3 cannot be added to 32 x 16 x 3",
    ),
    (
        "[yolo]\nclasses=1\nnum=1\nanchors=1,2",
        "line 5, [yolo]: ill-sized: 1 anchors with 5 + 1 values take 6 channels, and the layer before has 3",
    ),
    (
        "[yolo]\nclasses=1\nnum=2\nanchors=1,2,3,4\nmask=0,2",
        "line 9, [yolo]: ill-sized: the mask names anchors that `num` or `anchors` do not have (2, 2)",
    ),
    ("[yolo]\nanchors=1,x", "line 6, [yolo]: `anchors=x`: not a number"),
    ("[yolo]\nscale_x_y=1.05", "line 6, [yolo]: `scale_x_y=1.05` is not supported, only 1"),
    ("[yolo]\nnms_kind=diounms", "line 6, [yolo]: `nms_kind=diounms` is not supported, only default and greedynms"),
    (
        "[convolutional]\nstride=2\nstride_x=3",
        "line 7, [convolutional]: `stride_x=3` is not supported, only what `stride` is",
    ),
    ("[maxpool]\nstride_y=2", "line 6, [maxpool]: `stride_y=2` is not supported, only what `stride` is"),
    ("[maxpool]\nmaxpool_depth=yes", "line 6, [maxpool]: `maxpool_depth=yes` is not supported, only 0"),
    ("[convolutional]\npad=yes", "line 6, [convolutional]: `pad=yes`: not a whole number"),
];

/// Options that change what is computed: a value that does, and the one that is the same as none.
const CHANGING: &[(&str, &str, &str)] = &[
    ("alpha", "0.5", "1"),
    ("antialiasing", "1", "0"),
    ("beta", "0.5", "1.0"),
    ("bin_output", "1", "0"),
    ("binary", "1", "0"),
    ("cbn", "1", "0"),
    ("deform", "1", "0"),
    ("dilation", "2", "1"),
    ("dontload", "1", "0"),
    ("dontloadscales", "1", "0"),
    ("flipped", "1", "0"),
    ("group_id", "1", "0"),
    ("groups", "2", "1"),
    ("maxpool_depth", "1", "0"),
    ("new_coords", "1", "0"),
    ("numload", "3", "0"),
    ("out_channels", "8", "1"),
    ("rotate", "1", "0"),
    ("scale", "2", "1.0"),
    ("scale_x_y", "1.2", "1"),
    ("share_index", "0", "-1000000000"),
    ("stretch", "1", "0"),
    ("stretch_sway", "1", "0"),
    ("stride_x", "2", "1"),
    ("stride_y", "2", "-1"),
    ("sway", "1", "0"),
    ("weights_normalization", "relu", "none"),
    ("weights_type", "per_feature", "none"),
    ("xnor", "1", "0"),
];

#[test]
fn no_option_that_changes_the_computation_is_ignored() {
    for (key, changing, neutral) in CHANGING {
        let cfg = |value| format!("[convolutional]\n{key}={value}\nactivation=linear\n");
        let message = parse(&cfg(changing)).unwrap_err().to_string();
        let expected = format!("line 6, [convolutional]: `{key}={changing}` is not supported, only ");
        assert!(message.starts_with(&expected), "{message}");
        assert!(parse(&cfg(neutral)).is_ok(), "{key}={neutral}");
    }
}

#[test]
fn numbers_other_than_0_are_a_yes() {
    let with =
        |pad: &str| parse(&format!("[convolutional]\nsize=3\npad={pad}\nbatch_normalize={pad}\nactivation=leaky\n"));
    for (value, expected) in [
        ("0", ("14 x   6 x   1", 28)),
        ("1", ("16 x   8 x   1", 31)),
        ("2", ("16 x   8 x   1", 31)),
        ("-1", ("16 x   8 x   1", 31)),
    ] {
        let config = with(value).unwrap();
        assert!(config.layers().to_string().contains(expected.0), "pad={value}: {}", config.layers());
        assert_eq!(config.weights_len(), 20 + 4 * expected.1, "batch_normalize={value}");
    }
}

#[test]
fn a_byte_order_mark_may_come_first() {
    let text = format!("\u{feff}{NET}[maxpool]\n");
    assert_eq!(Config::parse(&text).unwrap().len(), 1);
    assert!(Config::parse(&format!("\u{feff}{text}")).is_err());
}

#[test]
fn a_cfg_that_cannot_be_computed_is_refused_with_line_and_section() {
    for (layers, message) in REFUSED {
        let error = parse(layers).unwrap_err();
        assert_eq!(error.to_string(), *message, "for {layers:?}");
    }
}

#[test]
fn the_net_comes_first_and_says_its_size() {
    let cases = [
        ("", "no layers: a network starts with [net] and has layers after it"),
        ("width=3\n[net]", "line 1, []: an option before the first [section]"),
        ("[maxpool]\n[net]", "line 1, [maxpool]: the first section must be [net]"),
        ("[net]\nwidth=3\nheight=3", "line 1, [net]: `channels` is missing"),
        ("[net]\nwidth=100000", "line 2, [net]: `width=100000`: must be 1 to 8192"),
    ];
    for (text, message) in cases {
        assert_eq!(Config::parse(text).unwrap_err().to_string(), message, "for {text:?}");
    }
}

#[test]
fn nothing_reads_detections() {
    let yolo = "[convolutional]\nfilters=6\nactivation=linear\n[yolo]\nclasses=1\nnum=1\nanchors=1,2\n";
    for reader in ["[maxpool]\nsize=2", "[route]\nlayers=-1", "[maxpool]", "[route]\nlayers=0,1"] {
        let error = parse(&format!("{yolo}{reader}")).unwrap_err();
        assert!(matches!(error, Error::Cfg { fault: Fault::ReadsDetections(1), .. }), "{reader}: {error}");
    }
    assert!(parse(&format!("{yolo}[route]\nlayers=0")).is_ok());
}

#[test]
fn what_is_larger_than_the_limits_is_refused_before_memory_is_taken() {
    let filters = "[convolutional]\nfilters=65536\nactivation=linear\n";
    let wide = "[convolutional]\nfilters=64\nsize=31\npad=1\nactivation=linear\n";
    let thin = "[convolutional]\nfilters=1\nsize=31\npad=1\nactivation=linear\n";
    let cases = [
        ("layers", "[maxpool]\n".repeat(1025)),
        ("weights of a filter", format!("{filters}[convolutional]\nsize=31\npad=1\nactivation=linear\n")),
        ("weights", format!("{filters}{filters}")),
        ("values of a layer", "[upsample]\nstride=32\n".repeat(9)),
        ("multiplications", format!("[upsample]\nstride=32\n{}", wide.repeat(9))),
        // One channel costs as much as those that a vector has.
        ("multiplications", format!("[upsample]\nstride=32\n{}", thin.repeat(300))),
        ("channels", format!("{filters}[route]\nlayers=0,0,0\n")),
    ];
    for (named, layers) in cases {
        let Error::Cfg { fault: Fault::TooMany { what, .. }, .. } = parse(&layers).unwrap_err() else {
            panic!("{named}: another error");
        };
        assert_eq!(what, named);
    }
    assert!(matches!(Config::parse(&"#".repeat(2 << 20)), Err(Error::CfgTooLarge { .. })));
}
