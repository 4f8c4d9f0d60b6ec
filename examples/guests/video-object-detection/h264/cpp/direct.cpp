// Corrects a slip of OpenH264's `mv_pred.cpp`, which is used as it is otherwise.
//
// Where some parts of a macroblock are predicted by the spatial direct mode from one list, the whole macroblock is
// noted as if it used that list alone. A later picture then looks up the wrong motion (ITU-T H.264, 8.4.1.2.2), and
// differs from what other decoders make of it.
#define PredMvBDirectSpatial UpstreamPredMvBDirectSpatial
#include "decoder/core/src/mv_pred.cpp"
#undef PredMvBDirectSpatial

namespace WelsDec {

int32_t PredMvBDirectSpatial (PWelsDecoderContext context, int16_t vectors[LIST_A][2], int8_t references[LIST_A],
                              SubMbType& partType) {
  uint32_t* type = &context->pCurDqLayer->pDec->pMbType[context->pCurDqLayer->iMbXyIndex];
  const uint32_t lists = IS_Inter_8x8 (*type) ? *type & (MB_TYPE_L0 | MB_TYPE_L1) : 0;
  const int32_t result = UpstreamPredMvBDirectSpatial (context, vectors, references, partType);
  *type |= lists;
  return result;
}

}
