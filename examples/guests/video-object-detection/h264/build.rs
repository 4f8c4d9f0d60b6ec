//! Compiles OpenH264's decoder from the sources that the crate openh264-sys2 carries, with this crate's own files in
//! place of some of them: its driver, and motion compensation, deblocking, transforms and entropy decoding in part. Such
//! a file includes the original of the same purpose, where it needs the rest of it. No original is changed.
//!
//! The compiler is the one that the `cc` crate finds; for a guest, `CXX_wasm32_wasip1` names one that needs no more
//! flags to compile for WASI.

use std::error::Error;
use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;

const COMMON: [&str; 8] = [
    "common_tables",
    "copy_mb",
    "cpu",
    "deblocking_common",
    "expand_pic",
    "intra_pred_common",
    "memory_align",
    "sad_common",
];
const CORE: [&str; 12] = [
    "au_parser",
    "bit_stream",
    "decode_slice",
    "decoder",
    "decoder_core",
    "decoder_data_tables",
    "error_concealment",
    "fmo",
    "get_intra_predictor",
    "manage_dec_ref",
    "memmgr_nal_unit",
    "pic_queue",
];
const OWN: [&str; 9] =
    ["absent", "deblocking", "direct", "direct_cavlc", "entropy", "h264", "inter", "motion", "transform"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=cpp");
    let codec = sources()?.join("upstream/codec");
    let own = compiler(&codec)?
        .warnings(true)
        .files(OWN.map(|file| Path::new("cpp").join(file).with_extension("cpp")))
        .try_compile_intermediates()?;
    compiler(&codec)?
        .warnings(false)
        .files(COMMON.map(|file| codec.join("common/src").join(file).with_extension("cpp")))
        .files(CORE.map(|file| codec.join("decoder/core/src").join(file).with_extension("cpp")))
        .objects(own)
        .try_compile("h264")?;
    Ok(())
}

/// How all files are compiled.
fn compiler(codec: &Path) -> Result<cc::Build, Box<dyn Error>> {
    let mut build = cc::Build::new();
    if std::env::var("CARGO_CFG_TARGET_ARCH")? == "wasm32" {
        build.no_default_flags(true).flags(["-O3", "-msimd128", "-ffunction-sections", "-fdata-sections"]);
    }
    build
        .cpp(true)
        .std("c++11")
        .cpp_link_stdlib(None) // it needs none
        .opt_level(3) // also in a debug build: the tests decode
        .flags(["-fno-exceptions", "-fno-rtti", "-fno-strict-aliasing", "-fno-stack-protector", "-nostdinc++"])
        // GCC's: what memory holds before a constructor runs must stay, OpenH264 relies on zeros.
        .flag_if_supported("-fno-lifetime-dse")
        .define("NDEBUG", None) // it ends the program where an error would do
        .include("cpp/include")
        .include("cpp");
    for folder in ["", "api/wels", "common/inc", "decoder/core/inc"] {
        // Where they are included, their warnings are not ours.
        build.flag("-isystem").flag(codec.join(folder));
    }
    Ok(build)
}

/// The folder of openh264-sys2, wherever cargo keeps it.
///
/// Not `--offline`: cargo wants to see every package of the workspace, also those that only a test needs.
fn sources() -> Result<PathBuf, Box<dyn Error>> {
    let host = std::env::var("HOST")?;
    let metadata =
        MetadataCommand::new().other_options(["--locked", "--filter-platform", &host].map(String::from)).exec()?;
    let package = metadata.packages.iter().find(|package| package.name.as_str() == "openh264-sys2");
    let manifest = &package.ok_or("openh264-sys2 is not among the dependencies")?.manifest_path;
    Ok(manifest.parent().ok_or("a manifest without a folder")?.into())
}
