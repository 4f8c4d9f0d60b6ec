// How strongly the edges inside a macroblock and around it are filtered (ITU-T H.264, 8.7.2.1).
//
// OpenH264's own code leaves the inner edges of skipped macroblocks of B slices out, though their parts may move
// differently; it was seen to give other pictures than other decoders.
#ifndef DEBLOCKING_STRENGTH_H
#define DEBLOCKING_STRENGTH_H

#include "deblocking.h"
#include "vector.h"

namespace WelsDec {

namespace {

// Four edges of four places each, left to right or top to bottom.
struct Strengths {
  uint8_t edges[4][4];
};

// What the sixteen blocks of a macroblock are predicted from, row by row.
struct Blocks {
  Bytes pictures[2];   // a number for each picture, 0 for none
  Shorts vectors[2][4];
  Bytes coded;         // a mask
};

// A number for each picture that a slice refers to.
struct PictureNumbers {
  Bytes lists[2];
};

INLINE PictureNumbers NumberPictures (const SDeblockingFilter* filter, int lists) {
  uint8_t numbers[2][16] = {};
  for (int list = 0; list < lists; ++list) {
    for (int i = 0; i < 16 && filter->pRefPics[list][i] != NULL; ++i) {
      numbers[list][i] = filter->pRefPics[list][i]->iPicBuffIdx + 1;
    }
  }
  return PictureNumbers {{Load<Bytes> (numbers[0]), Load<Bytes> (numbers[1])}};
}

// Indices outside the table give 0.
INLINE Bytes LookUp (Bytes table, Bytes indices) {
#if defined(__wasm_simd128__)
  return (Bytes) wasm_i8x16_swizzle ((v128_t) table, (v128_t) indices);
#else
  Bytes result;
  for (int i = 0; i < 16; ++i) result[i] = indices[i] < 16 ? table[indices[i]] : 0;
  return result;
#endif
}

// With the larger transform, a block of 8x8 is coded as a whole.
INLINE Bytes Coded (PDqLayer layer, int32_t macroblock) {
  Bytes counts = Load<Bytes> (GetPNzc (layer, macroblock));
  if (layer->pTransformSize8x8Flag[macroblock]) {
    counts |= SHUFFLE (counts, counts, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    counts |= SHUFFLE (counts, counts, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
  }
  return (Bytes) (counts != 0);
}

INLINE void LoadBlocks (PDqLayer layer, int32_t macroblock, const PictureNumbers& numbers, int lists, Blocks* blocks) {
  for (int list = 0; list < lists; ++list) {
    blocks->pictures[list] = LookUp (numbers.lists[list], Load<Bytes> (layer->pDec->pRefIndex[list][macroblock]));
    for (int row = 0; row < 4; ++row) {
      blocks->vectors[list][row] = Load<Shorts> (layer->pDec->pMv[list][macroblock][4 * row]);
    }
  }
  blocks->coded = Coded (layer, macroblock);
}

// The blocks to the left of each.
INLINE Blocks Left (const Blocks& here, const Blocks& left, int lists) {
  Blocks result;
  for (int list = 0; list < lists; ++list) {
    result.pictures[list] = SHUFFLE (here.pictures[list], left.pictures[list], 19, 0, 1, 2, 23, 4, 5, 6, 27, 8, 9, 10,
                                     31, 12, 13, 14);
    for (int row = 0; row < 4; ++row) {
      result.vectors[list][row] =
        (Shorts) SHUFFLE ((Words) here.vectors[list][row], (Words) left.vectors[list][row], 7, 0, 1, 2);
    }
  }
  result.coded = SHUFFLE (here.coded, left.coded, 19, 0, 1, 2, 23, 4, 5, 6, 27, 8, 9, 10, 31, 12, 13, 14);
  return result;
}

// The blocks above each.
INLINE Blocks Above (const Blocks& here, const Blocks& top, int lists) {
  Blocks result;
  for (int list = 0; list < lists; ++list) {
    result.pictures[list] = SHUFFLE (here.pictures[list], top.pictures[list], 28, 29, 30, 31, 0, 1, 2, 3, 4, 5, 6, 7, 8,
                                     9, 10, 11);
    result.vectors[list][0] = top.vectors[list][3];
    for (int row = 1; row < 4; ++row) result.vectors[list][row] = here.vectors[list][row - 1];
  }
  result.coded = SHUFFLE (here.coded, top.coded, 28, 29, 30, 31, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
  return result;
}

// Where vectors differ by a whole pixel at least.
INLINE Words Apart (Shorts a, Shorts b) {
  const UnsignedShorts differs = (UnsignedShorts) ((UnsignedShorts) (a - b + 3) > 6);
  return (Words) ((Words) differs != 0);
}

INLINE Bytes Apart (const Shorts a[4], const Shorts b[4]) {
  return (Bytes) NarrowMask (NarrowMask (Apart (a[0], b[0]), Apart (a[1], b[1])),
                             NarrowMask (Apart (a[2], b[2]), Apart (a[3], b[3])));
}

// Where blocks are predicted differently from their neighbours. A list that a block does not use has the vector 0.
INLINE Bytes MovesApart (const Blocks& here, const Blocks& there, int lists) {
  const Bytes firsts = Apart (here.vectors[0], there.vectors[0]);
  if (lists == 1) return (Bytes) (here.pictures[0] != there.pictures[0]) | firsts;
  const Bytes same = (Bytes) (here.pictures[0] == there.pictures[0]) & (Bytes) (here.pictures[1] == there.pictures[1]);
  const Bytes crossed =
    (Bytes) (here.pictures[0] == there.pictures[1]) & (Bytes) (here.pictures[1] == there.pictures[0]);
  const Bytes straight = same & ~(firsts | Apart (here.vectors[1], there.vectors[1]));
  if (IsZero (crossed)) return ~straight;
  return ~(straight | (crossed & ~(Apart (here.vectors[0], there.vectors[1])
                                   | Apart (here.vectors[1], there.vectors[0]))));
}

INLINE Bytes Strength (const Blocks& here, const Blocks& there, int lists) {
  const Bytes coded = here.coded | there.coded;
  return Select (coded, AllBytes (2), MovesApart (here, there, lists) & 1);
}

// Of a macroblock that is predicted from other pictures. `left` and `top` are its neighbours, or -1.
template<int kLists> void FindStrengths (PDqLayer layer, const SDeblockingFilter* filter, int32_t macroblock,
    int32_t left, int32_t top, Strengths* vertical, Strengths* horizontal) {
  const PictureNumbers numbers = NumberPictures (filter, kLists);
  Blocks here, neighbour;
  LoadBlocks (layer, macroblock, numbers, kLists, &here);
  LoadBlocks (layer, left < 0 ? macroblock : left, numbers, kLists, &neighbour);
  const Bytes across = Strength (here, Left (here, neighbour, kLists), kLists);
  Store (vertical, SHUFFLE (across, across, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  LoadBlocks (layer, top < 0 ? macroblock : top, numbers, kLists, &neighbour);
  Store (horizontal, Strength (here, Above (here, neighbour, kLists), kLists));
}

}

}

#endif
