// The inverse transforms (ITU-T H.264, 8.5.12 and 8.5.13), in place of OpenH264's in `decode_mb_aux.cpp`, of which the
// rest stays. They add to the prediction that is there already. `NOTICE` says whose work the original is.
#define IdctResAddPred_c UpstreamIdctResAddPred_c
#define IdctResAddPred8x8_c UpstreamIdctResAddPred8x8_c
#include "decoder/core/src/decode_mb_aux.cpp"
#undef IdctResAddPred_c
#undef IdctResAddPred8x8_c

#include "vector.h"

namespace WelsDec {

void IdctResAddPred_c (uint8_t* prediction, const int32_t stride, int16_t* coefficients);
void IdctResAddPred8x8_c (uint8_t* prediction, const int32_t stride, int16_t* coefficients);

namespace {

INLINE Shorts ZipLow (Shorts a, Shorts b) { return SHUFFLE (a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
INLINE Shorts ZipHigh (Shorts a, Shorts b) { return SHUFFLE (a, b, 4, 12, 5, 13, 6, 14, 7, 15); }
INLINE Shorts UpperHalf (Shorts a) { return SHUFFLE (a, a, 4, 5, 6, 7, 4, 5, 6, 7); }

// Rows 0 and 1, 2 and 3 of a square of four become its columns, each in the lower half of a vector.
INLINE void Transpose4 (Shorts first, Shorts second, Shorts columns[4]) {
  const Shorts a = ZipLow (first, UpperHalf (first));
  const Shorts b = ZipLow (second, UpperHalf (second));
  const Words low = SHUFFLE ((Words) a, (Words) b, 0, 4, 1, 5);
  const Words high = SHUFFLE ((Words) a, (Words) b, 2, 6, 3, 7);
  columns[0] = (Shorts) low;
  columns[1] = UpperHalf ((Shorts) low);
  columns[2] = (Shorts) high;
  columns[3] = UpperHalf ((Shorts) high);
}

INLINE void Pass4 (Shorts v[4]) {
  const Shorts even = v[0] + v[2], difference = v[0] - v[2];
  const Shorts small = (v[1] >> 1) - v[3], large = v[1] + (v[3] >> 1);
  v[0] = even + large;
  v[1] = difference + small;
  v[2] = difference - small;
  v[3] = even - large;
}

// Eight rows become eight columns.
INLINE void Transpose8 (Shorts v[8]) {
  Shorts a[8], b[8];
  for (int i = 0; i < 4; ++i) {
    a[2 * i] = ZipLow (v[i], v[i + 4]);
    a[2 * i + 1] = ZipHigh (v[i], v[i + 4]);
  }
  for (int i = 0; i < 4; ++i) {
    b[2 * i] = ZipLow (a[i], a[i + 4]);
    b[2 * i + 1] = ZipHigh (a[i], a[i + 4]);
  }
  for (int i = 0; i < 4; ++i) {
    v[2 * i] = ZipLow (b[i], b[i + 4]);
    v[2 * i + 1] = ZipHigh (b[i], b[i + 4]);
  }
}

INLINE void Pass8 (Shorts v[8]) {
  const Shorts a0 = v[0] + v[4], a1 = v[0] - v[4];
  const Shorts a2 = v[6] - (v[2] >> 1), a3 = v[2] + (v[6] >> 1);
  const Shorts even0 = a0 + a3, even1 = a1 - a2, even2 = a1 + a2, even3 = a0 - a3;
  const Shorts c0 = v[5] - v[3] - v[7] - (v[7] >> 1), c1 = v[1] + v[7] - v[3] - (v[3] >> 1);
  const Shorts c2 = v[7] - v[1] + v[5] + (v[5] >> 1), c3 = v[3] + v[5] + v[1] + (v[1] >> 1);
  const Shorts odd0 = c0 + (c3 >> 2), odd1 = c1 + (c2 >> 2), odd2 = c2 - (c1 >> 2), odd3 = c3 - (c0 >> 2);
  v[0] = even0 + odd3;
  v[1] = even1 - odd2;
  v[2] = even2 + odd1;
  v[3] = even3 + odd0;
  v[4] = even3 - odd0;
  v[5] = even2 - odd1;
  v[6] = even1 + odd2;
  v[7] = even0 - odd3;
}

}

void IdctResAddPred_c (uint8_t* prediction, const int32_t stride, int16_t* coefficients) {
  Shorts v[4];
  Transpose4 (Load<Shorts> (coefficients), Load<Shorts> (coefficients + 8), v);
  Pass4 (v);
  Transpose4 (SHUFFLE (v[0], v[1], 0, 1, 2, 3, 8, 9, 10, 11), SHUFFLE (v[2], v[3], 0, 1, 2, 3, 8, 9, 10, 11), v);
  Pass4 (v);
  for (int i = 0; i < 4; ++i) {
    uint8_t* row = prediction + i * stride;
    const Shorts sum = Low (Load4 (row)) + ((v[i] + 32) >> 6);
    Store4 (row, Clip (sum, sum));
  }
}

void IdctResAddPred8x8_c (uint8_t* prediction, const int32_t stride, int16_t* coefficients) {
  Shorts v[8];
  for (int i = 0; i < 8; ++i) v[i] = Load<Shorts> (coefficients + 8 * i);
  Transpose8 (v);
  Pass8 (v);
  Transpose8 (v);
  Pass8 (v);
  for (int i = 0; i < 8; ++i) {
    uint8_t* row = prediction + i * stride;
    const Shorts sum = LoadShorts (row) + ((v[i] + 32) >> 6);
    Store8 (row, Clip (sum, sum));
  }
}

}
