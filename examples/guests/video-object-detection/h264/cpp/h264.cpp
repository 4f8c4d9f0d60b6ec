// Drives OpenH264's decoding core, in place of its `welsDecoderExt.cpp`.
//
// That file holds pictures back and orders them by a guess, starts over after some errors without a word, and needs
// threads. This one hands out each picture once it is decoded, with its place in the order of display, and reports
// every error.
#include "h264.h"

#include <stdlib.h>
#include <string.h>

#include "decoder.h"
#include "decoder_core.h"
#include "memory_align.h"

using namespace WelsDec;

namespace {

// Four slices of the largest size that OpenH264 takes; a picture of this size is beyond every level of the standard.
const int32_t kMaxPictureBytes = 4 * MAX_ACCESS_UNIT_CAPACITY;
const uint32_t kAlignment = 16;

// The units of one picture lie side by side in a buffer until it is decoded: make room for one more.
bool Reserve (PWelsDecoderContext context, int32_t length) {
  if (CheckBsBuffer (context, length)) return false;
  const bool waiting = context->pAccessUnitList->uiAvailUnitsNum > 0;
  while (waiting && context->sRawData.pEnd - context->sRawData.pCurPos < length + 8) {
    if (context->iMaxBsBufferSizeInByte > kMaxPictureBytes || ExpandBsBuffer (context, length)) return false;
  }
  return true;
}

}

struct H264Decoder {
  WelsCommon::CMemoryAlign memory;
  SWelsDecoderContext context;
  SVlcTable tables;
  SWelsLastDecPicInfo last;
  SDecoderStatistics statistics;
  int32_t streamSequence;
  uint32_t sequence;
  int32_t pictures;

  H264Decoder() : memory (kAlignment) {}
  static void* operator new (size_t size) noexcept { return calloc (1, size); }
  static void operator delete (void* decoder) { free (decoder); }
};

// The core deletes nothing; a virtual destructor names this all the same.
void operator delete (void* memory) noexcept { free (memory); }
void operator delete (void* memory, size_t) noexcept { free (memory); }

H264Decoder* h264_open (void) {
  H264Decoder* decoder = new H264Decoder;
  if (decoder == NULL) return NULL;
  SLogContext silent = {};
  PWelsDecoderContext context = &decoder->context;
  context->pMemAlign = &decoder->memory;
  context->pLastDecPicInfo = &decoder->last;
  context->pDecoderStatistics = &decoder->statistics;
  context->pVlcTable = &decoder->tables;
  context->pStreamSeqNum = &decoder->streamSequence;
  WelsDecoderLastDecPicInfoDefaults (decoder->last);
  WelsDecoderDefaults (context, &silent);
  WelsDecoderSpsPpsDefaults (context->sSpsPpsCtx);
  SDecodingParam parameters = {};
  parameters.uiTargetDqLayer = 255;
  parameters.eEcActiveIdc = ERROR_CON_DISABLE;
  parameters.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC;
  // The core frees it when it ends.
  context->pParam = (SDecodingParam*) decoder->memory.WelsMallocz (sizeof parameters, "parameters");
  if (context->pParam == NULL || DecoderConfigParam (context, &parameters) || WelsInitDecoder (context, &silent)) {
    h264_close (decoder);
    return NULL;
  }
  return decoder;
}

void h264_close (H264Decoder* decoder) {
  WelsEndDecoder (&decoder->context);
  delete decoder;
}

int32_t h264_decode (H264Decoder* decoder, const uint8_t* unit, int32_t length, H264Picture* picture) {
  PWelsDecoderContext context = &decoder->context;
  SBufferInfo info;
  uint8_t* planes[3] = {NULL, NULL, NULL};
  memset (&info, 0, sizeof info);
  memset (picture, 0, sizeof *picture);
  context->iErrorCode = dsErrorFree;
  context->bEndOfStreamFlag = context->bInstantDecFlag = unit == NULL;
  if (unit != NULL && !Reserve (context, length)) return context->iErrorCode | dsOutOfMemory;
  WelsDecodeBs (context, unit, length, planes, &info, NULL);
  context->bInstantDecFlag = false;
  if (info.iBufferStatus != 1 || context->iErrorCode != dsErrorFree) return context->iErrorCode;

  const SSliceHeader* slice = &decoder->last.sLastSliceHeader;
  if (decoder->last.sLastNalHdrExt.bIdrFlag || decoder->last.bLastHasMmco5) ++decoder->sequence;
  for (int i = 0; i < 3; ++i) {
    picture->planes[i] = planes[i];
    picture->strides[i] = info.UsrData.sSystemBuffer.iStride[i != 0];
  }
  picture->width = info.UsrData.sSystemBuffer.iWidth;
  picture->height = info.UsrData.sSystemBuffer.iHeight;
  // The other two ways to count say nothing that decoding order does not say: see `parameters.rs`.
  picture->order = slice->pSps->uiPocType == 0 ? slice->iPicOrderCntLsb : decoder->pictures;
  picture->sequence = decoder->sequence;
  picture->parameter_set = slice->pSps->iSpsId;
  ++decoder->pictures;
  return dsErrorFree;
}
