//! Winograd's small transforms: how OUT results of a filter of 3 cost OUT + 2 multiplications instead of 3 × OUT.
//!
//! Each is along one line; the two-dimensional ones apply them to columns, then to rows. The matrices are those of Lavin
//! and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), for the points 0, ±1, ±2.

use crate::simd::Vector;

/// The transforms for OUT results out of IN values.
pub(super) trait Transform<const OUT: usize, const IN: usize> {
    /// The matrix of the filter.
    const FILTER: [[f32; 3]; IN];

    /// Of the values.
    fn input(line: [Vector; IN]) -> [Vector; IN];

    /// Of the products.
    fn output(line: [Vector; IN]) -> [Vector; OUT];
}

/// The transforms.
#[derive(Debug)]
pub(super) struct Matrices;

impl Transform<2, 4> for Matrices {
    const FILTER: [[f32; 3]; 4] = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];

    #[inline(always)]
    fn input([a, b, c, d]: [Vector; 4]) -> [Vector; 4] {
        [a - c, b + c, c - b, d - b]
    }

    #[inline(always)]
    fn output([a, b, c, d]: [Vector; 4]) -> [Vector; 2] {
        [a + b + c, b - c + d]
    }
}

impl Transform<4, 6> for Matrices {
    const FILTER: [[f32; 3]; 6] = [
        [1.0 / 4.0, 0.0, 0.0],
        [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
        [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
        [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
        [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
        [0.0, 0.0, 1.0],
    ];

    #[inline(always)]
    fn input([a, b, c, d, e, f]: [Vector; 6]) -> [Vector; 6] {
        let [two, four, less_four, less_five] = [2.0, 4.0, -4.0, -5.0].map(Vector::splat);
        let (even, odd) = (c.mul_add(less_four, e), b.mul_add(less_four, d));
        let (near, far) = (e - c, (d - b) * two);
        [
            a.mul_add(four, c.mul_add(less_five, e)),
            even + odd,
            even - odd,
            near + far,
            near - far,
            b.mul_add(four, d.mul_add(less_five, f)),
        ]
    }

    #[inline(always)]
    fn output([a, b, c, d, e, f]: [Vector; 6]) -> [Vector; 4] {
        let [two, four, eight] = [2.0, 4.0, 8.0].map(Vector::splat);
        let (one, difference_one) = (b + c, b - c);
        let (other, difference_two) = (d + e, d - e);
        [
            a + one + other,
            difference_two.mul_add(two, difference_one),
            other.mul_add(four, one),
            difference_two.mul_add(eight, difference_one) + f,
        ]
    }
}
