// What Rust sees of the decoder; `src/ffi.rs` declares the same.
#ifndef H264_H
#define H264_H

#include <stddef.h>
#include <stdint.h>

extern "C" {

// A picture as the stream crops it. The planes belong to the decoder and stay as they are until the next call.
struct H264Picture {
  const uint8_t* planes[3];  // the first is null where there is no picture
  int32_t strides[3];
  int32_t width;
  int32_t height;
  int32_t order;       // its place in the order of display among the pictures of one sequence, if they are reordered
  uint32_t sequence;   // another number where the order of display starts again
  uint32_t parameter_set;
};

struct H264Decoder;

// Null if there is no memory.
H264Decoder* h264_open (void);
void h264_close (H264Decoder* decoder);

// Takes one NAL unit with its start code, or null for the end of the stream, and gives the picture that is thereby
// complete, if there is one. Returns the bits of OpenH264's DECODING_STATE, 0 if there was no error.
int32_t h264_decode (H264Decoder* decoder, const uint8_t* unit, int32_t length, H264Picture* picture);

}

#endif
