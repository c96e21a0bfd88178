use super::*;

fn reader(template: &str) -> Result<TemplateReader, String> {
    let template: Template = template.parse().unwrap();
    template.reader().map_err(|error| error.to_string())
}

/// Key and value of each record; the input comes byte by byte.
fn read(template: &str, input: &[u8]) -> Result<Vec<OwnedRecord>, TemplateMismatch> {
    read_by(&mut reader(template).unwrap(), input)
}

fn read_by(
    reader: &mut TemplateReader,
    input: &[u8],
) -> Result<Vec<OwnedRecord>, TemplateMismatch> {
    let mut records = Vec::new();
    let (mut start, mut end) = (0, 0);
    loop {
        match reader.read(&input[start..end], end == input.len(), "t", 100)? {
            Read::Record(record, length) => {
                records.push(record);
                start += length;
            }
            Read::More => end += 1,
            Read::End => return Ok(records),
        }
    }
}

type Pair<'p> = (Option<&'p str>, Option<&'p str>);

fn pairs(records: &[OwnedRecord]) -> Vec<Pair<'_>> {
    fn text(bytes: &Option<Vec<u8>>) -> Option<&str> {
        bytes.as_deref().map(|bytes| std::str::from_utf8(bytes).unwrap())
    }
    records.iter().map(|record| (text(&record.key), text(&record.value))).collect()
}

#[test]
fn a_part_ends_where_the_text_behind_it_begins() {
    let records = read(r"%k::%s\n", b"a:b::c::d\n::\n").unwrap();
    assert_eq!(pairs(&records), [(Some("a:b"), Some("c::d")), (Some(""), Some(""))]);
}

#[test]
fn the_last_record_needs_no_newline() {
    for input in [&b"a\tb\nc\td\n"[..], b"a\tb\nc\td"] {
        let records = read(r"%k\t%s\n", input).unwrap();
        assert_eq!(pairs(&records), [(Some("a"), Some("b")), (Some("c"), Some("d"))]);
    }
    // Half of the text at the end is a part of the last value.
    let records = read(r"%s\r\n", b"a\r\nb\r").unwrap();
    assert_eq!(pairs(&records), [(None, Some("a")), (None, Some("b\r"))]);
    assert_eq!(read(r"%s\n", b"").unwrap(), []);
    assert_eq!(pairs(&read(r"%S %s\n", b"1 a\n1 b").unwrap()).len(), 2);
}

#[test]
fn a_length_holds_any_bytes_and_tells_null_from_empty() {
    let records = read(r"%K %k%S %s", b"1 \n3 a\tb-1 0 ").unwrap();
    assert_eq!(pairs(&records), [(Some("\n"), Some("a\tb")), (None, Some("")),]);
    let records = read("%R%s", b"\0\0\0\x02ab\xff\xff\xff\xff\0\0\0\0").unwrap();
    assert_eq!(pairs(&records), [(None, Some("ab")), (None, None), (None, Some(""))]);
    // Also where it stands behind.
    let records = read(r"%s\t%S\n", b"\t-1\n\t0\nab\t2\n").unwrap();
    assert_eq!(pairs(&records), [(None, None), (None, Some("")), (None, Some("ab"))]);
}

#[test]
fn empty_is_null_where_that_is_asked_for_and_no_length_says_otherwise() {
    let mut null = reader(r"%k\t%s\n").unwrap().with_null();
    let records = read_by(&mut null, b"\t\nk\tv\n").unwrap();
    assert_eq!(pairs(&records), [(None, None), (Some("k"), Some("v"))]);
    let mut null = reader(r"%S%%%s\n").unwrap().with_null();
    assert_eq!(pairs(&read_by(&mut null, b"0%\n-1%\n").unwrap()), [(None, Some("")), (None, None)]);
}

#[test]
fn topic_time_and_headers_come_back_and_the_place_is_passed_over() {
    let records = read(
        r"%t[%p]@%o %T %h|%s\n",
        b"orders[3]@42 1732300000000 a=1,a=NULL,b=,=|v\nx[-1]@-1 -1 |\n",
    )
    .unwrap();
    let headers = vec![
        (b"a".to_vec(), Some(b"1".to_vec())),
        (b"a".to_vec(), None),
        (b"b".to_vec(), Some(Vec::new())),
        (Vec::new(), Some(Vec::new())),
    ];
    let first = OwnedRecord {
        topic: "orders".to_owned(),
        timestamp: Timestamp::CreateTime(1_732_300_000_000),
        value: Some(b"v".to_vec()),
        headers,
        ..OwnedRecord::default()
    };
    let second =
        OwnedRecord { topic: "x".to_owned(), value: Some(Vec::new()), ..OwnedRecord::default() };
    assert_eq!(records, [first, second]);
}

#[test]
fn what_cannot_be_read_back_is_refused_with_what_would_mend_it() {
    for (template, reason) in [
        (
            "%k%s",
            "nothing stands between %k and %s, so nothing says where %k ends; put a text between, or its length %K before it",
        ),
        (
            r"%k%s\n",
            "nothing stands between %k and %s, so nothing says where %k ends; put a text between, or its length %K before it",
        ),
        (
            "%k %s",
            "nothing stands behind %s, so nothing says where it ends; end the template with \\n, or its length %S before it",
        ),
        (
            r"%h%s\n",
            "nothing stands between %h and %s, so nothing says where %h ends; put a text between",
        ),
        (
            r"%K%k %s\n",
            "%K is a number, and %k behind it may begin with a digit; put a text between, such as a space",
        ),
        (r"%p1%s\n", "%p is a number, and a digit follows it; put another text between"),
        (
            r"%s\t%p",
            "%p is a number, and the next record may go on with a digit; end the template with \\n",
        ),
        (r"%k\n", "it has no value; put %s where the value stands"),
        ("", "it has no value; put %s where the value stands"),
        (r"%s %v\n", "%s stands twice; keep one of them"),
        (r"%S %R%s\n", "%S and %R are the same length; keep one of them"),
    ] {
        let expected = format!("the template `{template}` cannot be read back: {reason}");
        assert_eq!(reader(template).map(|_| ()), Err(expected));
    }
    for template in [r"%k\t%s\n", "%R%s", "%K:%k%S:%s", r"%s\n", "[%p]%s]", "[%s]%p"] {
        assert!(reader(template).is_ok(), "{template}");
    }
}

#[test]
fn what_does_not_match_is_told_with_its_byte() {
    for (template, input, byte, problem) in [
        (
            r"%k\t%s\n",
            &b"a\tb\nc d\n"[..],
            4,
            "the input ends where `\\t`, which ends %k, should come",
        ),
        (r"[%k] %s\n", b"x", 0, "expected `[`"),
        (r"%S: %s\n", b"1: ab\n", 4, "expected `\\n` behind %s"),
        (r"%S: %s\n", b"5: ab", 5, "the input ends where the 5 bytes of %s should come"),
        (r"%S: %s\n", b"x: ab", 0, "expected a number (%S)"),
        (r"%S: %s\n", b"99999999999999999999999: ab", 0, "expected a number (%S)"),
        (r"%S: %s\n", b"101: ab", 0, "%S says 101 bytes, and a message may have 100 at most"),
        (r"%S: %s\n", b"-2: ab", 0, "%S says -2, which is no length; null is -1"),
        ("%R%s", b"\0\0", 2, "the input ends where the 4 bytes of %R should come"),
        (r"%s %S\n", b"ab 3\n", 0, "%s has 2 bytes here, and its length says 3"),
        (r"%s %S\n", b"ab -1\n", 0, "%s has 2 bytes here, and its length says -1"),
        (r"%t %s\n", b"no/topic v\n", 0, "expected a topic's name (%t)"),
        (
            r"%h %s\n",
            b"a=1,b v\n",
            4,
            "expected headers (%h): key=value, and a comma between two of them",
        ),
    ] {
        let refused = read(template, input).expect_err(template);
        assert_eq!((refused.byte, &*refused.problem), (byte, problem), "{template}");
    }
}

#[test]
fn an_error_shows_nothing_of_the_input() {
    for (template, input) in
        [(r"%t %s\n", &b"secret/ v\n"[..]), (r"[%s]", b"secret"), (r"%h %s\n", b"secret v\n")]
    {
        assert!(!read(template, input).unwrap_err().problem.contains("secret"));
    }
}
