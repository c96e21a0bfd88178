//! Lines of kcat's `-J`, as it prints them.

use kp_core::{OwnedRecord, Timestamp, json};

fn parse(line: &str) -> Result<OwnedRecord, String> {
    json::parse(line.as_bytes(), "topic1").map_err(|error| error.to_string())
}

#[test]
fn a_line_of_kcat_is_the_record_that_it_shows() {
    let line = r#"{"topic":"kc","partition":0,"offset":3,"tstype":"create","ts":1732300000000,"broker":1,"headers":["a","1","b",null,"a",""],"key":"k","payload":"v é \u0001/\""}"#;
    let expected = OwnedRecord {
        topic: "kc".to_owned(),
        partition: None,
        offset: None,
        timestamp: Timestamp::CreateTime(1_732_300_000_000),
        key: Some(b"k".to_vec()),
        value: Some("v é \u{1}/\"".as_bytes().to_vec()),
        headers: vec![
            (b"a".to_vec(), Some(b"1".to_vec())),
            (b"b".to_vec(), None),
            (b"a".to_vec(), Some(Vec::new())),
        ],
    };
    assert_eq!(parse(line), Ok(expected));
}

#[test]
fn null_and_empty_differ_and_a_time_that_is_none_is_not_sent() {
    let bare = OwnedRecord { topic: "kc".to_owned(), ..OwnedRecord::default() };
    let line = r#"{"topic":"kc","partition":0,"offset":1,"broker":1,"key":null,"payload":null}"#;
    assert_eq!(parse(line), Ok(bare.clone()));
    let line = r#"{"topic":"kc","partition":0,"offset":1,"tstype":"unknown","ts":0,"broker":-1,"key":"","payload":""}"#;
    let empty = OwnedRecord { key: Some(Vec::new()), value: Some(Vec::new()), ..bare.clone() };
    assert_eq!(parse(line), Ok(empty));
    let line = r#"{"topic":"kc","tstype":"logappend","ts":5,"payload":null}"#;
    assert_eq!(parse(line), Ok(OwnedRecord { timestamp: Timestamp::CreateTime(5), ..bare }));
}

#[test]
fn what_kcat_decoded_from_avro_is_sent_as_the_json_that_it_is() {
    let line = r#"{"topic":"kc","ts":5,"tstype":"create","key":{"id": 7},"key_schema_id":1,"payload":{"a": [1, 2.0]},"value_schema_id":2}"#;
    let record = parse(line).unwrap();
    assert_eq!(record.key.as_deref(), Some(&br#"{"id": 7}"#[..]));
    assert_eq!(record.value.as_deref(), Some(&br#"{"a": [1, 2.0]}"#[..]));
}

#[test]
fn what_is_wrong_with_a_line_of_kcat_is_said_in_words() {
    for (line, message) in [
        (
            r#"{"payload":"v","value":"w"}"#,
            "`payload` stands in lines of kcat, and `value` in lines of kp; write the line in one way",
        ),
        (
            r#"{"ts":5,"timestamp":6,"payload":"v"}"#,
            "`payload` stands in lines of kcat, and `timestamp` in lines of kp; write the line in one way",
        ),
        (
            r#"{"broker":1,"key_base64":"aw=="}"#,
            "`broker` stands in lines of kcat, and `key_base64` in lines of kp; write the line in one way",
        ),
        (r#"{"broker":1,"key":"k"}"#, "`payload` is not given; for a null value write null"),
        (
            r#"{"payload":"v","headers":["a","1","b"]}"#,
            "`headers` must be names and values in turn, and the last name has no value",
        ),
        (
            r#"{"payload":"v","headers":[null,"1"]}"#,
            "`headers[0]` must be a header's name, beside kcat's fields",
        ),
        (
            r#"{"payload":"v","headers":[{"key":"a","value":"1"}]}"#,
            "`headers[0]` must be a header's name, beside kcat's fields",
        ),
        (
            r#"{"payload":"v","headers":["a",{}]}"#,
            "`headers[1]` must be a header's value, a string or null",
        ),
        (r#"{"value":"v","headers":["a","1"]}"#, "`headers[0]` must be a JSON object"),
        (
            r#"{"key":"k","payload":null,"payload_error":"no schema"}"#,
            "kcat could not decode this record (`payload_error`), so the line does not have it whole",
        ),
        (r#"{"payload":"v","payload":"w"}"#, "`payload` is given twice"),
        (r#"{"paylod":"v"}"#, "unknown field `paylod`, did you mean `payload`?"),
        (
            r#"{"payload":"v","ts":"5"}"#,
            "`ts` must be an integer (milliseconds since 1970) or null",
        ),
        (r#"{"payload":"v","tstype":5}"#, "`tstype` must be a string or null"),
    ] {
        assert_eq!(parse(line).expect_err(line), message, "{line}");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_where_kcat_wrote_them_as_they_are() {
    let error = json::parse(b"{\"key\":null,\"payload\":\"\xff\"}", "t").unwrap_err();
    assert!(error.to_string().starts_with("not JSON: invalid unicode"), "{error}");
}
