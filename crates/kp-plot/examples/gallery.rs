//! All kinds of figures on one page, to be looked at when the way they are drawn has changed, also
//! in grey, in the dark and on a phone: `cargo run -p kp-plot --example gallery > gallery.html`.
//! With `text` as an argument: what a terminal gets.
#![forbid(unsafe_code)]

use std::io::{self, Write};

use kp_plot::{Axis, Bar, Line, Moment, Row, Span, text};

const HEAD: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>kp-plot</title><style>\
    :root{color-scheme:light dark}body{font:16px system-ui,sans-serif;margin:1rem}\
    svg{display:block;margin:1.5rem 0}</style></head><body>\n";

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    if std::env::args().any(|argument| argument == "text") {
        let (rows, moments) = rebalances();
        return write!(out, "{}\n{}", text::bars(&rates()), text::timeline(&rows, &moments, "초"));
    }
    out.write_all(HEAD.as_bytes())?;
    out.write_all(kp_plot::bars("Messages a second", &rates()).as_bytes())?;
    out.write_all(kp_plot::bars("Long names", &long_names()).as_bytes())?;
    let (x, y) = (Axis::linear("seconds"), Axis::linear("MiB resident 메모리"));
    out.write_all(kp_plot::lines("Memory", &curves(), &x, &y).as_bytes())?;
    let (x, y) = (Axis::log("messages in a batch"), Axis::linear("messages a second"));
    out.write_all(kp_plot::lines("Batches", &batches(), &x, &y).as_bytes())?;
    let (rows, moments) = rebalances();
    out.write_all(kp_plot::timeline("Rebalance", &rows, &moments, "seconds").as_bytes())?;
    let row = [Span::new(0.0, 4.0, "kp-1"), Span::new(4.6, 9.0, "kp-2")];
    let row = Row::new("a-topic-with-a-long-name-0", row);
    out.write_all(kp_plot::timeline("One row", &[row], &[], "seconds").as_bytes())
}

fn rates() -> Vec<(String, Vec<Bar>)> {
    let bars = vec![
        Bar { min: 610e3, max: 700e3, ..Bar::plain("kp-producer", 655e3, "655,000") }.emphasised(),
        Bar { min: 300e3, max: 420e3, ..Bar::plain("kcat <1.7>", 390e3, "390,000") },
        Bar::plain("카프카 콘솔 프로듀서", 120e3, "120,000 건/초"),
    ];
    let few = vec![Bar::plain("acks=all", 900.0, "900"), Bar::plain("nothing", 0.0, "0")];
    vec![("압축 없음 (none)".to_owned(), bars), ("lz4".to_owned(), few)]
}

fn long_names() -> Vec<(String, Vec<Bar>)> {
    let first = "kp-producer with a batch of one message and acks=all, 10 partitions";
    let second = "파티션 열 개, 메시지마다 기다리는 프로듀서 (max.in.flight=1)";
    let bars = vec![Bar::plain(first, 3.0, "3 s").emphasised(), Bar::plain(second, 8.5, "8.5 s")];
    vec![(String::new(), bars)]
}

fn curves() -> Vec<Line> {
    let names = ["kp-consumer", "kcat", "자바 콘솔 컨슈머", "kafka-python", "franz-go", "sarama"];
    let line = |(number, name): (u32, &&str)| {
        let points = (0..200).map(|at| {
            let x = f64::from(at) / 10.0;
            (x, f64::from(number + 1) * 12.0 * (1.0 - (-x / f64::from(number + 1)).exp()))
        });
        Line { name: (*name).to_owned(), points: points.collect() }
    };
    (0..).zip(&names).map(line).collect()
}

fn batches() -> Vec<Line> {
    let line = |name: &str, most: f64| {
        let points = [1.0, 10.0, 100.0, 1000.0, 10_000.0];
        let points = points.map(|size| (size, most * size / (size + 60.0)));
        Line { name: name.to_owned(), points: points.to_vec() }
    };
    vec![line("acks=0", 900e3), line("acks=1", 700e3), line("acks=all, 복제본 3개", 400e3)]
}

fn rebalances() -> (Vec<Row>, Vec<Moment>) {
    let spans = |ends: &[(f64, f64, &str)]| -> Vec<Span> {
        ends.iter().map(|(from, to, label)| Span::new(*from, *to, *label)).collect()
    };
    let rows = vec![
        Row::new("파티션 0", spans(&[(0.5, 30.0, "member 1")])),
        Row::new("파티션 1", spans(&[(0.5, 8.0, "member 1"), (8.2, 30.0, "컨슈머 2")])),
        Row::new(
            "파티션 2",
            spans(&[
                (0.5, 8.0, "member 1"),
                (8.2, 14.0, "member 3"),
                (19.0, 19.6, "컨슈머 2"),
                (19.6, 30.0, "member 4"),
            ]),
        ),
        Row::new(
            "파티션 3",
            spans(&[(0.5, 8.0, "member 1"), (8.2, 16.0, "member 3"), (15.0, 30.0, "컨슈머 2")]),
        ),
        Row::new("파티션 4", spans(&[(2.0, 12.0, "member 5"), (12.0, 28.0, "member 6")])),
    ];
    let moments = vec![
        Moment::new(8.0, "컨슈머 2 joins"),
        Moment::new(8.1, "member 3 joins"),
        Moment::new(14.0, "member 3 killed"),
        Moment::new(30.0, "the end of it all"),
    ];
    (rows, moments)
}
