//! What an input may look like besides lines of standard input: delimiters, null, templates, kcat's
//! lines, CSV, files.

use kp_e2e::Cluster;

use crate::Stage;

/// What the topic holds, in this format.
fn read(stage: &Stage, arguments: &[&str]) -> Vec<u8> {
    stage.reader().args(["--no-group", "--until-end"]).args(arguments).run().exits(0).stdout.clone()
}

fn shown(stage: &Stage, format: &str) -> String {
    String::from_utf8(read(stage, &["--format", format])).unwrap()
}

#[test]
fn a_delimiter_of_any_length_ends_a_message_in_whatever_pieces_it_comes() {
    let stage = Stage::new();
    let mut producer = stage.producer().args(["--stdin", "-D", ";\\n"]).open_stdin().start();
    let reader = stage.reader().args(["--idle-exit", "never", "--format", "<%s>\\n"]).start();
    for (piece, line) in [("one;", 0), ("\n;", 1), (";", 1), ("\r\n;\ntw", 2), ("o;\nthree;", 3)] {
        producer.type_in(piece);
        let _ = reader.wait_for_lines(line);
    }
    producer.end_stdin();
    producer.finish().exits(0).says(&["4 messages"]);
    assert_eq!(shown(&stage, "<%s>"), "<one><;;\r\n><two><three;>");
    let zero = Stage::new();
    zero.producer().args(["-D", "\\0"]).stdin("a\r\n\0\0b").run().exits(0);
    assert_eq!(read(&zero, &["-D", "\\0"]), b"a\r\n\0\0b\0");
    assert_eq!(read(&zero, &["-D", "=="]), b"a\r\n====b==");
}

#[test]
fn a_newline_that_is_typed_is_one_byte() {
    let stage = Stage::new();
    stage.producer().args(["--stdin", "-D", "\\n"]).stdin("one\r\ntwo").run().exits(0);
    assert_eq!(shown(&stage, "<%s>"), "<one\r><two>");
}

#[test]
fn empty_is_sent_as_null_and_null_is_printed_as_a_word() {
    let stage = Stage::new();
    stage.producer().args(["-Z", "-K", ":"]).stdin("a:b\n:x\ny:\n\nz\n").run().exits(0);
    assert_eq!(shown(&stage, "%K %S\\n"), "1 1\n-1 1\n1 -1\n-1 -1\n-1 1\n");
    assert_eq!(read(&stage, &["-Z"]), b"b\nx\nNULL\nNULL\nz\n");
    assert_eq!(read(&stage, &["-Z", "-D", "|"]), b"b|x|NULL|NULL|z|");
    assert_eq!(read(&stage, &["-Z", "-f", "%k=%s "]), b"a=b NULL=x y=NULL NULL=NULL NULL=z ");
    assert_eq!(read(&stage, &["-f", "value"]), b"b\nx\n\n\nz\n");
    let kept = Stage::new();
    kept.producer().args(["-K", ":"]).stdin(":\n\n").run().exits(0);
    assert_eq!(shown(&kept, "%K %S\\n"), "0 0\n-1 0\n");
    assert_eq!(read(&kept, &["-Z"]), b"\n\n");
}

#[test]
fn what_a_template_prints_is_read_back() {
    const LENGTHS: &str = "%t %T %K %k%R%v %h\\n";
    let stage = Stage::new();
    let lines = [
        r#"{"timestamp":5,"key":"k","value":"v","headers":[{"key":"h","value":"1"},{"key":"i","value":null}]}"#,
        r#"{"timestamp":6,"key":null,"value":null}"#,
        r#"{"timestamp":7,"key":"","value":""}"#,
        r#"{"timestamp":8,"key_base64":"/wAK","value_base64":"/wAKDQ=="}"#,
    ];
    stage.producer().args(["--stdin-format", "json"]).stdin(lines.join("\n")).run().exits(0);
    let printed = read(&stage, &["--format", LENGTHS]);
    let whole = shown(&stage, "json");
    // To the topic that the records name: as many again.
    let again = stage.broker.producer().args(["--input-template", LENGTHS]).stdin(printed.clone());
    again.run().exits(0).says(&["4 messages", &stage.topic]);
    let twice = shown(&stage, "json");
    let without_offset = |text: &str| {
        let lines = text.lines().map(|line| {
            let (start, rest) = line.split_once("\"offset\":").unwrap();
            let (_, end) = rest.split_once(',').unwrap();
            format!("{start}{end}")
        });
        lines.collect::<Vec<_>>()
    };
    let once = without_offset(&whole);
    assert_eq!(without_offset(&twice), [once.clone(), once].concat());
    // To another.
    let other = Stage::new();
    other.producer().args(["--input-template", LENGTHS]).stdin(printed).run().exits(0);
    assert_eq!(shown(&other, "%T %K %S %h\\n"), "5 1 1 h=1,i=NULL\n6 -1 -1 \n7 0 0 \n8 3 4 \n");
}

#[test]
fn a_record_leaves_as_soon_as_its_end_has_come() {
    let stage = Stage::new();
    let arguments = ["--input-template", "[%k] %s;\\n", "--header", "a=b"];
    let mut producer = stage.producer().args(arguments).open_stdin().start();
    let reader = stage.reader().args(["--idle-exit", "never", "--format", "%h %k=%s\\n"]).start();
    for (piece, lines) in [("[k] v", &[][..]), (";\n[", &["a=b k=v"]), ("l] ;;\n", &["a=b l=;"])] {
        producer.type_in(piece);
        if let Some(last) = lines.last() {
            let seen = if *last == "a=b k=v" { 1 } else { 2 };
            assert_eq!(reader.wait_for_lines(seen).last().unwrap(), last);
        }
    }
    producer.end_stdin();
    producer.finish().exits(0).says(&["2 messages"]);
}

#[test]
fn what_does_not_match_the_template_ends_the_run_with_its_place() {
    let stage = Stage::new();
    for (template, input, words) in [
        ("[%k] %s\\n", "[a] b\n[c] d\n(e] f\n", &["record 3", "byte 12", "expected `[`"][..]),
        ("%S %s|", "3 abc|5 abc|", &["record 2", "byte 12", "the 5 bytes of %s"]),
        ("%S %s|", "99999999 a", &["record 1", "99999999", "nothing was sent"]),
        ("%S %s|", "1 a|x", &["record 2", "a number (%S)", "the record before it was sent"]),
    ] {
        let call = stage.producer().args(["--input-template", template]).stdin(input);
        call.run().exits(5).says(words);
    }
    let mut endless = stage
        .producer()
        .args(["--input-template", "%s|", "-X", "message.max.bytes=5000"])
        .open_stdin()
        .start();
    endless.type_in(&"x".repeat(100_000));
    endless.finish().exits(5).says(&["record 1", "longer than", "message.max.bytes"]);
}

#[test]
fn half_a_record_is_not_sent_after_a_signal() {
    let stage = Stage::new();
    let mut producer = stage.producer().args(["--input-template", "%k %s\\n"]).open_stdin().start();
    let reader = stage.reader().args(["--idle-exit", "never", "--format", "value"]).start();
    producer.type_in("k one\nk tw");
    reader.wait_for_lines(1);
    producer.signal(kp_e2e::Signal::TERM);
    producer.finish().exits(0).says(&["1 message", "0 messages left undelivered"]);
}

#[test]
fn lines_of_kcat_are_sent_as_the_records_that_they_show() {
    let stage = Stage::new();
    let lines = concat!(
        r#"{"topic":"old","partition":7,"offset":3,"tstype":"create","ts":5,"broker":1,"headers":["a","1","b",null],"key":"k","payload":"v"}"#,
        "\n",
        r#"{"topic":"old","partition":7,"offset":4,"tstype":"logappend","ts":6,"broker":1,"key":null,"payload":null}"#,
        "\n",
        r#"{"payload":"v","value":"w"}"#,
        "\n",
    );
    stage.producer().args(["--stdin-format", "json"]).stdin(lines).run().exits(5).says(&[
        "2 messages",
        "line 3",
        "`payload`",
        "`value`",
    ]);
    assert_eq!(shown(&stage, "%T %K %S %h\\n"), "5 1 1 a=1,b=NULL\n6 -1 -1 \n");
}

#[test]
fn a_value_that_is_json_is_stored_as_it_stands() {
    let stage = Stage::new();
    let lines = "{\"value\": {\"a\": 1.50,  \"a\":[]} }\n{\"value\":7}\n{\"value\":\"7\"}\n";
    stage.producer().args(["--stdin-format", "json"]).stdin(lines).run().exits(0);
    assert_eq!(shown(&stage, "value"), "{\"a\": 1.50,  \"a\":[]}\n7\n7\n");
}

#[test]
fn a_file_is_read_as_standard_input_is() {
    let stage = Stage::new();
    let call = |name: &str, content: &str| stage.producer().file(name, content);
    call("lines", "a\nb").args(["--file", "lines"]).run().exits(0).says(&["2 messages"]);
    call("json", "{\"value\":\"c\"}\n")
        .args(["--file", "json", "--stdin-format", "json", "--report", "json"])
        .run()
        .exits(0);
    call("pairs", "k=d\nk=e\n")
        .args(["--file", "pairs", "--input-template", "%k=%s\\n", "--count", "1"])
        // It is not looked at.
        .stdin("x\n")
        .run()
        .exits(0);
    assert_eq!(shown(&stage, "value"), "a\nb\nc\nd\n");
    call("empty", "").args(["--file", "empty"]).run().exits(0).says(&["read from empty"]);
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_what_was_sent_before_is_told() {
    let stage = Stage::new();
    stage.producer().args(["--file", "missing"]).run().exits(1).says(&["missing", "No such file"]);
    stage
        .producer()
        .file("in/x", "")
        .args(["--file", "in"])
        .run()
        .exits(1)
        .says(&["in: ", "folder"]);
    stage
        .producer()
        .file("bad", "{\"value\":\"1\"}\n{\"value\":\n")
        .args(["--file", "bad", "--stdin-format", "json"])
        .run()
        .exits(5)
        .says(&["1 message", "bad, line 2", "the line before it was sent"]);
    stage.producer().args(["--file", "x", "--stdin"]).run().exits(2).says(&["--file", "--stdin"]);
}

#[test]
fn a_row_of_csv_is_an_object_and_a_column_the_key() {
    let stage = Stage::new();
    let rows = "\u{feff}id,name\r\n1,\"a \"\"q\"\"\nb\"\r\n\r\n,é\r\n3,";
    let arguments = ["--stdin-format", "csv", "--key-column", "id", "-H", "h=1", "-Z"];
    stage.producer().args(arguments).stdin(rows).run().exits(0).says(&["3 messages"]);
    let expected = "1 h=1 {\"id\":\"1\",\"name\":\"a \\\"q\\\"\\nb\"}\n\
                    -1 h=1 {\"id\":\"\",\"name\":\"é\"}\n1 h=1 {\"id\":\"3\",\"name\":\"\"}\n";
    assert_eq!(shown(&stage, "%K %h %s\\n"), expected);
    let one_key = Stage::new();
    let arguments = ["--stdin-format", "csv", "--key", "k", "--file", "rows.csv"];
    one_key.producer().file("rows.csv", "a\n1\n").args(arguments).run().exits(0);
    assert_eq!(shown(&one_key, "%k %s"), "k {\"a\":\"1\"}");
}

#[test]
fn what_is_no_row_of_csv_ends_the_run_with_its_line() {
    let stage = Stage::new();
    for (rows, words) in [
        (&b"a,b\n1,2\n3\n"[..], &["1 message", "line 3", "1 field,", "2 columns"][..]),
        (b"a,b\n1,\xff\n", &["line 2", "`b` is not UTF-8", "nothing was sent"]),
        (b"a,b\n1,2\n3,\"4\n5,6\n", &["1 message", "line 3", "not closed"]),
        (b"a,a\n", &["line 1", "two columns `a`"]),
    ] {
        let call = stage.producer().args(["--stdin-format", "csv"]).stdin(rows);
        call.run().exits(5).says(words);
    }
    let arguments = ["--stdin-format", "csv", "--key-column", "c"];
    let call = stage.producer().args(arguments).stdin("a,b\n1,2\n");
    call.run().exits(5).says(&["no column `c`", "--key-column", "a, b"]);
}

#[test]
fn a_row_leaves_as_soon_as_it_has_come() {
    let stage = Stage::new();
    let mut producer = stage.producer().args(["--stdin-format", "csv"]).open_stdin().start();
    let reader = stage.reader().args(["--idle-exit", "never", "--format", "value"]).start();
    producer.type_in("a,b\n1");
    producer.type_in(",2\n3,\"");
    assert_eq!(reader.wait_for_lines(1), ["{\"a\":\"1\",\"b\":\"2\"}"]);
    producer.type_in("4\"\n5,");
    assert_eq!(reader.wait_for_lines(2)[1], "{\"a\":\"3\",\"b\":\"4\"}");
    producer.signal(kp_e2e::Signal::TERM);
    // The row that has not come whole is none.
    producer.finish().exits(0).says(&["2 messages", "0 messages left undelivered"]);
}
