//! The layers without weights. Each writes every value of its output, borders too.

mod maxpool;
mod route;
mod shortcut;
mod upsample;
mod yolo;

pub(crate) use maxpool::{Windows, maxpool};
pub(crate) use route::route;
pub(crate) use shortcut::shortcut;
pub(crate) use upsample::upsample;
pub(crate) use yolo::yolo;

use crate::simd::{LANES, Vector};

/// `target[i] = f(target[i], other[i])`, by vectors; both are whole pixels, thus whole vectors.
#[inline(always)]
fn combine(target: &mut [f32], other: &[f32], f: impl Fn(Vector, Vector) -> Vector) {
    for (target, other) in target.as_chunks_mut::<LANES>().0.iter_mut().zip(other.as_chunks::<LANES>().0) {
        f(Vector::load(target), Vector::load(other)).store(target);
    }
}
