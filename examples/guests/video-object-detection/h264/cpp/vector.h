// Vectors of 16 bytes: the compiler's own arithmetic on them, and what that lacks.
//
// Three ways to the same results, bit for bit: WebAssembly's instructions, SSE2's, and plain code. All machines are
// little-endian.
#ifndef VECTOR_H
#define VECTOR_H

#include <stdint.h>
#include <string.h>

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

typedef uint8_t Bytes __attribute__ ((vector_size (16)));
typedef int8_t SignedBytes __attribute__ ((vector_size (16)));
typedef int16_t Shorts __attribute__ ((vector_size (16)));
typedef uint16_t UnsignedShorts __attribute__ ((vector_size (16)));
typedef int32_t Words __attribute__ ((vector_size (16)));
typedef uint32_t UnsignedWords __attribute__ ((vector_size (16)));
typedef uint64_t Longs __attribute__ ((vector_size (16)));

#define MEMBER_INLINE inline __attribute__ ((always_inline))
#define INLINE static MEMBER_INLINE
#define SHUFFLE(a, b, ...) __builtin_shufflevector (a, b, __VA_ARGS__)

template<typename T> INLINE T Load (const void* from) {
  T vector;
  memcpy (&vector, from, sizeof vector);
  return vector;
}

template<typename T> INLINE void Store (void* to, T vector) { memcpy (to, &vector, sizeof vector); }

INLINE Bytes Load8 (const void* from) {
#if defined(__wasm_simd128__)
  return (Bytes) wasm_v128_load64_zero (from);
#else
  uint64_t low;
  memcpy (&low, from, sizeof low);
  return (Bytes) (Longs) {low, 0};
#endif
}

INLINE Bytes Load4 (const void* from) {
#if defined(__wasm_simd128__)
  return (Bytes) wasm_v128_load32_zero (from);
#else
  uint32_t low;
  memcpy (&low, from, sizeof low);
  return (Bytes) (UnsignedWords) {low, 0, 0, 0};
#endif
}

INLINE void Store8 (void* to, Bytes vector) {
  const uint64_t low = ((Longs) vector)[0];
  memcpy (to, &low, sizeof low);
}

INLINE void Store8High (void* to, Bytes vector) {
  const uint64_t high = ((Longs) vector)[1];
  memcpy (to, &high, sizeof high);
}

INLINE void Store4 (void* to, Bytes vector) {
  const uint32_t low = ((UnsignedWords) vector)[0];
  memcpy (to, &low, sizeof low);
}

// Loads and stores as many bytes as a block of this width has in a row: 16, 8 or 4.
template<int kWidth> INLINE void StoreRow (uint8_t* to, Bytes row) {
  if (kWidth == 16) {
    Store (to, row);
  } else if (kWidth == 8) {
    Store8 (to, row);
  } else {
    Store4 (to, row);
  }
}

template<int kWidth> INLINE Bytes LoadRow (const uint8_t* from) {
  return kWidth == 16 ? Load<Bytes> (from) : kWidth == 8 ? Load8 (from) : Load4 (from);
}

INLINE Bytes AllBytes (int value) { return (Bytes) {} + (uint8_t) value; }
INLINE Shorts AllShorts (int value) { return (Shorts) {} + (int16_t) value; }

// The first 8 bytes, and the last 8, as numbers of 16 bits.
INLINE Shorts Low (Bytes a) {
#if defined(__wasm_simd128__)
  return (Shorts) wasm_u16x8_extend_low_u8x16 ((v128_t) a);
#else
  return (Shorts) SHUFFLE (a, (Bytes) {}, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
#endif
}

INLINE Shorts High (Bytes a) {
#if defined(__wasm_simd128__)
  return (Shorts) wasm_u16x8_extend_high_u8x16 ((v128_t) a);
#else
  return (Shorts) SHUFFLE (a, (Bytes) {}, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#endif
}

INLINE Shorts LoadShorts (const uint8_t* from) {
#if defined(__wasm_simd128__)
  return (Shorts) wasm_u16x8_load8x8 (from);
#else
  return Low (Load8 (from));
#endif
}

// Two halves as bytes, each number clipped to 0..=255.
INLINE Bytes Clip (Shorts low, Shorts high) {
#if defined(__wasm_simd128__)
  return (Bytes) wasm_u8x16_narrow_i16x8 ((v128_t) low, (v128_t) high);
#elif defined(__SSE2__)
  return (Bytes) _mm_packus_epi16 ((__m128i) low, (__m128i) high);
#else
  Bytes result;
  for (int i = 0; i < 8; ++i) result[i] = low[i] < 0 ? 0 : low[i] > 255 ? 255 : low[i];
  for (int i = 0; i < 8; ++i) result[8 + i] = high[i] < 0 ? 0 : high[i] > 255 ? 255 : high[i];
  return result;
#endif
}

// Halves and quarters of a mask, whose numbers are all 0 or -1.
INLINE SignedBytes NarrowMask (Shorts low, Shorts high) {
#if defined(__wasm_simd128__)
  return (SignedBytes) wasm_i8x16_narrow_i16x8 ((v128_t) low, (v128_t) high);
#elif defined(__SSE2__)
  return (SignedBytes) _mm_packs_epi16 ((__m128i) low, (__m128i) high);
#else
  return SHUFFLE ((SignedBytes) low, (SignedBytes) high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
#endif
}

INLINE Shorts NarrowMask (Words low, Words high) {
#if defined(__wasm_simd128__)
  return (Shorts) wasm_i16x8_narrow_i32x4 ((v128_t) low, (v128_t) high);
#elif defined(__SSE2__)
  return (Shorts) _mm_packs_epi32 ((__m128i) low, (__m128i) high);
#else
  return SHUFFLE ((Shorts) low, (Shorts) high, 0, 2, 4, 6, 8, 10, 12, 14);
#endif
}

// (a + b + 1) / 2
INLINE Bytes Average (Bytes a, Bytes b) {
#if defined(__wasm_simd128__)
  return (Bytes) wasm_u8x16_avgr ((v128_t) a, (v128_t) b);
#elif defined(__SSE2__)
  return (Bytes) _mm_avg_epu8 ((__m128i) a, (__m128i) b);
#else
  return (a | b) - (((a ^ b) >> 1) & 0x7f);
#endif
}

INLINE Bytes Difference (Bytes a, Bytes b) {
#if defined(__wasm_simd128__)
  return (Bytes) wasm_v128_or (wasm_u8x16_sub_sat ((v128_t) a, (v128_t) b),
                               wasm_u8x16_sub_sat ((v128_t) b, (v128_t) a));
#elif defined(__SSE2__)
  return (Bytes) _mm_or_si128 (_mm_subs_epu8 ((__m128i) a, (__m128i) b), _mm_subs_epu8 ((__m128i) b, (__m128i) a));
#else
  const Bytes more = (Bytes) (a > b);
  return ((a - b) & more) | ((b - a) & ~more);
#endif
}

INLINE Bytes Below (Bytes a, Bytes b) {
#if defined(__SSE2__)
  return (Bytes) (_mm_cmpeq_epi8 (_mm_min_epu8 ((__m128i) a, (__m128i) b), (__m128i) b)) ^ 0xff;
#else
  return (Bytes) (a < b);
#endif
}

INLINE Shorts Min (Shorts a, Shorts b) {
#if defined(__wasm_simd128__)
  return (Shorts) wasm_i16x8_min ((v128_t) a, (v128_t) b);
#elif defined(__SSE2__)
  return (Shorts) _mm_min_epi16 ((__m128i) a, (__m128i) b);
#else
  const Shorts less = a < b;
  return (a & less) | (b & ~less);
#endif
}

INLINE Shorts Max (Shorts a, Shorts b) {
#if defined(__wasm_simd128__)
  return (Shorts) wasm_i16x8_max ((v128_t) a, (v128_t) b);
#elif defined(__SSE2__)
  return (Shorts) _mm_max_epi16 ((__m128i) a, (__m128i) b);
#else
  const Shorts more = a > b;
  return (a & more) | (b & ~more);
#endif
}

// Sums that stop at the ends of the range.
INLINE Shorts AddClipped (Shorts a, Shorts b) {
#if defined(__wasm_simd128__)
  return (Shorts) wasm_i16x8_add_sat ((v128_t) a, (v128_t) b);
#elif defined(__SSE2__)
  return (Shorts) _mm_adds_epi16 ((__m128i) a, (__m128i) b);
#else
  Shorts result;
  for (int i = 0; i < 8; ++i) {
    const int sum = a[i] + b[i];
    result[i] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum;
  }
  return result;
#endif
}

INLINE Shorts SubtractClipped (Shorts a, Shorts b) {
#if defined(__wasm_simd128__)
  return (Shorts) wasm_i16x8_sub_sat ((v128_t) a, (v128_t) b);
#elif defined(__SSE2__)
  return (Shorts) _mm_subs_epi16 ((__m128i) a, (__m128i) b);
#else
  Shorts result;
  for (int i = 0; i < 8; ++i) {
    const int sum = a[i] - b[i];
    result[i] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum;
  }
  return result;
#endif
}

INLINE bool IsZero (Bytes a) {
#if defined(__wasm_simd128__)
  return !wasm_v128_any_true ((v128_t) a);
#else
  return (((Longs) a)[0] | ((Longs) a)[1]) == 0;
#endif
}

INLINE Bytes Select (Bytes mask, Bytes yes, Bytes no) {
#if defined(__wasm_simd128__)
  return (Bytes) wasm_v128_bitselect ((v128_t) yes, (v128_t) no, (v128_t) mask);
#else
  return (yes & mask) | (no & ~mask);
#endif
}

#endif
