//! The stamp in a record's headers, which anybody may have written; and the words that ledgers and
//! command lines share.
//!
//! An input is lines: each a header, `NAME=VALUE`; without an equal sign the value is null.

use kp_audit::{Promise, RunId, Stamp};
use kp_core::Header;

pub(crate) const WORDS: &[&str] = &[
    "\n",
    "\n",
    "=",
    "kp-run=5f3c9a0b1c2d4e6f\n",
    "kp-run=1\n",
    "kp-run=",
    "kp-run\n",
    "kp-seq=17\n",
    "kp-seq=18446744073709551616\n",
    "kp-seq=-1\n",
    "kp-seq",
    "kp-crc=8f3c2a11\n",
    "kp-crc=\n",
    "kp-crc=xyz\n",
    "trace=7\n",
    "é",
    "+",
    "0",
    "ffffffff",
];

pub(crate) fn check(input: &[u8]) {
    let headers: Vec<Header<'_>> = input
        .split(|&byte| byte == b'\n')
        .map(|line| match line.iter().position(|&byte| byte == b'=') {
            Some(equal) => Header { key: &line[..equal], value: Some(&line[equal + 1..]) },
            None => Header { key: line, value: None },
        })
        .collect();
    let read = Stamp::read(headers.iter().copied());
    let has = |name: &str| headers.iter().any(|header| header.key == name.as_bytes());
    assert!(read.is_none() || ["kp-run", "kp-seq", "kp-crc"].into_iter().all(has));

    let own = read.unwrap_or(Stamp { run: RunId::default(), sequence: 17, checksum: 0x8f3c_2a11 });
    // Behind all others it counts, whatever they are.
    let stamped = headers.iter().copied();
    assert_eq!(Stamp::read(stamped.chain(own.headers().iter())), Some(own));
    words_read_back(&String::from_utf8_lossy(input));
}

fn words_read_back(text: &str) {
    for word in text.split(['\n', '=']) {
        if let Ok(run) = word.parse::<RunId>() {
            assert_eq!(run.to_string().parse(), Ok(run));
        }
        if let Ok(promise) = word.parse::<Promise>() {
            assert_eq!(promise.to_string(), word);
        }
    }
}
