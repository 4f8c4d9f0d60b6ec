// Corrects a slip of OpenH264's `parse_mb_syn_cavlc.cpp`, which is used as it is otherwise.
//
// Where a part of a macroblock is predicted by the temporal direct mode, the vectors of its other parts were predicted
// as if it referred to nothing; the CABAC reader does it right. The reference that is stored for a part is now noted
// for its neighbours too.
#include "mv_pred.h"

#define Update8x8RefIdx(layer, block, list, reference) \
  (Update8x8RefIdx (layer, block, list, reference), ref_idx_list[list][(block) >> 2] = (reference))
#include "decoder/core/src/parse_mb_syn_cavlc.cpp"
