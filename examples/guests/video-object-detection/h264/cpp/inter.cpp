// Prediction from other pictures (ITU-T H.264, 8.4.2), in place of OpenH264's functions for it in `rec_mb.cpp`; the
// rest of that file stays.
//
// Apart from being faster: OpenH264 weights only the last part of a block of a B slice that is split and uses one list.
// `NOTICE` says whose work the original is.
#define GetInterPred UpstreamGetInterPred
#define GetInterBPred UpstreamGetInterBPred
#include "decoder/core/src/rec_mb.cpp"
#undef GetInterPred
#undef GetInterBPred

#include "vector.h"

namespace WelsDec {

int32_t GetInterPred (uint8_t* luma, uint8_t* cb, uint8_t* cr, PWelsDecoderContext context);
int32_t GetInterBPred (uint8_t* planes[3], uint8_t* others[3], PWelsDecoderContext context);

namespace {

// A rectangle of a macroblock that moves as one, in pixels of luma.
struct Part {
  int32_t x, y, width, height;
  int32_t Block() const { return y + x / 4; }
};

// What the samples of a component are multiplied with; `offset` is added after.
struct Weights {
  int32_t first, second, shift, offset;
  int32_t Round() const { return shift > 0 ? 1 << (shift - 1) : 0; }
  // Whether all sums fit 16 bits: 255 * 128 + 64 does.
  bool FitShorts() const { return abs (first) + abs (second) <= 128 && shift <= 7; }
};

// Where two predictions are, the first of which becomes the result.
struct Mixed {
  uint8_t* to;
  int32_t stride;
  const uint8_t* other;
  int32_t otherStride;
  int32_t width, height;
};

INLINE uint8_t ClipByte (int32_t value) { return value < 0 ? 0 : value > 255 ? 255 : value; }

// The three ways to a sample, `a` in the first prediction and `b` in the other; each for vectors and for one sample.
struct Mean {
  MEMBER_INLINE Bytes operator() (Bytes a, Bytes b) const { return Average (a, b); }
  MEMBER_INLINE uint8_t operator() (uint8_t a, uint8_t b) const { return (a + b + 1) >> 1; }
};

struct Weighted {
  Weights weights;
  MEMBER_INLINE Shorts Half (Shorts a, Shorts b) const {
    const Shorts sum = a * AllShorts (weights.first) + b * AllShorts (weights.second) + AllShorts (weights.Round());
    return AddClipped (sum >> weights.shift, AllShorts (weights.offset));
  }
  MEMBER_INLINE Bytes operator() (Bytes a, Bytes b) const { return Clip (Half (Low (a), Low (b)), Half (High (a), High (b))); }
  MEMBER_INLINE uint8_t operator() (uint8_t a, uint8_t b) const {
    const int32_t sum = a * weights.first + b * weights.second + weights.Round();
    return ClipByte ((sum >> weights.shift) + weights.offset);
  }
};

template<int kWidth, typename Way> INLINE void MixRows (const Mixed& mixed, const Way& way) {
  for (int32_t y = 0; y < mixed.height; ++y) {
    uint8_t* row = mixed.to + y * mixed.stride;
    StoreRow<kWidth> (row, way (LoadRow<kWidth> (row), LoadRow<kWidth> (mixed.other + y * mixed.otherStride)));
  }
}

template<typename Way> void MixSingly (const Mixed& mixed, const Way& way) {
  for (int32_t y = 0; y < mixed.height; ++y) {
    uint8_t* row = mixed.to + y * mixed.stride;
    const uint8_t* other = mixed.other + y * mixed.otherStride;
    for (int32_t x = 0; x < mixed.width; ++x) row[x] = way (row[x], other[x]);
  }
}

template<typename Way> void Mix (const Mixed& mixed, const Way& way) {
  switch (mixed.width) {
  case 16:
    return MixRows<16> (mixed, way);
  case 8:
    return MixRows<8> (mixed, way);
  case 4:
    return MixRows<4> (mixed, way);
  default:
    return MixSingly (mixed, way);
  }
}

void Weight (const Mixed& mixed, const Weights& weights) {
  const Weighted way = {weights};
  weights.FitShorts() ? Mix (mixed, way) : MixSingly (mixed, way);
}

class Predictor {
 public:
  Predictor (PWelsDecoderContext context, uint8_t* const planes[3])
    : context_ (context), layer_ (context->pCurDqLayer), macroblock_ (layer_->iMbXyIndex),
      strides_ {context->pDec->iLinesize[0], context->pDec->iLinesize[1], context->pDec->iLinesize[1]},
      planes_ {planes[0], planes[1], planes[2]} {
    const SPps* pps = layer_->sLayerInfo.pPps;
    const bool b = layer_->sLayerInfo.sSliceInLayer.eSliceType == B_SLICE;
    lists_ = b ? 2 : 1;
    weightsOne_ = b ? pps->uiWeightedBipredIdc == 1 : layer_->bUseWeightPredictionFlag;
    weightsTwo_ = b && layer_->bUseWeightedBiPredIdc;
    explicit_ = pps->uiWeightedBipredIdc == 1;
  }

  int32_t Macroblock() {
    const uint32_t type = layer_->pDec->pMbType[macroblock_];
    // A macroblock that is skipped in a P slice has no other flag.
    if (IS_INTER_16x16 (type) || type == MB_TYPE_SKIP) return Predict (Part {0, 0, 16, 16});
    if (IS_INTER_16x8 (type)) return Both (Part {0, 0, 16, 8}, Part {0, 8, 16, 8});
    if (IS_INTER_8x16 (type)) return Both (Part {0, 0, 8, 16}, Part {8, 0, 8, 16});
    for (int32_t i = 0; i < 4; ++i) {
      const int32_t error = Quarter (8 * (i % 2), 8 * (i / 2), layer_->pSubMbType[macroblock_][i]);
      if (error) return error;
    }
    return ERR_NONE;
  }

 private:
  int32_t Both (const Part& first, const Part& second) {
    const int32_t error = Predict (first);
    return error ? error : Predict (second);
  }

  int32_t Quarter (int32_t x, int32_t y, uint32_t type) {
    if (IS_SUB_8x8 (type)) return Predict (Part {x, y, 8, 8});
    if (IS_SUB_8x4 (type)) return Both (Part {x, y, 8, 4}, Part {x, y + 4, 8, 4});
    if (IS_SUB_4x8 (type)) return Both (Part {x, y, 4, 8}, Part {x + 4, y, 4, 8});
    const int32_t error = Both (Part {x, y, 4, 4}, Part {x + 4, y, 4, 4});
    return error ? error : Both (Part {x, y + 4, 4, 4}, Part {x + 4, y + 4, 4, 4});
  }

  int32_t Predict (const Part& part) {
    const int32_t block = part.Block();
    int8_t references[2] = {-1, -1};
    for (int32_t list = 0; list < lists_; ++list) {
      references[list] = layer_->pDec->pRefIndex[list][macroblock_][block];
    }
    const int32_t first = references[0] >= 0 ? 0 : 1;
    const bool two = references[0] >= 0 && references[1] >= 0;
    uint8_t* to[3];
    for (int32_t i = 0; i < 3; ++i) {
      const int32_t half = i != 0;
      to[i] = planes_[i] + (part.y >> half) * strides_[i] + (part.x >> half);
    }
    const int32_t error = Move (part, first, references[first], to, strides_);
    if (error) return error;
    if (!two) {
      if (weightsOne_) WeightOneList (part, first, references[first], to);
      return ERR_NONE;
    }
    uint8_t other[16 * 16 + 2 * 8 * 16] __attribute__ ((aligned (16)));
    uint8_t* others[3] = {other, other + 256, other + 256 + 8};
    const int32_t strides[3] = {16, 16, 16};
    const int32_t secondError = Move (part, 1, references[1], others, strides);
    if (secondError) return secondError;
    for (int32_t i = 0; i < 3; ++i) {
      const Mixed mixed = {to[i], strides_[i], others[i], 16, part.width >> (i != 0), part.height >> (i != 0)};
      weightsTwo_ ? Weight (mixed, WeightsOfTwo (i, references)) : Mix (mixed, Mean());
    }
    return ERR_NONE;
  }

  // Copies what a part of the reference picture shows, which the vector points to.
  int32_t Move (const Part& part, int32_t list, int8_t reference, uint8_t* const to[3], const int32_t strides[3]) {
    sMCRefMember member;
    const int32_t error = GetRefPic (&member, context_, reference, list);
    if (error) return error;
    member.iPicWidth = layer_->sLayerInfo.sSliceInLayer.sSliceHeaderExt.sSliceHeader.iMbWidth << 4;
    member.iPicHeight = layer_->sLayerInfo.sSliceInLayer.sSliceHeaderExt.sSliceHeader.iMbHeight << 4;
    member.pDstY = to[0];
    member.pDstU = to[1];
    member.pDstV = to[2];
    member.iDstLineLuma = strides[0];
    member.iDstLineChroma = strides[1];
    int16_t* vector = layer_->pDec->pMv[list][macroblock_][part.Block()];
    BaseMC (context_, &member, list, reference, (layer_->iMbX << 4) + part.x, (layer_->iMbY << 4) + part.y,
            &context_->sMcFunc, part.width, part.height, vector);
    return ERR_NONE;
  }

  void WeightOneList (const Part& part, int32_t list, int8_t reference, uint8_t* const to[3]) {
    const auto* table = layer_->pPredWeightTable;
    for (int32_t i = 0; i < 3; ++i) {
      const Mixed mixed = {to[i], strides_[i], to[i], strides_[i], part.width >> (i != 0), part.height >> (i != 0)};
      const int32_t shift = i == 0 ? table->uiLumaLog2WeightDenom : table->uiChromaLog2WeightDenom;
      Weight (mixed, Weights {Factor (i, list, reference), 0, shift, Offset (i, list, reference)});
    }
  }

  Weights WeightsOfTwo (int32_t component, const int8_t references[2]) const {
    const auto* table = layer_->pPredWeightTable;
    if (!explicit_) {
      const int32_t first = table->iImplicitWeight[references[0]][references[1]];
      return Weights {first, 64 - first, 6, 0};
    }
    const int32_t shift = component == 0 ? table->uiLumaLog2WeightDenom : table->uiChromaLog2WeightDenom;
    const int32_t offset = Offset (component, 0, references[0]) + Offset (component, 1, references[1]) + 1;
    return Weights {Factor (component, 0, references[0]), Factor (component, 1, references[1]), shift + 1, offset >> 1};
  }

  int32_t Factor (int32_t component, int32_t list, int8_t reference) const {
    const auto& weights = layer_->pPredWeightTable->sPredList[list];
    return component == 0 ? weights.iLumaWeight[reference] : weights.iChromaWeight[reference][component - 1];
  }

  int32_t Offset (int32_t component, int32_t list, int8_t reference) const {
    const auto& weights = layer_->pPredWeightTable->sPredList[list];
    return component == 0 ? weights.iLumaOffset[reference] : weights.iChromaOffset[reference][component - 1];
  }

  PWelsDecoderContext context_;
  PDqLayer layer_;
  int32_t macroblock_;
  int32_t strides_[3];
  uint8_t* planes_[3];
  int32_t lists_;
  bool weightsOne_, weightsTwo_, explicit_;
};

}

int32_t GetInterPred (uint8_t* luma, uint8_t* cb, uint8_t* cr, PWelsDecoderContext context) {
  uint8_t* const planes[3] = {luma, cb, cr};
  return Predictor (context, planes).Macroblock();
}

int32_t GetInterBPred (uint8_t* planes[3], uint8_t*[3], PWelsDecoderContext context) {
  return Predictor (context, planes).Macroblock();
}

}
