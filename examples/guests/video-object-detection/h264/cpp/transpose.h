// Columns of samples as vectors, and back: what the filters across vertical edges need.
#ifndef TRANSPOSE_H
#define TRANSPOSE_H

#include "vector.h"

INLINE Bytes ZipLow (Bytes a, Bytes b) {
  return SHUFFLE (a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

INLINE Bytes ZipHigh (Bytes a, Bytes b) {
  return SHUFFLE (a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

// Eight columns of 16 rows.
INLINE void LoadColumns8 (const uint8_t* at, int32_t stride, Bytes columns[8]) {
  Bytes a[8], b[8];
  for (int i = 0; i < 8; ++i) a[i] = ZipLow (Load8 (at + i * stride), Load8 (at + (i + 8) * stride));
  for (int i = 0; i < 4; ++i) {
    b[2 * i] = ZipLow (a[i], a[i + 4]);
    b[2 * i + 1] = ZipHigh (a[i], a[i + 4]);
  }
  for (int i = 0; i < 2; ++i) {
    for (int half = 0; half < 2; ++half) {
      a[4 * i + 2 * half] = ZipLow (b[2 * i + half], b[2 * i + 4 + half]);
      a[4 * i + 2 * half + 1] = ZipHigh (b[2 * i + half], b[2 * i + 4 + half]);
    }
  }
  for (int quarter = 0; quarter < 4; ++quarter) {
    columns[2 * quarter] = ZipLow (a[quarter], a[4 + quarter]);
    columns[2 * quarter + 1] = ZipHigh (a[quarter], a[4 + quarter]);
  }
}

INLINE void StoreColumns8 (uint8_t* at, int32_t stride, const Bytes columns[8]) {
  Bytes a[8], b[8];
  for (int i = 0; i < 4; ++i) {
    a[2 * i] = ZipLow (columns[i], columns[i + 4]);
    a[2 * i + 1] = ZipHigh (columns[i], columns[i + 4]);
  }
  for (int i = 0; i < 2; ++i) {
    for (int half = 0; half < 2; ++half) {
      b[4 * i + 2 * half] = ZipLow (a[2 * i + half], a[2 * i + 4 + half]);
      b[4 * i + 2 * half + 1] = ZipHigh (a[2 * i + half], a[2 * i + 4 + half]);
    }
  }
  for (int quarter = 0; quarter < 4; ++quarter) {
    const Bytes first = ZipLow (b[quarter], b[4 + quarter]);
    const Bytes second = ZipHigh (b[quarter], b[4 + quarter]);
    uint8_t* row = at + 4 * quarter * stride;
    Store8 (row, first);
    Store8High (row + stride, first);
    Store8 (row + 2 * stride, second);
    Store8High (row + 3 * stride, second);
  }
}

// Four columns of 16 rows.
INLINE void StoreColumns4 (uint8_t* at, int32_t stride, Bytes c0, Bytes c1, Bytes c2, Bytes c3) {
  const Bytes evenLow = ZipLow (c0, c2), evenHigh = ZipHigh (c0, c2);
  const Bytes oddLow = ZipLow (c1, c3), oddHigh = ZipHigh (c1, c3);
  const UnsignedWords rows[4] = {
    (UnsignedWords) ZipLow (evenLow, oddLow), (UnsignedWords) ZipHigh (evenLow, oddLow),
    (UnsignedWords) ZipLow (evenHigh, oddHigh), (UnsignedWords) ZipHigh (evenHigh, oddHigh),
  };
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) {
      const uint32_t row = rows[i][j];
      memcpy (at + (4 * i + j) * stride, &row, sizeof row);
    }
  }
}

// Four columns of eight rows of one plane, and below them the same of another.
INLINE void LoadColumns4 (const uint8_t* first, const uint8_t* second, int32_t stride, Bytes columns[4]) {
  Bytes a[8], b[4];
  for (int i = 0; i < 8; ++i) a[i] = ZipLow (Load4 (first + i * stride), Load4 (second + i * stride));
  for (int i = 0; i < 4; ++i) b[i] = ZipLow (a[i], a[i + 4]);
  const Bytes c[4] = {ZipLow (b[0], b[2]), ZipHigh (b[0], b[2]), ZipLow (b[1], b[3]), ZipHigh (b[1], b[3])};
  for (int half = 0; half < 2; ++half) {
    columns[2 * half] = ZipLow (c[half], c[2 + half]);
    columns[2 * half + 1] = ZipHigh (c[half], c[2 + half]);
  }
}

// Two columns of such rows.
INLINE void StoreColumns2 (uint8_t* first, uint8_t* second, int32_t stride, Bytes c0, Bytes c1) {
  const UnsignedShorts low = (UnsignedShorts) ZipLow (c0, c1), high = (UnsignedShorts) ZipHigh (c0, c1);
  for (int i = 0; i < 8; ++i) {
    const uint16_t above = low[i], below = high[i];
    memcpy (first + i * stride, &above, sizeof above);
    memcpy (second + i * stride, &below, sizeof below);
  }
}

#endif
