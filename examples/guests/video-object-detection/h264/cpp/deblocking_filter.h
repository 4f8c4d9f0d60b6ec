// The filters across block edges (ITU-T H.264, 8.7.2.3 and 8.7.2.4), on 16 places of an edge at once.
#ifndef DEBLOCKING_FILTER_H
#define DEBLOCKING_FILTER_H

#include "vector.h"

// How strongly an edge is filtered; for luma in 16 places, for chroma in 8 of each component.
struct Thresholds {
  Bytes alpha;
  Bytes beta;
  Bytes most;  // tc0, or tc for chroma
  Bytes on;    // a mask
};

INLINE Bytes OnEdge (const Thresholds& limits, Bytes p1, Bytes p0, Bytes q0, Bytes q1) {
  return limits.on & Below (Difference (p0, q0), limits.alpha) & Below (Difference (p1, p0), limits.beta)
         & Below (Difference (q1, q0), limits.beta);
}

INLINE Shorts Limit (Shorts value, Shorts most) { return Max (Min (value, most), -most); }

// Moves p0 and q0 towards each other, by `most` at most.
INLINE void Approach (Bytes p1, Bytes& p0, Bytes& q0, Bytes q1, Bytes most) {
  const Shorts low = Limit ((((Low (q0) - Low (p0)) << 2) + Low (p1) - Low (q1) + 4) >> 3, Low (most));
  const Shorts high = Limit ((((High (q0) - High (p0)) << 2) + High (p1) - High (q1) + 4) >> 3, High (most));
  p0 = Clip (Low (p0) + low, High (p0) + high);
  q0 = Clip (Low (q0) - low, High (q0) - high);
}

// p1, moved towards the mean of its neighbours, by `most` at most.
INLINE Bytes Smoothed (Bytes p2, Bytes p1, Bytes middle, Bytes most) {
  const Shorts low = Limit ((Low (p2) + Low (middle) - (Low (p1) << 1)) >> 1, Low (most));
  const Shorts high = Limit ((High (p2) + High (middle) - (High (p1) << 1)) >> 1, High (most));
  return Clip (Low (p1) + low, High (p1) + high);
}

// False where nothing changes.
INLINE bool NormalLuma (const Thresholds& limits, Bytes p2, Bytes& p1, Bytes& p0, Bytes& q0, Bytes& q1, Bytes q2) {
  const Bytes on = OnEdge (limits, p1, p0, q0, q1);
  if (IsZero (on)) return false;
  const Bytes smoothP = on & Below (Difference (p2, p0), limits.beta);
  const Bytes smoothQ = on & Below (Difference (q2, q0), limits.beta);
  const Bytes middle = Average (p0, q0);
  const Bytes newP1 = Smoothed (p2, p1, middle, limits.most & smoothP);
  const Bytes newQ1 = Smoothed (q2, q1, middle, limits.most & smoothQ);
  // A mask is -1 where it is set.
  Approach (p1, p0, q0, q1, (limits.most & on) - smoothP - smoothQ);
  p1 = newP1;
  q1 = newQ1;
  return true;
}

INLINE bool NormalChroma (const Thresholds& limits, Bytes p1, Bytes& p0, Bytes& q0, Bytes q1) {
  const Bytes on = OnEdge (limits, p1, p0, q0, q1);
  if (IsZero (on)) return false;
  Approach (p1, p0, q0, q1, limits.most & on);
  return true;
}

// (2a + b + c + 2) / 4
INLINE Bytes Quarter (Bytes a, Bytes b, Bytes c) {
  return Clip (((Low (a) << 1) + Low (b) + Low (c) + 2) >> 2, ((High (a) << 1) + High (b) + High (c) + 2) >> 2);
}

struct Side {
  Shorts x0, x1, x2;
};

// The three samples of one side, x0 next to the edge. y0 and y1 are of the other.
INLINE Side StrongSide (Shorts x3, Shorts x2, Shorts x1, Shorts x0, Shorts y0, Shorts y1) {
  const Shorts near = x1 + x0 + y0;
  const Shorts most = x2 + near;
  return Side {(most + near + y1 + 4) >> 3, (most + 2) >> 2, (((x3 + x2) << 1) + most + 4) >> 3};
}

INLINE void StrongLumaSide (Bytes on, Bytes strong, Bytes x3, Bytes& x2, Bytes& x1, Bytes& x0, Bytes y0, Bytes y1) {
  const Side low = StrongSide (Low (x3), Low (x2), Low (x1), Low (x0), Low (y0), Low (y1));
  const Side high = StrongSide (High (x3), High (x2), High (x1), High (x0), High (y0), High (y1));
  const Bytes weak = Quarter (x1, x0, y1);
  x0 = Select (on, Select (strong, Clip (low.x0, high.x0), weak), x0);
  x1 = Select (strong, Clip (low.x1, high.x1), x1);
  x2 = Select (strong, Clip (low.x2, high.x2), x2);
}

INLINE bool StrongLuma (const Thresholds& limits, Bytes p[4], Bytes q[4]) {
  const Bytes on = OnEdge (limits, p[1], p[0], q[0], q[1]);
  if (IsZero (on)) return false;
  const Bytes flat = on & Below (Difference (p[0], q[0]), (limits.alpha >> 2) + 2);
  const Bytes strongP = flat & Below (Difference (p[2], p[0]), limits.beta);
  const Bytes strongQ = flat & Below (Difference (q[2], q[0]), limits.beta);
  const Bytes p0 = p[0], p1 = p[1];
  StrongLumaSide (on, strongP, p[3], p[2], p[1], p[0], q[0], q[1]);
  StrongLumaSide (on, strongQ, q[3], q[2], q[1], q[0], p0, p1);
  return true;
}

INLINE bool StrongChroma (const Thresholds& limits, Bytes p1, Bytes& p0, Bytes& q0, Bytes q1) {
  const Bytes on = OnEdge (limits, p1, p0, q0, q1);
  if (IsZero (on)) return false;
  const Bytes newP0 = Quarter (p1, p0, q1);
  q0 = Select (on, Quarter (q1, q0, p1), q0);
  p0 = Select (on, newP0, p0);
  return true;
}

#endif
