// The deblocking of a macroblock (ITU-T H.264, 8.7), in place of OpenH264's, of whose file the rest stays.
#define WelsDeblockingMb UpstreamDeblockingMb
#include "decoder/core/src/deblocking.cpp"
#undef WelsDeblockingMb

#include "deblocking_filter.h"
#include "deblocking_strength.h"
#include "transpose.h"

namespace WelsDec {

namespace {

const uint8_t kStrong = 4;
const uint8_t kInsideIntra = 3;

struct Planes {
  uint8_t* luma;
  uint8_t* chroma[2];
  int32_t lumaStride;
  int32_t chromaStride;
};

// The quality on both sides of an edge, for the three components.
struct Quality {
  int32_t of[3];
};

Quality QualityOf (PDqLayer layer, int32_t macroblock) {
  return Quality {{layer->pLumaQp[macroblock], layer->pChromaQp[macroblock][0], layer->pChromaQp[macroblock][1]}};
}

Quality Mean (const Quality& a, const Quality& b) {
  return Quality {{(a.of[0] + b.of[0] + 1) >> 1, (a.of[1] + b.of[1] + 1) >> 1, (a.of[2] + b.of[2] + 1) >> 1}};
}

// Four strengths in sixteen places of one component, or twice in eight.
INLINE Bytes Spread (const uint8_t strengths[4], bool luma) {
  const Bytes four = Load4 (strengths);
  return luma ? SHUFFLE (four, four, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3)
              : SHUFFLE (four, four, 0, 0, 1, 1, 2, 2, 3, 3, 0, 0, 1, 1, 2, 2, 3, 3);
}

INLINE Bytes Halves (int first, int second) {
  const uint64_t ones = 0x0101010101010101;
  return (Bytes) (Longs) {ones * (uint8_t) first, ones * (uint8_t) second};
}

// False where the quality is so high that nothing is filtered. Components `first` and `second` share the vector.
INLINE bool Limits (const SDeblockingFilter* filter, const Quality& quality, int first, int second,
                    const uint8_t strengths[4], Thresholds* limits) {
  const int index[2] = {quality.of[first] + filter->iSliceAlphaC0Offset, quality.of[second] + filter->iSliceAlphaC0Offset};
  const int beta[2] = {quality.of[first] + filter->iSliceBetaOffset, quality.of[second] + filter->iSliceBetaOffset};
  const int alpha[2] = {g_kuiAlphaTable (index[0]), g_kuiAlphaTable (index[1])};
  if ((alpha[0] | alpha[1]) == 0) return false;
  limits->alpha = Halves (alpha[0], alpha[1]);
  limits->beta = Halves (g_kiBetaTable (beta[0]), g_kiBetaTable (beta[1]));
  const Bytes strength = Spread (strengths, first == 0);
  limits->on = (Bytes) (strength != 0);
  limits->most = Bytes();
  for (int level = 1; level < kStrong; ++level) {
    const Bytes most = Halves (g_kiTc0Table (index[0])[level], g_kiTc0Table (index[1])[level]);
    limits->most |= most & (Bytes) (strength == (uint8_t) level);
  }
  return true;
}

INLINE void LumaAcross (const Thresholds& limits, bool strong, uint8_t* at, int32_t stride) {
  Bytes columns[8];
  LoadColumns8 (at - 4, stride, columns);
  Bytes* c = columns;
  if (strong) {
    Bytes p[4] = {c[3], c[2], c[1], c[0]}, q[4] = {c[4], c[5], c[6], c[7]};
    if (!StrongLuma (limits, p, q)) return;
    const Bytes result[8] = {p[3], p[2], p[1], p[0], q[0], q[1], q[2], q[3]};
    StoreColumns8 (at - 4, stride, result);
  } else if (NormalLuma (limits, c[1], c[2], c[3], c[4], c[5], c[6])) {
    StoreColumns4 (at - 2, stride, c[2], c[3], c[4], c[5]);
  }
}

INLINE void LumaDown (const Thresholds& limits, bool strong, uint8_t* at, int32_t stride) {
  Bytes p[4], q[4];
  for (int i = 0; i < 3 + strong; ++i) {
    p[i] = Load<Bytes> (at - (i + 1) * stride);
    q[i] = Load<Bytes> (at + i * stride);
  }
  if (strong ? !StrongLuma (limits, p, q) : !NormalLuma (limits, p[2], p[1], p[0], q[0], q[1], q[2])) return;
  for (int i = 0; i < 2 + strong; ++i) {
    Store (at - (i + 1) * stride, p[i]);
    Store (at + i * stride, q[i]);
  }
}

INLINE void ChromaAcross (const Thresholds& limits, bool strong, uint8_t* first, uint8_t* second, int32_t stride) {
  Bytes c[4];
  LoadColumns4 (first - 2, second - 2, stride, c);
  if (strong ? StrongChroma (limits, c[0], c[1], c[2], c[3]) : NormalChroma (limits, c[0], c[1], c[2], c[3])) {
    StoreColumns2 (first - 1, second - 1, stride, c[1], c[2]);
  }
}

INLINE Bytes LoadPair (const uint8_t* first, const uint8_t* second) {
  uint64_t low, high;
  memcpy (&low, first, sizeof low);
  memcpy (&high, second, sizeof high);
  return (Bytes) (Longs) {low, high};
}

INLINE void ChromaDown (const Thresholds& limits, bool strong, uint8_t* first, uint8_t* second, int32_t stride) {
  const Bytes p1 = LoadPair (first - 2 * stride, second - 2 * stride);
  Bytes p0 = LoadPair (first - stride, second - stride);
  Bytes q0 = LoadPair (first, second);
  const Bytes q1 = LoadPair (first + stride, second + stride);
  if (strong ? !StrongChroma (limits, p1, p0, q0, q1) : !NormalChroma (limits, p1, p0, q0, q1)) return;
  Store8 (first - stride, p0);
  Store8High (second - stride, p0);
  Store8 (first, q0);
  Store8High (second, q0);
}

// Filters an edge of all three components, the chroma's only where it has one.
template<bool kAcross> void FilterEdge (const SDeblockingFilter* filter, const Planes& planes, const Quality& quality,
                                        int edge, const uint8_t strengths[4]) {
  Thresholds limits;
  const bool strong = strengths[0] == kStrong;
  if (Limits (filter, quality, 0, 0, strengths, &limits)) {
    uint8_t* at = planes.luma + 4 * edge * (kAcross ? 1 : planes.lumaStride);
    kAcross ? LumaAcross (limits, strong, at, planes.lumaStride) : LumaDown (limits, strong, at, planes.lumaStride);
  }
  if (edge % 2 != 0 || !Limits (filter, quality, 1, 2, strengths, &limits)) return;
  limits.most += 1;
  const int32_t offset = 2 * edge * (kAcross ? 1 : planes.chromaStride);
  uint8_t* first = planes.chroma[0] + offset;
  uint8_t* second = planes.chroma[1] + offset;
  kAcross ? ChromaAcross (limits, strong, first, second, planes.chromaStride)
          : ChromaDown (limits, strong, first, second, planes.chromaStride);
}

// The edges of one direction. `neighbour` is the macroblock beyond the first, or -1.
template<bool kAcross> void FilterEdges (PDqLayer layer, const SDeblockingFilter* filter, const Planes& planes,
    int32_t macroblock, int32_t neighbour, const Strengths& strengths) {
  const Quality here = QualityOf (layer, macroblock);
  const int step = layer->pTransformSize8x8Flag[macroblock] ? 2 : 1;
  for (int edge = neighbour < 0 ? step : 0; edge < 4; edge += step) {
    if (IsZero (Load4 (strengths.edges[edge]))) continue;
    const Quality quality = edge == 0 ? Mean (here, QualityOf (layer, neighbour)) : here;
    FilterEdge<kAcross> (filter, planes, quality, edge, strengths.edges[edge]);
  }
}

bool IsIntra (PDqLayer layer, int32_t macroblock) { return IS_INTRA (layer->pDec->pMbType[macroblock]) != 0; }

}

void WelsDeblockingMb (PDqLayer layer, PDeblockingFilter filter, int32_t boundaries) {
  const int32_t macroblock = layer->iMbXyIndex;
  const int32_t left = boundaries & LEFT_FLAG_MASK ? macroblock - 1 : -1;
  const int32_t top = boundaries & TOP_FLAG_MASK ? macroblock - layer->iMbWidth : -1;
  Strengths vertical, horizontal;
  const bool intra = IsIntra (layer, macroblock);
  if (intra) {
    memset (&vertical, kInsideIntra, sizeof vertical);
    memset (&horizontal, kInsideIntra, sizeof horizontal);
  } else if (filter->eSliceType == B_SLICE) {
    FindStrengths<2> (layer, filter, macroblock, left, top, &vertical, &horizontal);
  } else {
    FindStrengths<1> (layer, filter, macroblock, left, top, &vertical, &horizontal);
  }
  if (intra || (left >= 0 && IsIntra (layer, left))) memset (vertical.edges[0], kStrong, sizeof vertical.edges[0]);
  if (intra || (top >= 0 && IsIntra (layer, top))) memset (horizontal.edges[0], kStrong, sizeof horizontal.edges[0]);

  const int32_t lumaStride = filter->iCsStride[0], chromaStride = filter->iCsStride[1];
  const int32_t luma = (layer->iMbY * lumaStride + layer->iMbX) * 16;
  const int32_t chroma = (layer->iMbY * chromaStride + layer->iMbX) * 8;
  uint8_t* const* data = filter->pCsData;
  const Planes planes = {data[0] + luma, {data[1] + chroma, data[2] + chroma}, lumaStride, chromaStride};
  FilterEdges<true> (layer, filter, planes, macroblock, left, vertical);
  FilterEdges<false> (layer, filter, planes, macroblock, top, horizontal);
}

}
