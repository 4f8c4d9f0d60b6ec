//! What a stream says about its pictures before they come: whether they can be decoded, and how they are shown.
//!
//! A stream that OpenH264 would not decode faithfully is refused here, by the name of what is wrong with it.

use h264_reader::nal::sps::{
    ChromaFormat, FrameMbsFlags, PicOrderCntType, SeqParameterSet, VideoSignalType, VuiParameters,
};
use h264_reader::nal::{Nal, RefNal};

use crate::{Colour, Error, Matrix};

/// A picture may have this many pixels: 4096 by 2304, the largest of level 5.2.
pub const MAX_PIXELS: usize = 4096 * 2304;
/// A picture may be this wide or high: level 5.2.
pub const MAX_SIDE: usize = 8688;

const BASELINE: u8 = 66;
/// Baseline, main, high.
const PROFILES: [u8; 3] = [BASELINE, 77, 100];
/// Pictures that wait at most, where neither the stream nor its level say less.
const MAX_WAITING: usize = 16;

/// What is needed of a sequence parameter set when a picture comes out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameters {
    pub(crate) id: u8,
    pub(crate) colour: Colour,
    /// So many pictures may precede one in the stream and follow it in display.
    pub(crate) reordering: usize,
}

impl Parameters {
    /// Reads a unit that is a sequence parameter set, without its start code.
    pub(crate) fn parse(unit: &[u8], picture: u64) -> Result<Self, Error> {
        let set = SeqParameterSet::from_bits(RefNal::new(unit, &[], true).rbsp_bits())
            .map_err(|error| Error::Damaged { picture, what: format!("sequence parameter set: {error:?}") })?;
        check_kind(&set)?;
        check_size(&set, picture)?;
        Ok(Self { id: set.id().id(), colour: colour(&set), reordering: reordering(&set) })
    }
}

fn check_kind(set: &SeqParameterSet) -> Result<(), Error> {
    let chroma = &set.chroma_info;
    let depth = 8 + chroma.bit_depth_luma_minus8.max(chroma.bit_depth_chroma_minus8);
    let profile = u8::from(set.profile_idc);
    let what = match chroma.chroma_format {
        ChromaFormat::YUV420 if depth != 8 => format!("{depth} bits a sample"),
        ChromaFormat::YUV420 if matches!(set.frame_mbs_flags, FrameMbsFlags::Fields { .. }) => "interlaced".to_owned(),
        ChromaFormat::YUV420 if !PROFILES.contains(&profile) => format!("profile {profile}"),
        ChromaFormat::YUV420 if counts_oddly(set, profile) => "pic_order_cnt_type 1".to_owned(),
        ChromaFormat::YUV420 => return Ok(()),
        ChromaFormat::Monochrome => "monochrome".to_owned(),
        ChromaFormat::YUV422 => "chroma 4:2:2".to_owned(),
        ChromaFormat::YUV444 => "chroma 4:4:4".to_owned(),
        ChromaFormat::Invalid(format) => format!("chroma_format_idc {format}"),
    };
    Err(Error::Unsupported { what })
}

/// OpenH264 does not compute this kind of order; a baseline stream is shown in the order it is decoded in anyway.
fn counts_oddly(set: &SeqParameterSet, profile: u8) -> bool {
    matches!(set.pic_order_cnt, PicOrderCntType::TypeOne { .. }) && profile != BASELINE
}

fn check_size(set: &SeqParameterSet, picture: u64) -> Result<(), Error> {
    let side = |macroblocks: u32| usize::try_from(macroblocks).unwrap_or(usize::MAX).saturating_mul(16);
    let (width, height) = (side(set.pic_width_in_mbs()), side(set.pic_height_in_map_units()));
    for (what, size) in [("a picture's width", width), ("a picture's height", height)] {
        if size > MAX_SIDE {
            return Err(Error::TooLarge { what, size, limit: MAX_SIDE });
        }
    }
    if width * height > MAX_PIXELS {
        return Err(Error::TooLarge { what: "a picture", size: width * height, limit: MAX_PIXELS });
    }
    match set.pixel_dimensions() {
        Ok((1.., 1..)) => Ok(()),
        _ => Err(Error::Damaged { picture, what: "the stream crops its pictures to nothing".to_owned() }),
    }
}

fn colour(set: &SeqParameterSet) -> Colour {
    let signal = set.vui_parameters.as_ref().and_then(|vui| vui.video_signal_type.as_ref());
    Colour {
        matrix: signal.map_or(Matrix::Bt601, matrix),
        full_range: signal.is_some_and(|signal| signal.video_full_range_flag),
    }
}

/// Table E-5. What is not about red, green and blue in this way (RGB, YCgCo, constant luminance) is treated as
/// unspecified: no encoder writes it with 4:2:0.
fn matrix(signal: &VideoSignalType) -> Matrix {
    match signal.colour_description.as_ref().map(|description| description.matrix_coefficients) {
        Some(1) => Matrix::Bt709,
        Some(4) => Matrix::Fcc,
        Some(7) => Matrix::Smpte240m,
        Some(9) => Matrix::Bt2020,
        _ => Matrix::Bt601,
    }
}

/// Annex E.2.1 on `max_num_reorder_frames`, and A.3.1 on what a level lets wait.
fn reordering(set: &SeqParameterSet) -> usize {
    let profile = u8::from(set.profile_idc);
    if profile == BASELINE || !matches!(set.pic_order_cnt, PicOrderCntType::TypeZero { .. }) {
        return 0;
    }
    let restrictions = set.vui_parameters.as_ref().and_then(|vui: &VuiParameters| vui.bitstream_restrictions.as_ref());
    let frames = match restrictions {
        Some(restrictions) => restrictions.max_num_reorder_frames,
        None => {
            let macroblocks = (set.pic_width_in_mbs() * set.pic_height_in_map_units()).max(1);
            set.level().limits().map_or(u32::MAX, |limits| limits.max_dpb_mbs / macroblocks)
        }
    };
    usize::try_from(frames).map_or(MAX_WAITING, |frames| frames.min(MAX_WAITING))
}
