//! What a template prints, its reader reads: for all templates that can be read back, and all
//! records that docs/FORMATS.md calls faithful for them.

use kp_core::{
    Format, Header, OwnedRecord, Read, Record, Template, TemplateReader, Timestamp, unescape,
};
use proptest::prelude::*;
use proptest::sample::select;

/// Pieces of templates: tokens, and texts between them. Some texts begin as they end, stand within
/// values, or begin like a number.
const TOKENS: &[&str] = &["%t", "%p", "%o", "%k", "%K", "%s", "%v", "%S", "%R", "%T", "%h"];
const TEXTS: &[&str] =
    &["", "\\t", "\\n", " ", "::", "aa", "aba", "7", "-", "[", "%%", "\\x00", "\\xff", "é"];
/// What keys and values are made of.
const BYTES: &[&[u8]] = &[b"a", b"b", b":", b"\t", b"\n", b"\0", b"\xff", b"%", b"7", b"-", b"x"];

/// Any order of tokens with any texts; most of them can be read back because most texts are some.
fn template() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec((select(TOKENS), select(TEXTS)), 0..6);
    let with_value =
        (pieces, select(&["%s", "%v", "%S:%s", "%R%s", "%s\\t%S"][..]), any::<usize>());
    let end = select(&["\\n", "\\n", "\\r\\n", ""][..]);
    (select(TEXTS), with_value, select(TEXTS), end).prop_map(
        |(start, (pieces, value, at), behind, end)| {
            let mut pieces: Vec<String> =
                pieces.into_iter().map(|(token, text)| format!("{token}{text}")).collect();
            pieces.insert(at % (pieces.len() + 1), format!("{value}{behind}"));
            format!("{start}{}{end}", pieces.concat())
        },
    )
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(select(BYTES), 0..6).prop_map(|parts| parts.concat())
}

fn record() -> impl Strategy<Value = OwnedRecord> {
    let timestamp = prop_oneof![
        Just(Timestamp::NotAvailable),
        any::<i64>().prop_map(Timestamp::CreateTime),
        (0..i64::MAX).prop_map(Timestamp::CreateTime),
    ];
    let headers = prop::collection::vec((bytes(), prop::option::of(bytes())), 0..3);
    let place = (prop::option::of(0..9), prop::option::of(0..99_i64));
    let content = (prop::option::of(bytes()), prop::option::of(bytes()), headers);
    ("t[a-z0-9._-]{0,9}", place, timestamp, content).prop_map(
        |(topic, (partition, offset), timestamp, (key, value, headers))| OwnedRecord {
            topic,
            partition,
            offset,
            timestamp,
            key,
            value,
            headers,
        },
    )
}

/// The tokens of a template, each with the text behind it.
fn parts(template: &str) -> Vec<(char, Vec<u8>)> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut token = None;
    let mut letters = template.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '%') {
            (_, true) => match letters.next().expect("a token") {
                '%' => text.push('%'),
                next => {
                    if let Some(token) = token.replace(next) {
                        parts.push((token, unescape(&text).expect("escapes")));
                    }
                    text.clear();
                }
            },
            (letter, false) => text.push(letter),
        }
    }
    parts.extend(token.map(|token| (token, unescape(&text).expect("escapes"))));
    parts
}

fn printed_headers(record: &OwnedRecord) -> Vec<u8> {
    let headers = record
        .headers
        .iter()
        .map(|(key, value)| [key.as_slice(), b"=", value.as_deref().unwrap_or(b"NULL")].concat());
    headers.collect::<Vec<_>>().join(&b","[..])
}

/// Whether the text behind a part begins nowhere but behind it.
fn ends_there(part: &[u8], text: &[u8]) -> bool {
    let both = [part, text].concat();
    both.windows(text.len()).position(|window| window == text) == Some(part.len())
}

/// What docs/FORMATS.md calls faithful.
fn is_faithful(template: &str, record: &OwnedRecord, empty_is_null: bool) -> bool {
    let parts = parts(template);
    let place = |token: &[char]| parts.iter().position(|(one, _)| token.contains(one));
    parts.iter().enumerate().all(|(index, (token, text))| {
        let (bytes, lengths) = match token {
            'k' => (record.key.clone(), &['K'][..]),
            's' | 'v' => (record.value.clone(), &['S', 'R'][..]),
            'h' => (Some(printed_headers(record)), &[][..]),
            't' => (Some(record.topic.clone().into_bytes()), &[][..]),
            'T' => return record.timestamp != Timestamp::CreateTime(-1),
            _ => return true,
        };
        let length = place(lengths);
        let null_is_told = match (&bytes, length) {
            (_, Some(_)) => true,
            (None, None) => empty_is_null,
            (Some(bytes), None) => {
                !(empty_is_null && bytes.is_empty() && matches!(token, 'k' | 's' | 'v'))
            }
        };
        let headers_are_told = *token != 'h'
            || record.headers.iter().all(|(key, value)| {
                let value = value.as_deref().unwrap_or_default();
                !key.contains(&b'=')
                    && !key.contains(&b',')
                    && !value.contains(&b',')
                    && value != b"NULL"
            });
        let end_is_told = length.is_some_and(|length| length < index)
            || ends_there(&bytes.unwrap_or_default(), text);
        null_is_told && headers_are_told && end_is_told
    })
}

/// What of a record comes back: what the template shows, without its place.
fn expected(reader: &TemplateReader, template: &str, record: &OwnedRecord) -> OwnedRecord {
    OwnedRecord {
        topic: if reader.has_topic() { record.topic.clone() } else { "t".to_owned() },
        partition: None,
        offset: None,
        timestamp: match template.replace("%%", "").contains("%T") {
            true => record.timestamp,
            false => Timestamp::NotAvailable,
        },
        key: record.key.clone().filter(|_| reader.has_key()),
        value: record.value.clone(),
        headers: if reader.has_headers() { record.headers.clone() } else { Vec::new() },
    }
}

fn print(template: &Template, records: &[OwnedRecord]) -> Vec<u8> {
    let format = Format::Template(template.clone());
    let mut out = Vec::new();
    for record in records {
        record.lend(|record| format.write(record, &mut out)).expect("a template shows all");
    }
    out
}

/// Reads all; of the input so many bytes more are there each time.
fn read(reader: &mut TemplateReader, input: &[u8], pieces: &[usize]) -> Vec<OwnedRecord> {
    let mut records = Vec::new();
    let mut pieces = pieces.iter().cycle();
    let (mut start, mut end) = (0, 0);
    loop {
        let step = reader.read(&input[start..end], end == input.len(), "t", 1_000);
        match step.expect("what the template printed") {
            Read::Record(record, length) => {
                records.push(record);
                start += length;
            }
            Read::More => end = input.len().min(end + pieces.next().expect("a cycle")),
            Read::End => return records,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4_096,
        max_global_rejects: 1_000_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_faithful_comes_back(
        source in template(),
        records in prop::collection::vec(record(), 1..5),
        pieces in prop::collection::vec(1_usize..9, 1..5),
        empty_is_null: bool,
    ) {
        let template: Template = source.parse().unwrap();
        let reader = template.reader();
        prop_assume!(reader.is_ok());
        let mut reader = reader.unwrap();
        if empty_is_null {
            reader = reader.with_null();
        }
        let faithful: Vec<_> = records
            .into_iter()
            .filter(|record| is_faithful(&source, record, empty_is_null))
            .collect();
        prop_assume!(!faithful.is_empty());
        let came = read(&mut reader, &print(&template, &faithful), &pieces);
        let expected: Vec<_> =
            faithful.iter().map(|record| expected(&reader, &source, record)).collect();
        prop_assert_eq!(came, expected);
    }

    /// Lengths before key and value: no record is unfaithful.
    #[test]
    fn with_lengths_any_key_and_value_comes_back(
        key in prop::option::of(any::<Vec<u8>>()),
        value in prop::option::of(any::<Vec<u8>>()),
        piece in 1_usize..40,
    ) {
        for source in [r"%K %k%S:%s", r"%R%K %k%s\n", r"\n%R%s%K %k\r\n"] {
            let record = OwnedRecord {
                topic: "t".to_owned(),
                key: key.clone(),
                value: value.clone(),
                ..OwnedRecord::default()
            };
            let records = vec![record; 2];
            let template: Template = source.parse().unwrap();
            let mut reader = template.reader().unwrap();
            prop_assert_eq!(read(&mut reader, &print(&template, &records), &[piece]), records);
        }
    }

    #[test]
    fn any_bytes_are_records_or_an_error(
        source in template(),
        input in prop::collection::vec(select(BYTES), 0..30),
        piece in 1_usize..9,
    ) {
        let template: Template = source.parse().unwrap();
        prop_assume!(template.reader().is_ok());
        let input = input.concat();
        let whole = outcome(&mut template.reader().unwrap(), &input, input.len().max(1));
        let in_pieces = outcome(&mut template.reader().unwrap(), &input, piece);
        prop_assert_eq!(whole, in_pieces);
    }
}

/// The records that come, and the error behind them.
fn outcome(
    reader: &mut TemplateReader,
    input: &[u8],
    piece: usize,
) -> (Vec<OwnedRecord>, Option<(usize, String)>) {
    let mut records = Vec::new();
    let (mut start, mut end) = (0, 0);
    loop {
        match reader.read(&input[start..end], end == input.len(), "t", 1_000) {
            Err(error) => return (records, Some((start + error.byte, error.problem))),
            Ok(Read::Record(record, length)) => {
                records.push(record);
                start += length;
            }
            Ok(Read::More) => end = input.len().min(end + piece),
            Ok(Read::End) => return (records, None),
        }
    }
}

#[test]
fn a_time_of_minus_one_is_none() {
    let template: Template = r"%T %s\n".parse().unwrap();
    let record = Record {
        topic: "t",
        timestamp: Timestamp::CreateTime(-1),
        value: Some(b""),
        headers: &[Header { key: b"h", value: None }],
        ..Record::default()
    };
    let printed = print(&template, &[OwnedRecord::from(&record)]);
    let came = read(&mut template.reader().unwrap(), &printed, &[1]);
    assert_eq!(came[0].timestamp, Timestamp::NotAvailable);
}
