// Reads the coefficients of CABAC streams (ITU-T H.264, 7.3.5.3.3 and 9.3), in place of OpenH264's functions for that.
// The rest of its reader is used as it is; one file lets the compiler join it with the arithmetic decoder. `NOTICE`
// says whose work the original is.
//
// OpenH264 does not look at what follows a slice's last macroblock; here the slice must end where its data does.
#include "decoder/core/src/cabac_decoder.cpp"

#define ParseResidualBlockCabac UpstreamParseResidualBlockCabac
#define ParseResidualBlockCabac8x8 UpstreamParseResidualBlockCabac8x8
#define ParseEndOfSliceCabac UpstreamParseEndOfSliceCabac
#include "decoder/core/src/parse_mb_syn_cabac.cpp"
#undef ParseResidualBlockCabac
#undef ParseResidualBlockCabac8x8
#undef ParseEndOfSliceCabac

namespace WelsDec {

namespace {

#define INLINE inline __attribute__ ((always_inline))

// The arithmetic decoder's state while a block is read, where the compiler can keep it in registers.
class Engine {
 public:
  INLINE explicit Engine (SWelsCabacDecEngine* engine)
    : engine_ (engine), range_ (engine->uiRange), offset_ (engine->uiOffset), bits_ (engine->iBitsLeft), error_ (ERR_NONE) {}

  // Gives the state back. An error is that the data ended.
  INLINE int32_t Finish() {
    engine_->uiRange = range_;
    engine_->uiOffset = offset_;
    engine_->iBitsLeft = bits_;
    return error_;
  }

  INLINE uint32_t Bin (SWelsCabacCtx* context) {
    const uint32_t state = context->uiState;
    uint32_t bin = context->uiMPS;
    const uint32_t least = g_kuiCabacRangeLps[state][(range_ >> 6) & 3];
    uint64_t range = range_ - least;
    const uint64_t scaled = range << bits_;
    if (__builtin_expect (offset_ < scaled, 1)) {
      context->uiState = g_kuiStateTransTable[state][1];
      const uint32_t shift = range < WELS_CABAC_QUARTER;
      range_ = range << shift;
      bits_ -= shift;
    } else {
      offset_ -= scaled;
      if (state == 0) context->uiMPS = bin ^ 1;
      bin ^= 1;
      context->uiState = g_kuiStateTransTable[state][0];
      const uint32_t shift = g_kRenormTable256[least];
      range_ = (uint64_t) least << shift;
      bits_ -= shift;
    }
    if (__builtin_expect (bits_ <= 0, 0)) Refill();
    return bin;
  }

  INLINE uint32_t Bypass() {
    if (__builtin_expect (bits_ == 0, 0)) EndOfData (GENERATE_ERROR_NO (ERR_LEVEL_MB_DATA, ERR_CABAC_NO_BS_TO_READ));
    const uint64_t scaled = range_ << --bits_;
    const uint32_t bin = offset_ >= scaled;
    offset_ -= bin ? scaled : 0;
    if (__builtin_expect (bits_ <= 0, 0)) Refill();
    return bin;
  }

  // An exponential Golomb code. A prefix that is longer than any is an error.
  uint32_t ExpGolomb() {
    uint32_t length = 0, value = 0;
    while (Bypass()) {
      value += 1u << length;
      if (++length == 16) {
        error_ = GENERATE_ERROR_NO (ERR_LEVEL_MB_DATA, ERR_CABAC_UNEXPECTED_VALUE);
        return 0;
      }
    }
    while (length > 0) value += Bypass() << --length;
    return value;
  }

 private:
  __attribute__ ((noinline)) void Refill() {
    uint32_t value = 0;
    int32_t count = 0;
    const int32_t error = Read32BitsCabac (engine_, value, count);
    offset_ = (offset_ << count) | value;
    bits_ += count;
    if (error && bits_ < 0) EndOfData (error);
  }

  // Zeros follow; that they are needed is an error.
  __attribute__ ((noinline)) void EndOfData (int32_t error) {
    error_ = error;
    offset_ <<= 32;
    bits_ += 32;
  }

  SWelsCabacDecEngine* engine_;
  uint64_t range_;
  uint64_t offset_;
  int32_t bits_;
  int32_t error_;
};

// Where a block has coefficients, in the order of the stream, and what they are.
struct Levels {
  int32_t count;
  uint8_t places[64];
  int32_t values[64];
};

template<bool k8x8> INLINE void ReadPlaces (Engine& engine, SWelsCabacCtx* contexts, int32_t kind, Levels* levels) {
  SWelsCabacCtx* map = contexts + (k8x8 ? NEW_CTX_OFFSET_MAP_8x8 : NEW_CTX_OFFSET_MAP) + g_kBlockCat2CtxOffsetMap[kind];
  SWelsCabacCtx* last = contexts + (k8x8 ? NEW_CTX_OFFSET_LAST_8x8 : NEW_CTX_OFFSET_LAST)
                        + g_kBlockCat2CtxOffsetLast[kind];
  const int32_t end = k8x8 ? 63 : g_kMaxPos[kind];
  int32_t count = 0;
  for (int32_t i = 0; i < end; ++i) {
    if (!engine.Bin (map + (k8x8 ? g_kuiIdx2CtxSignificantCoeffFlag8x8[i] : i))) continue;
    levels->places[count++] = i;
    if (engine.Bin (last + (k8x8 ? g_kuiIdx2CtxLastSignificantCoeffFlag8x8[i] : i))) {
      levels->count = count;
      return;
    }
  }
  levels->places[count++] = end;
  levels->count = count;
}

template<bool k8x8> INLINE void ReadValues (Engine& engine, SWelsCabacCtx* contexts, int32_t kind, Levels* levels) {
  SWelsCabacCtx* one = contexts + (k8x8 ? NEW_CTX_OFFSET_ONE_8x8 : NEW_CTX_OFFSET_ONE) + g_kBlockCat2CtxOffsetOne[kind];
  SWelsCabacCtx* more = contexts + (k8x8 ? NEW_CTX_OFFSET_ABS_8x8 : NEW_CTX_OFFSET_ABS) + g_kBlockCat2CtxOffsetAbs[kind];
  const int32_t most = g_kMaxC2[kind];
  int32_t ones = 1, larger = 0;
  for (int32_t i = levels->count - 1; i >= 0; --i) {
    int32_t value = 1;
    if (engine.Bin (one + ones)) {
      ++value;
      while (value < 15 && engine.Bin (more + larger)) ++value;
      if (value == 15) value += engine.ExpGolomb();
      larger = WELS_MIN (larger + 1, most);
      ones = 0;
    } else if (ones != 0) {
      ones = WELS_MIN (ones + 1, 4);
    }
    levels->values[i] = engine.Bypass() ? -value : value;
  }
}

template<bool k8x8> int32_t ReadLevels (PWelsDecoderContext context, int32_t kind, Levels* levels) {
  Engine engine (context->pCabacDecEngine);
  ReadPlaces<k8x8> (engine, context->pCabacCtx, kind, levels);
  ReadValues<k8x8> (engine, context->pCabacCtx, kind, levels);
  return engine.Finish();
}

void StoreChromaDc (PWelsDecoderContext context, const uint8_t* scan, const uint16_t* scale, const Levels& levels,
                    int16_t* coefficients) {
  for (int32_t i = 0; i < 4; ++i) coefficients[scan[i]] = 0;
  for (int32_t i = 0; i < levels.count; ++i) coefficients[scan[levels.places[i]]] = levels.values[i];
  WelsChromaDcIdct (coefficients);
  const int32_t shift = context->bUseScalingList ? 5 : 1;
  for (int32_t i = 0; i < 4; ++i) {
    coefficients[scan[i]] = (int16_t) ((int64_t) coefficients[scan[i]] * (int64_t) scale[0] >> shift);
  }
}

}

// Whether the last bit that the arithmetic decoder has read is the stop bit (9.3.1.2), in the last byte of the slice.
// What follows in that byte should be zeros; x264 makes the last of them a one in some pictures.
static bool EndsWithData (const SWelsCabacDecEngine* engine, const SBitStringAux* data) {
  const intX_t stop = ((engine->pBuffCurr - data->pStartBuf) << 3) - engine->iBitsLeft - 1;
  return data->pStartBuf + (stop >> 3) == data->pEndBuf - 1 && (data->pEndBuf[-1] >> (7 - (stop & 7)) & 1) != 0;
}

int32_t ParseEndOfSliceCabac (PWelsDecoderContext context, uint32_t& ends) {
  WELS_READ_VERIFY (UpstreamParseEndOfSliceCabac (context, ends));
  const SDqLayer* layer = context->pCurDqLayer;
  const bool last = layer->iMbXyIndex + 1 == layer->iMbWidth * layer->iMbHeight;
  if (ends ? EndsWithData (context->pCabacDecEngine, layer->pBitStringAux) : !last) return ERR_NONE;
  return GENERATE_ERROR_NO (ERR_LEVEL_MB_DATA, ERR_CABAC_UNEXPECTED_VALUE);
}

int32_t ParseResidualBlockCabac8x8 (PWelsNeighAvail, uint8_t* counts, SBitStringAux*, int32_t index, int32_t,
                                    const uint8_t* scan, int32_t kind, short* coefficients, uint8_t qp,
                                    PWelsDecoderContext context) {
  int32_t list = 0;
  GetMbResProperty (&list, &kind, false);
  const uint16_t* scale =
    context->bUseScalingList ? context->pDequant_coeff8x8[list - 6][qp] : g_kuiDequantCoeff8x8[qp];
  Levels levels;
  WELS_READ_VERIFY (ReadLevels<true> (context, kind, &levels));
  for (int32_t i = 0; i < 4; ++i) counts[g_kCacheNzcScanIdx[index + i]] = (uint8_t) levels.count;
  if (kind != LUMA_DC_AC_8) return ERR_NONE;
  for (int32_t i = 0; i < levels.count; ++i) {
    const int32_t at = scan[levels.places[i]];
    const int32_t scaled = levels.values[i] * scale[at];
    coefficients[at] = qp >= 36 ? scaled * (1 << (qp / 6 - 6)) : (scaled + (1 << (5 - qp / 6))) >> (6 - qp / 6);
  }
  return ERR_NONE;
}

int32_t ParseResidualBlockCabac (PWelsNeighAvail neighbours, uint8_t* counts, SBitStringAux*, int32_t index, int32_t,
                                 const uint8_t* scan, int32_t kind, short* coefficients, uint8_t qp,
                                 PWelsDecoderContext context) {
  int32_t list = 0;
  GetMbResProperty (&list, &kind, false);
  const uint16_t* scale = context->bUseScalingList ? context->pDequant_coeff4x4[list][qp] : g_kuiDequantCoeff[qp];
  uint8_t* count = &counts[g_kCacheNzcScanIdx[index]];
  uint32_t coded;
  WELS_READ_VERIFY (ParseCbfInfoCabac (neighbours, counts, index, kind, context, coded));
  *count = 0;
  if (!coded) return ERR_NONE;
  Levels levels;
  WELS_READ_VERIFY (ReadLevels<false> (context, kind, &levels));
  *count = (uint8_t) levels.count;
  if (kind == I16_LUMA_DC) {
    for (int32_t i = 0; i < 16; ++i) coefficients[scan[i]] = 0;
    for (int32_t i = 0; i < levels.count; ++i) coefficients[scan[levels.places[i]]] = levels.values[i];
    WelsLumaDcDequantIdct (coefficients, qp, context);
  } else if (kind == CHROMA_DC_U || kind == CHROMA_DC_V) {
    StoreChromaDc (context, scan, scale, levels, coefficients);
  } else if (context->bUseScalingList) {
    for (int32_t i = 0; i < levels.count; ++i) {
      const int32_t at = scan[levels.places[i]];
      coefficients[at] = (int16_t) (((int64_t) levels.values[i] * (int64_t) scale[at] + 8) >> 4);
    }
  } else {
    for (int32_t i = 0; i < levels.count; ++i) {
      const int32_t at = scan[levels.places[i]];
      coefficients[at] = levels.values[i] * scale[at & 7];
    }
  }
  return ERR_NONE;
}

}
