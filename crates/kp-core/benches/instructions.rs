//! How many instructions encoding, decoding and the formats take, by callgrind: times are noisy,
//! these are not.
//!
//! `cargo xtask instructions` runs this and fails where a figure is more than 5 % above its
//! baseline. The baseline is the number beside each benchmark, as counted with rustc 1.95 on
//! x86-64. New figures are written there after a change for the better, and after a rustc that
//! moves them. What is inlined depends on the folder of the checkout, by 5 % at most. Of the
//! figures seen in four folders the greater one stands here.
#![expect(missing_docs, reason = "the benchmarks' macros make public items without any")]

use std::hint::black_box;

use gungraun::{
    Callgrind, CallgrindMetrics, EventKind, LibraryBenchmarkConfig, library_benchmark,
    library_benchmark_group, main,
};
use kp_core::{Format, Header, Message, Record, Timestamp, json, message};

const MESSAGES: u64 = 1000;
const DOCUMENTS: u64 = 100;

/// A document as a service would send it: nested, with every kind of token, escapes and more than
/// ASCII.
const DOCUMENT: &str = r#"{"id": 9007199254740993, "customer": {"name": "Zoë \"Z\" Müller", "city": "서울", "tags": ["new", "", "a\tb"]},
 "lines": [{"sku": "A-1", "count": 2, "price": 19.90}, {"sku": "B\u00f6", "count": 1, "price": 1e3}], "paid": true, "note": null}"#;

fn at_most(baseline: u64) -> LibraryBenchmarkConfig {
    let limit = baseline + baseline / 20;
    let mut callgrind = Callgrind::default();
    callgrind.hard_limits([(CallgrindMetrics::from(EventKind::Ir), limit)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}

/// A format, a value to show by it, how often, and a buffer that has room for all.
struct Job {
    format: Format,
    value: &'static str,
    count: u64,
    out: Vec<u8>,
}

fn job(format: &str, value: &'static str, count: u64) -> Job {
    Job {
        format: format.parse().expect("a format that there is"),
        value,
        count,
        out: Vec::with_capacity(1 << 20),
    }
}

fn messages(format: &str) -> Job {
    job(format, r#"{"str":"result1234"}"#, MESSAGES)
}

fn documents(format: &str) -> Job {
    job(format, DOCUMENT, DOCUMENTS)
}

fn show(mut job: Job) -> Job {
    let headers = [Header { key: b"trace", value: Some(b"4bf92f35") }];
    for offset in 0..job.count {
        let record = Record {
            topic: "topic1",
            partition: Some(0),
            offset: Some(offset as i64),
            timestamp: Timestamp::CreateTime(1_732_300_000_000),
            key: Some(b"customer-17"),
            value: Some(black_box(job.value).as_bytes()),
            headers: &headers,
        };
        job.format.write(&record, &mut job.out).expect("every format can show this");
    }
    job
}

#[library_benchmark]
#[bench::line(args = ("line"), setup = messages, config = at_most(1_653_673))]
#[bench::seed(args = ("seed"), setup = messages, config = at_most(2_504_807))]
#[bench::json(args = ("json"), setup = messages, config = at_most(2_439_673))]
#[bench::value(args = ("value"), setup = messages, config = at_most(102_045))]
#[bench::template(args = ("%t %p %o %k %s\n"), setup = messages, config = at_most(648_673))]
#[bench::document_line(args = ("line"), setup = documents, config = at_most(1_215_773))]
#[bench::document_seed(args = ("seed"), setup = documents, config = at_most(4_069_248))]
#[bench::document_json(args = ("json"), setup = documents, config = at_most(811_073))]
fn format(job: Job) -> Job {
    show(job)
}

fn buffer() -> Vec<u8> {
    Vec::with_capacity(1 << 20)
}

#[library_benchmark]
#[bench::numbered(args = (), setup = buffer, config = at_most(94_641))]
fn encode(mut out: Vec<u8>) -> Vec<u8> {
    for number in 0..MESSAGES {
        message::encode_numbered(black_box(number), &mut out);
    }
    out
}

#[library_benchmark]
// From a `&str`, whose UTF-8 needs no check, serde_json takes 597,025. What is inlined differs most
// here: four folders gave 695,025 to 792,025.
#[bench::message(args = (r#"{"str":"result1234"}"#), config = at_most(792_025))]
fn decode(value: &str) -> usize {
    (0..MESSAGES)
        .map(|_| {
            let message: Message = message::decode(black_box(value).as_bytes()).expect("a message");
            message.str.len()
        })
        .sum()
}

/// What `--format json` prints of a record, which `--stdin-format json` reads.
fn printed() -> String {
    let job = show(job("json", r#"{"str":"result1234"}"#, 1));
    String::from_utf8(job.out).expect("JSON is text")
}

#[library_benchmark]
// Before it took kcat's lines as well this was 9,502,785; side by side 8.7 % more were counted.
#[bench::record(args = (), setup = printed, config = at_most(10_329_527))]
fn parse(line: String) -> usize {
    (0..MESSAGES)
        .filter_map(|_| json::parse(black_box(line.trim_end()).as_bytes(), "topic1").ok())
        .filter_map(|record| record.value)
        .map(|value| value.len())
        .sum()
}

library_benchmark_group!(name = schema, benchmarks = [encode, decode, parse]);
library_benchmark_group!(name = formats, benchmarks = [format]);
main!(library_benchmark_groups = [schema, formats]);
