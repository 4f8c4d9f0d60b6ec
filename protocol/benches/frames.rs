//! Decoding an upload of 64 MiB that comes in TLS records, beside a plain copy of the same bytes as the baseline; and
//! small requests beside prost's own decoding.

#![expect(clippy::expect_used, reason = "a bench that cannot set up must stop")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use prost::Message as _;
use veracruz_protocol::wire::RuntimeManagerRequest;
use veracruz_protocol::{
    ComputeOptions, Event, Limits, PREFIX_BYTES, Request, RequestDecoder, encode_request, write_file_head,
};

/// Bytes of the file.
const FILE: usize = 64 << 20;

/// Bytes of one TLS record at most (RFC 8446, section 5.1).
const RECORD: usize = 16 << 10;

/// The upload as it is on the wire.
fn upload() -> Vec<u8> {
    let mut stream = Vec::from(write_file_head("/input/video.h264", FILE as u64).expect("a file that fits"));
    stream.resize(stream.len() + FILE, 7);
    stream
}

/// Feeds the stream in records; the payload goes to `take`.
fn decode(stream: &[u8], mut take: impl FnMut(&[u8])) {
    let mut decoder = RequestDecoder::new(Limits::default());
    for mut record in stream.chunks(RECORD) {
        while let Some(event) = decoder.decode(&mut record).expect("a stream that goes on") {
            if let Event::Payload(piece) = event {
                take(piece);
            }
        }
    }
}

fn large(c: &mut Criterion) {
    let stream = upload();
    let mut file: Vec<u8> = Vec::with_capacity(stream.len());
    let mut group = c.benchmark_group("write_file of 64 MiB in records of 16 KiB");
    group.throughput(Throughput::Bytes(FILE as u64)).sample_size(10);
    group.bench_function("baseline: copy", |b| {
        b.iter(|| {
            file.clear();
            stream.chunks(RECORD).for_each(|record| file.extend_from_slice(record));
            black_box(file.len())
        });
    });
    group.bench_function("decode and copy", |b| {
        b.iter(|| {
            file.clear();
            decode(&stream, |piece| file.extend_from_slice(piece));
            black_box(file.len())
        });
    });
    group.bench_function("decode alone", |b| {
        b.iter(|| {
            let mut bytes = 0;
            decode(&stream, |piece| bytes += black_box(piece).len());
            black_box(bytes)
        });
    });
    group.finish();
}

fn small(c: &mut Criterion) {
    let request = Request::Compute { program: "/program/detect.wasm".to_owned(), options: ComputeOptions::default() };
    let bytes = encode_request(&request).expect("a request that fits");
    let body = bytes.slice(PREFIX_BYTES..);
    let mut decoder = RequestDecoder::new(Limits::default());
    let mut group = c.benchmark_group("a compute request");
    group.bench_function("baseline: prost", |b| b.iter(|| RuntimeManagerRequest::decode(black_box(body.clone()))));
    group.bench_function("decode", |b| {
        b.iter(|| {
            let mut input = black_box(bytes.as_ref());
            while let Some(event) = decoder.decode(&mut input).expect("a stream that goes on") {
                black_box(event);
            }
        });
    });
    group.finish();
}

criterion_group!(benches, large, small);
criterion_main!(benches);
