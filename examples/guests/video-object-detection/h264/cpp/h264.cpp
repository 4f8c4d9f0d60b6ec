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
#include "memmgr_nal_unit.h"
#include "memory_align.h"

using namespace WelsDec;

namespace WelsDec {
// Of `memmgr_nal_unit.cpp`; no header names it.
int32_t ExpandNalUnitList (PAccessUnit* list, const int32_t size, const int32_t newSize, CMemoryAlign* memory);
}

namespace {

const uint32_t kAlignment = 16;

bool HasRoom (const SDataBuffer& buffer, int32_t length) { return buffer.pEnd - buffer.pCurPos >= length + 8; }

// Moves the units that wait to the start of the buffer. The first of them is the oldest.
void Compact (SDataBuffer* buffer, const SAccessUnit* waiting) {
  const uint8_t* const first = waiting->pNalUnitsList[0]->sNalData.sVclNal.sSliceBitsRead.pStartBuf;
  const ptrdiff_t shift = first - buffer->pHead;
  memmove (buffer->pHead, first, buffer->pCurPos - first);
  buffer->pCurPos -= shift;
  for (uint32_t i = 0; i < waiting->uiAvailUnitsNum; ++i) {
    SBitStringAux* bits = &waiting->pNalUnitsList[i]->sNalData.sVclNal.sSliceBitsRead;
    bits->pStartBuf -= shift;
    bits->pEndBuf -= shift;
    bits->pCurBuf -= shift;
  }
}

// The units of one picture lie side by side in a buffer until it is decoded: makes room for one more. Also in the list
// of them, which OpenH264 copies as a whole for every 16 units that it grows by. How much there is to keep, is limited
// in `slices.rs`.
bool Reserve (PWelsDecoderContext context, int32_t length) {
  if (CheckBsBuffer (context, length)) return false;
  const SAccessUnit* list = context->pAccessUnitList;
  if (list->uiAvailUnitsNum == 0) return true;
  const int32_t units = list->uiCountUnitsNum;
  if (list->uiAvailUnitsNum == list->uiCountUnitsNum
      && ExpandNalUnitList (&context->pAccessUnitList, units, 2 * units, context->pMemAlign)) return false;
  if (!HasRoom (context->sRawData, length)) Compact (&context->sRawData, context->pAccessUnitList);
  while (!HasRoom (context->sRawData, length)) {
    if (ExpandBsBuffer (context, length)) return false;
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

  // The core's structures start as zeros, which their constructors must leave: see `build.rs` on the lifetime of stores.
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
  picture->order = slice->iPicOrderCntLsb;
  picture->sequence = decoder->sequence;
  // Another set may have taken its place in the meantime, but under the same number: nothing else of it is read.
  picture->parameter_set = slice->pSps->iSpsId;
  return dsErrorFree;
}
