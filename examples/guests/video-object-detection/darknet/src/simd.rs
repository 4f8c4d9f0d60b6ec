//! Vectors of this machine, and the kernel that all convolutions spend their time in.
//!
//! Nothing here is unsafe: WebAssembly's intrinsics are not, and `wide` has the other machines'. In WebAssembly a vector
//! is 128 bits with relaxed fused multiply-add where the build allows it; elsewhere 256 bits, which `wide` makes of what
//! the build allows.

#[cfg(target_arch = "wasm32")]
mod vector {
    use core::arch::wasm32::{f32x4_add, f32x4_mul, f32x4_pmax, f32x4_splat, f32x4_sub, i32x4_shuffle, v128};

    /// Values of a vector.
    pub(crate) const LANES: usize = 4;

    #[derive(Clone, Copy)]
    pub(crate) struct Vector(v128);

    impl Vector {
        #[inline(always)]
        pub(crate) fn splat(value: f32) -> Self {
            Self(f32x4_splat(value))
        }

        /// A vector of each value.
        #[inline(always)]
        pub(crate) fn splats(from: &[f32; 4]) -> [Self; 4] {
            let all = bytemuck::cast(*from);
            [
                Self(i32x4_shuffle::<0, 0, 0, 0>(all, all)),
                Self(i32x4_shuffle::<1, 1, 1, 1>(all, all)),
                Self(i32x4_shuffle::<2, 2, 2, 2>(all, all)),
                Self(i32x4_shuffle::<3, 3, 3, 3>(all, all)),
            ]
        }

        #[inline(always)]
        pub(crate) fn load(from: &[f32; LANES]) -> Self {
            Self(bytemuck::cast(*from))
        }

        #[inline(always)]
        pub(crate) fn store(self, to: &mut [f32; LANES]) {
            *to = bytemuck::cast(self.0);
        }

        /// `self × by + add`.
        #[inline(always)]
        #[cfg(target_feature = "relaxed-simd")]
        pub(crate) fn mul_add(self, by: Self, add: Self) -> Self {
            Self(core::arch::wasm32::f32x4_relaxed_madd(self.0, by.0, add.0))
        }

        #[inline(always)]
        #[cfg(not(target_feature = "relaxed-simd"))]
        pub(crate) fn mul_add(self, by: Self, add: Self) -> Self {
            self * by + add
        }

        /// The greater of each two; `other` where one is not a number.
        #[inline(always)]
        pub(crate) fn max(self, other: Self) -> Self {
            Self(f32x4_pmax(other.0, self.0))
        }
    }

    impl core::ops::Add for Vector {
        type Output = Self;
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            Self(f32x4_add(self.0, other.0))
        }
    }

    impl core::ops::Sub for Vector {
        type Output = Self;
        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            Self(f32x4_sub(self.0, other.0))
        }
    }

    impl core::ops::Mul for Vector {
        type Output = Self;
        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            Self(f32x4_mul(self.0, other.0))
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod vector {
    use wide::f32x8;

    /// Values of a vector.
    pub(crate) const LANES: usize = 8;

    #[derive(Clone, Copy)]
    pub(crate) struct Vector(f32x8);

    impl Vector {
        #[inline(always)]
        pub(crate) fn splat(value: f32) -> Self {
            Self(f32x8::splat(value))
        }

        /// A vector of each value.
        #[inline(always)]
        pub(crate) fn splats(from: &[f32; 4]) -> [Self; 4] {
            from.map(Self::splat)
        }

        #[inline(always)]
        pub(crate) fn load(from: &[f32; LANES]) -> Self {
            Self(f32x8::from(*from))
        }

        #[inline(always)]
        pub(crate) fn store(self, to: &mut [f32; LANES]) {
            *to = self.0.to_array();
        }

        /// `self × by + add`.
        #[inline(always)]
        pub(crate) fn mul_add(self, by: Self, add: Self) -> Self {
            Self(self.0.mul_add(by.0, add.0))
        }

        /// The greater of each two; one of them where the other is not a number.
        #[inline(always)]
        pub(crate) fn max(self, other: Self) -> Self {
            Self(self.0.fast_max(other.0))
        }
    }

    impl core::ops::Add for Vector {
        type Output = Self;
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            Self(self.0 + other.0)
        }
    }

    impl core::ops::Sub for Vector {
        type Output = Self;
        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            Self(self.0 - other.0)
        }
    }

    impl core::ops::Mul for Vector {
        type Output = Self;
        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            Self(self.0 * other.0)
        }
    }
}

pub(crate) use vector::{LANES, Vector};

impl Vector {
    /// What an activation makes of a sum. The greater one is right for positive and for negative sums, as no slope is
    /// greater than 1.
    #[inline(always)]
    pub(crate) fn activated(self, slope: Vector) -> Vector {
        self.max(self * slope)
    }
}
