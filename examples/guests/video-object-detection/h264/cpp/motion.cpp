// Motion compensation, in place of OpenH264's `mc.cpp`: the samples of a reference picture between its pixels
// (ITU-T H.264, 8.4.2.2). It gives the same samples.
#include "mc.h"

#include "vector.h"

namespace {

// One side of the largest block; all intermediate blocks are this wide.
const int32_t kSide = 16;

struct Source {
  const uint8_t* at;
  int32_t stride;
  const uint8_t* Row (int32_t y) const { return at + y * stride; }
  Source Moved (int32_t x, int32_t y) const { return Source {at + x + y * stride, stride}; }
};

struct Target {
  uint8_t* at;
  int32_t stride;
  uint8_t* Row (int32_t y) const { return at + y * stride; }
};

// The filter for half positions: 1, -5, 20, 20, -5, 1.
INLINE Shorts SixTaps (Shorts a, Shorts b, Shorts c, Shorts d, Shorts e, Shorts f) {
  const Shorts inner = c + d;
  const Shorts middle = b + e;
  return a + f + ((inner << 2) - middle) + (((inner << 2) - middle) << 2);
}

INLINE Shorts Horizontal8 (const uint8_t* at) {
  return SixTaps (LoadShorts (at - 2), LoadShorts (at - 1), LoadShorts (at), LoadShorts (at + 1), LoadShorts (at + 2),
                  LoadShorts (at + 3));
}

INLINE Shorts Halved (Shorts sum) { return (sum + 16) >> 5; }

template<int kWidth> INLINE Bytes HorizontalRow (const uint8_t* at) {
  const Shorts low = Halved (Horizontal8 (at));
  return Clip (low, kWidth == 16 ? Halved (Horizontal8 (at + 8)) : low);
}

template<int kWidth> void Horizontal (Source source, Target target, int32_t height) {
  for (int32_t y = 0; y < height; ++y) StoreRow<kWidth> (target.Row (y), HorizontalRow<kWidth> (source.Row (y)));
}

// Keeps the six rows that the filter sees.
template<int kWidth> void Vertical (Source source, Target target, int32_t height) {
  Shorts low[6], high[6];
  for (int32_t i = 0; i < 5; ++i) {
    const Bytes row = LoadRow<kWidth> (source.Row (i - 2));
    low[i] = Low (row);
    high[i] = High (row);
  }
  for (int32_t y = 0; y < height; ++y) {
    const Bytes row = LoadRow<kWidth> (source.Row (y + 3));
    low[5] = Low (row);
    const Shorts first = Halved (SixTaps (low[0], low[1], low[2], low[3], low[4], low[5]));
    Shorts second = first;
    if (kWidth == 16) {
      high[5] = High (row);
      second = Halved (SixTaps (high[0], high[1], high[2], high[3], high[4], high[5]));
    }
    StoreRow<kWidth> (target.Row (y), Clip (first, second));
    for (int32_t i = 0; i < 5; ++i) {
      low[i] = low[i + 1];
      high[i] = high[i + 1];
    }
  }
}

// The filter a second time, over sums that it has given before: (a - 5b + 20c + 512) / 1024 in 16 bits. Dividing by 4
// twice loses nothing, as whole multiples are added in between; a sum that is clipped gives 0 or 255 in any case.
INLINE Shorts SixTapsAgain (Shorts a, Shorts b, Shorts c, Shorts d, Shorts e, Shorts f) {
  const Shorts outer = a + f, middle = b + e, inner = c + d;
  const Shorts quarter = SubtractClipped (outer, middle) >> 2;
  const Shorts rest = AddClipped (SubtractClipped (quarter, middle), inner) >> 2;
  return (AddClipped (rest, inner) + 32) >> 6;
}

// Rows -2 to height + 2 of horizontal sums.
template<int kWidth> INLINE void HorizontalSums (Source source, int16_t (*sums)[kSide], int32_t height) {
  for (int32_t y = 0; y < height + 5; ++y) {
    const uint8_t* row = source.Row (y - 2);
    Store (sums[y], Horizontal8 (row));
    if (kWidth == 16) Store (sums[y] + 8, Horizontal8 (row + 8));
  }
}

template<int kWidth> INLINE void Center (const int16_t (*sums)[kSide], Target target, int32_t height) {
  for (int32_t x = 0; x < kWidth; x += 8) {
    Shorts rows[6];
    for (int32_t i = 0; i < 5; ++i) rows[i] = Load<Shorts> (sums[i] + x);
    for (int32_t y = 0; y < height; ++y) {
      rows[5] = Load<Shorts> (sums[y + 5] + x);
      const Shorts result = SixTapsAgain (rows[0], rows[1], rows[2], rows[3], rows[4], rows[5]);
      StoreRow < kWidth == 16 ? 8 : kWidth > (target.Row (y) + x, Clip (result, result));
      for (int32_t i = 0; i < 5; ++i) rows[i] = rows[i + 1];
    }
  }
}

template<int kWidth> void Copy (Source source, Target target, int32_t height) {
  for (int32_t y = 0; y < height; ++y) StoreRow<kWidth> (target.Row (y), LoadRow<kWidth> (source.Row (y)));
}

// The mean of what is in the target and another block.
template<int kWidth> void Mix (Source source, Target target, int32_t height) {
  for (int32_t y = 0; y < height; ++y) {
    uint8_t* row = target.Row (y);
    StoreRow<kWidth> (row, Average (LoadRow<kWidth> (row), LoadRow<kWidth> (source.Row (y))));
  }
}

// Positions in the middle of four pixels, or halfway from there to one side.
template<int kWidth> void Middle (Source source, Target target, int32_t x, int32_t y, int32_t height) {
  int16_t sums[kSide + 5][kSide] __attribute__ ((aligned (16)));
  HorizontalSums<kWidth> (source, sums, height);
  Center<kWidth> (sums, target, height);
  if (y != 2) {
    for (int32_t row = 0; row < height; ++row) {
      const int16_t* sum = sums[row + 2 + (y == 3)];
      const Shorts low = Halved (Load<Shorts> (sum));
      const Bytes half = Clip (low, kWidth == 16 ? Halved (Load<Shorts> (sum + 8)) : low);
      uint8_t* to = target.Row (row);
      StoreRow<kWidth> (to, Average (LoadRow<kWidth> (to), half));
    }
  } else if (x != 2) {
    uint8_t half[kSide * kSide] __attribute__ ((aligned (16)));
    Vertical<kWidth> (source.Moved (x == 3, 0), Target {half, kSide}, height);
    Mix<kWidth> (Source {half, kSide}, target, height);
  }
}

// `x` and `y` are quarters of a pixel.
template<int kWidth> void Luma (Source source, Target target, int32_t x, int32_t y, int32_t height) {
  if (x == 0 && y == 0) {
    Copy<kWidth> (source, target, height);
  } else if (y == 0) {
    Horizontal<kWidth> (source, target, height);
    if (x != 2) Mix<kWidth> (source.Moved (x == 3, 0), target, height);
  } else if (x == 0) {
    Vertical<kWidth> (source, target, height);
    if (y != 2) Mix<kWidth> (source.Moved (0, y == 3), target, height);
  } else if (x == 2 || y == 2) {
    Middle<kWidth> (source, target, x, y, height);
  } else {
    uint8_t half[kSide * kSide] __attribute__ ((aligned (16)));
    Horizontal<kWidth> (source.Moved (0, y == 3), target, height);
    Vertical<kWidth> (source.Moved (x == 3, 0), Target {half, kSide}, height);
    Mix<kWidth> (Source {half, kSide}, target, height);
  }
}

void LumaBlock (const uint8_t* from, int32_t fromStride, uint8_t* to, int32_t toStride, int16_t x, int16_t y,
                int32_t width, int32_t height) {
  const Source source = {from, fromStride};
  const Target target = {to, toStride};
  if (width == 16) {
    Luma<16> (source, target, x & 3, y & 3, height);
  } else if (width == 8) {
    Luma<8> (source, target, x & 3, y & 3, height);
  } else {
    Luma<4> (source, target, x & 3, y & 3, height);
  }
}

// The weighted mean of four pixels. A row of eight needs nine: the ninth is read by a second load, so that nothing
// beyond is touched.
template<int kWidth> INLINE void Chroma (Source source, Target target, int32_t x, int32_t y, int32_t height) {
  const Shorts left = AllShorts (8 - x), right = AllShorts (x);
  const Shorts upper = AllShorts (8 - y), lower = AllShorts (y);
  Shorts above = Low (LoadRow<kWidth> (source.at)) * left + Low (LoadRow<kWidth> (source.at + 1)) * right;
  for (int32_t row = 0; row < height; ++row) {
    const uint8_t* next = source.Row (row + 1);
    const Shorts below = Low (LoadRow<kWidth> (next)) * left + Low (LoadRow<kWidth> (next + 1)) * right;
    const Shorts sum = (above * upper + below * lower + 32) >> 6;
    StoreRow<kWidth> (target.Row (row), Clip (sum, sum));
    above = below;
  }
}

void SmallChroma (Source source, Target target, int32_t x, int32_t y, int32_t height) {
  for (int32_t row = 0; row < height; ++row) {
    const uint8_t* above = source.Row (row);
    const uint8_t* below = source.Row (row + 1);
    for (int32_t i = 0; i < 2; ++i) {
      const int32_t upper = (8 - x) * above[i] + x * above[i + 1];
      const int32_t lower = (8 - x) * below[i] + x * below[i + 1];
      target.Row (row)[i] = ((8 - y) * upper + y * lower + 32) >> 6;
    }
  }
}

void ChromaBlock (const uint8_t* from, int32_t fromStride, uint8_t* to, int32_t toStride, int16_t x, int16_t y,
                  int32_t width, int32_t height) {
  const Source source = {from, fromStride};
  const Target target = {to, toStride};
  x &= 7;
  y &= 7;
  if (width == 2) {
    SmallChroma (source, target, x, y, height);
  } else if (x == 0 && y == 0) {
    width == 8 ? Copy<8> (source, target, height) : Copy<4> (source, target, height);
  } else if (width == 8) {
    Chroma<8> (source, target, x, y, height);
  } else {
    Chroma<4> (source, target, x, y, height);
  }
}

}

namespace WelsCommon {

// The other members are the encoder's.
void InitMcFunc (SMcFunc* functions, uint32_t) {
  functions->pMcLumaFunc = LumaBlock;
  functions->pMcChromaFunc = ChromaBlock;
}

}
